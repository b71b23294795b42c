// SPDX-License-Identifier: Apache-2.0
#include "compiler/import/verify.hpp"

#include <map>

#include "base/limits.hpp"
#include "compiler/import/call_graph.hpp"
#include "compiler/import/instruction.hpp"
#include "compiler/import/opcode.hpp"

namespace spud::compiler {
namespace {

Status check_counts(const hlo::HloModuleProto& proto) {
  if (static_cast<std::size_t>(proto.computations_size()) > limits::kComputationsPerProgram) {
    return fail(ErrorCode::kResource, std::to_string(proto.computations_size()) + " computations", "program",
                "at most " + std::to_string(limits::kComputationsPerProgram));
  }
  std::size_t instructions = 0;
  for (const auto& computation : proto.computations()) {
    instructions += static_cast<std::size_t>(computation.instructions_size());
  }
  if (instructions > limits::kInstructionsPerProgram) {
    return fail(ErrorCode::kResource, std::to_string(instructions) + " instructions", "program",
                "at most " + std::to_string(limits::kInstructionsPerProgram));
  }
  return {};
}

Status check_opcodes(const hlo::HloModuleProto& proto) {
  struct Use {
    std::string first;
    std::size_t count = 0;
  };
  std::map<std::string, Use> uses;
  for (const auto& computation : proto.computations()) {
    for (const auto& instruction : computation.instructions()) {
      auto reason = unsupported(instruction);
      if (!reason) continue;
      auto& use = uses[*reason];
      if (use.count++ == 0) use.first = place(instruction, computation);
    }
  }
  if (uses.empty()) return {};
  constexpr std::size_t kNamed = 20;
  std::string list;
  std::size_t named = 0;
  for (const auto& [reason, use] : uses) {
    if (named++ == kNamed) {
      list += ", and " + std::to_string(uses.size() - kNamed) + " more";
      break;
    }
    list += (list.empty() ? "" : ", ") + reason + " (" + use.first;
    if (use.count > 1) list += " and " + std::to_string(use.count - 1) + " more";
    list += ")";
  }
  return fail(ErrorCode::kUnsupported, "operations that spud cannot run: " + list, "program");
}

class ModuleImport {
 public:
  explicit ModuleImport(const hlo::HloModuleProto& proto) : proto_(proto) {}

  Result<HloModule> run() {
    SPUD_TRY(check_counts(proto_));
    for (const auto& computation : proto_.computations()) {
      auto position = static_cast<std::uint32_t>(computations_.size());
      if (!computations_.emplace(computation.id(), position).second) {
        return bad_input("computation id " + std::to_string(computation.id()) + " occurs twice", "program");
      }
    }
    auto entry = computations_.find(proto_.entry_computation_id());
    if (entry == computations_.end()) {
      return bad_input(
          "entry computation id " + std::to_string(proto_.entry_computation_id()) + " names no computation",
          "program");
    }
    module_.entry = entry->second;
    SPUD_TRY(check_call_graph(proto_, computations_));
    SPUD_TRY(check_opcodes(proto_));
    module_.computations.reserve(static_cast<std::size_t>(proto_.computations_size()));
    for (const auto& computation : proto_.computations()) SPUD_TRY(import_computation(computation));
    for (const auto& computation : module_.computations) SPUD_TRY(check_shapes(computation));
    return std::move(module_);
  }

 private:
  Status import_computation(const hlo::HloComputationProto& proto) {
    HloComputation computation;
    computation.name = printable(proto.name());
    computation.instructions.reserve(static_cast<std::size_t>(proto.instructions_size()));
    Positions positions;
    for (const auto& instruction : proto.instructions()) {
      auto imported = import_one(proto, computation, positions, instruction);
      if (!imported) return std::unexpected(std::move(imported.error()).in(place(instruction, proto)));
      computation.instructions.push_back(std::move(*imported));
    }
    auto root = positions.find(proto.root_id());
    if (root == positions.end()) {
      return bad_input("root id " + std::to_string(proto.root_id()) + " is none of its instructions",
                       "computation '" + computation.name + "'");
    }
    computation.root = root->second;
    SPUD_TRY(number_parameters(computation));
    module_.computations.push_back(std::move(computation));
    return {};
  }

