// SPDX-License-Identifier: Apache-2.0
#include "compiler/import/call_graph.hpp"

#include <algorithm>

#include "base/limits.hpp"
#include "compiler/import/opcode.hpp"

namespace spud::compiler {
namespace {

enum class Mark : std::uint8_t { kNew, kOpen, kDone };

/// Where a walk stands in a computation.
struct Frame {
  std::uint32_t computation;
  int instruction = 0;
  int callee = 0;
};

class Walk {
 public:
  Walk(const hlo::HloModuleProto& module, const Positions& computations)
      : module_(module),
        computations_(computations),
        marks_(computations.size(), Mark::kNew),
        depths_(computations.size(), 0) {}

  Status from(std::uint32_t start) {
    if (marks_[start] != Mark::kNew) return {};
    open(start);
    while (!stack_.empty()) SPUD_TRY(step());
    return {};
  }

 private:
  void open(std::uint32_t computation) {
    marks_[computation] = Mark::kOpen;
    stack_.push_back({computation});
  }

  Status step() {
    Frame& frame = stack_.back();
    const auto& computation = module_.computations(static_cast<int>(frame.computation));
    if (frame.instruction == computation.instructions_size()) {
      marks_[frame.computation] = Mark::kDone;
      stack_.pop_back();
      return {};
    }
    const auto& instruction = computation.instructions(frame.instruction);
    if (frame.callee == instruction.called_computation_ids_size()) {
      ++frame.instruction;
      frame.callee = 0;
      return {};
    }
    auto id = instruction.called_computation_ids(frame.callee);
    auto found = computations_.find(id);
    if (found == computations_.end()) {
      return bad_input("called computation id " + std::to_string(id) + " names no computation",
                       place(instruction, computation));
    }
    std::uint32_t callee = found->second;
    if (marks_[callee] == Mark::kOpen) {
      return bad_input("computation '" + printable(module_.computations(static_cast<int>(callee)).name()) +
                           "' calls itself",
                       place(instruction, computation), "no recursion");
    }
    if (marks_[callee] == Mark::kNew) {
      open(callee);  // comes back to the same callee when it is done
      return {};
    }
    auto& depth = depths_[frame.computation];
    depth = std::max(depth, depths_[callee] + (instruction.opcode() == "call" ? 0 : 1));
    if (depth > limits::kRegionNestingDepth) {
      return fail(ErrorCode::kResource, "loops and branches nest too deeply", place(instruction, computation),
                  "at most " + std::to_string(limits::kRegionNestingDepth) + " levels");
    }
    ++frame.callee;
    return {};
  }

  const hlo::HloModuleProto& module_;
  const Positions& computations_;
  std::vector<Mark> marks_;
  std::vector<std::size_t> depths_;  ///< levels of regions below each finished computation
  std::vector<Frame> stack_;
};

}  // namespace

Status check_call_graph(const hlo::HloModuleProto& module, const Positions& computations) {
  Walk walk(module, computations);
  for (std::uint32_t c = 0; c < computations.size(); ++c) SPUD_TRY(walk.from(c));
  return {};
}

}  // namespace spud::compiler