  Result<HloInstruction> import_one(const hlo::HloComputationProto& computation_proto,
                                    const HloComputation& computation, Positions& positions,
                                    const hlo::HloInstructionProto& proto) {
    std::vector<std::uint32_t> operands, called;
    for (auto id : proto.operand_ids()) {
      auto found = positions.find(id);
      if (found == positions.end()) return undefined_operand(computation_proto, id);
      operands.push_back(found->second);
    }
    for (auto id : proto.called_computation_ids()) called.push_back(computations_.at(id));
    if (!positions.emplace(proto.id(), static_cast<std::uint32_t>(positions.size())).second) {
      return bad_input("instruction id " + std::to_string(proto.id()) + " occurs twice");
    }
    if (proto.opcode() == "bitcast") SPUD_TRY(check_layouts(computation_proto, operands, proto));
    SPUD_ASSIGN(auto instruction, import_instruction(proto));
    instruction.operands = std::move(operands);
    instruction.called = std::move(called);
    SPUD_TRY(check_operation(computation, instruction));
    return instruction;
  }

  /// Between row-major layouts a bitcast is a reshape; between others it moves elements.
  static Status check_layouts(const hlo::HloComputationProto& computation,
                              const std::vector<std::uint32_t>& operands,
                              const hlo::HloInstructionProto& bitcast) {
    bool row_major = has_default_layout(bitcast.shape());
    for (auto operand : operands) {
      row_major =
          row_major && has_default_layout(computation.instructions(static_cast<int>(operand)).shape());
    }
    if (row_major) return {};
    return fail(ErrorCode::kUnsupported, "a bitcast between layouts", "", "row-major layouts");
  }

  /// A later definition means a cycle or a file out of order: both are refused, and told from a dangling id.
  static std::unexpected<Error> undefined_operand(const hlo::HloComputationProto& computation,
                                                  std::int64_t id) {
    for (const auto& other : computation.instructions()) {
      if (other.id() == id) {
        return bad_input(
            "operand '" + printable(other.name()) + "' is defined later or is the instruction itself", "",
            "operands before their users");
      }
    }
    return bad_input("operand id " + std::to_string(id) + " is not defined in this computation");
  }

  static Status number_parameters(HloComputation& computation) {
    const std::string where = "computation '" + computation.name + "'";
    constexpr std::uint32_t kNone = UINT32_MAX;
    std::size_t count = 0;
    for (const auto& instruction : computation.instructions) count += instruction.kind == HloKind::kParameter;
    if (count > limits::kParametersPerProgram) {
      return fail(ErrorCode::kResource, std::to_string(count) + " parameters", where,
                  "at most " + std::to_string(limits::kParametersPerProgram));
    }
    computation.parameters.assign(count, kNone);
    for (std::uint32_t i = 0; i < computation.instructions.size(); ++i) {
      const auto& instruction = computation.instructions[i];
      if (instruction.kind != HloKind::kParameter) continue;
      auto number = instruction.index;
      if (number < 0 || static_cast<std::size_t>(number) >= count ||
          computation.parameters[static_cast<std::size_t>(number)] != kNone) {
        return bad_input("parameter number " + std::to_string(number) + " of '" + instruction.name +
                             "' is out of range or occurs twice",
                         where, "numbers 0 to " + std::to_string(count - 1));
      }
      computation.parameters[static_cast<std::size_t>(number)] = i;
    }
    return {};
  }

  Status check_shapes(const HloComputation& computation) {
    for (const auto& instruction : computation.instructions) {
      auto status = check_calls(module_, computation, instruction);
      if (!status) {
        return std::unexpected(
            std::move(status.error())
                .in("instruction '" + instruction.name + "' of '" + computation.name + "'"));
      }
    }
    return {};
  }

  const hlo::HloModuleProto& proto_;
  HloModule module_;
  Positions computations_;
};

}  // namespace

Result<HloModule> verify_module(const hlo::HloModuleProto& proto) {
  return ModuleImport(proto).run();
}

}  // namespace spud::compiler
