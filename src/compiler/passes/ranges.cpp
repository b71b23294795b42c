// SPDX-License-Identifier: Apache-2.0
#include "compiler/passes/ranges.hpp"

#include <algorithm>

#include "base/check.hpp"
#include "compiler/passes/below_maximum.hpp"
#include "compiler/passes/trip_count.hpp"
#include "compiler/passes/value_range.hpp"

namespace spud::compiler {
namespace {

using alu::Range;
using ir::ValueInfo;
using ir::Visibility;
using ops::Opcode;

/// A loop is followed for so many turns before what still grows is given up, and only so deep: loops in loops
/// multiply the work.
constexpr unsigned kTurnsFollowed = 2;
constexpr unsigned kLoopsFollowed = 2;
/// Operations with more operands than this only move elements.
constexpr std::size_t kOperandsOfArithmetic = 3;
/// A float's comparison saves nothing to speak of with fewer bits less than the ring's.
constexpr unsigned kLeastSaving = 4;

struct Known {
  Range range;
  /// A carried value that is secret in the plan is public in a run until the loop first makes it secret, and
  /// so is what is computed of it: by the rules of public arithmetic.
  bool may_be_open = false;
  bool operator==(const Known&) const = default;
};

Known join(const Known& a, const Known& b) {
  return {alu::join(a.range, b.range), a.may_be_open || b.may_be_open};
}

class Inference {
 public:
  explicit Inference(const alu::NumberFormat& format) : format_(format) {}

  /// What is known of the results, given the parameters; notes the widths of all values.
  std::vector<Known> region(ir::Region& region, const std::vector<Known>& parameters, unsigned loops) {
    std::vector<Known> known;
    std::vector<const Literal*> constants(region.values.size(), nullptr);
    known.reserve(region.values.size());
    for (ir::ValueId p = 0; p < region.parameter_count; ++p)
      known.push_back(entered(region.values[p], parameters[p]));
    for (auto& instruction : region.instructions) {
      std::vector<Known> operands;
      for (auto id : instruction.operands) {
        operands.push_back(known[id]);
        operands.back().may_be_open |= region.values[id].visibility == Visibility::kPublic;
      }
      if (instruction.opcode == Opcode::kWhile || instruction.opcode == Opcode::kConditional) {
        auto results = instruction.opcode == Opcode::kWhile ? loop(instruction, operands, loops)
                                                            : conditional(instruction, operands, loops);
        for (std::uint32_t r = 0; r < instruction.result_count; ++r)
          known.push_back(entered(region.values[instruction.first_result + r], results[r]));
        continue;
      }
      if (instruction.opcode == Opcode::kFirst) {
        Known place = operands[0];
        place.range = {0,
                       std::max<std::int64_t>(region.values[instruction.operands[0]].type.shape[0] - 1, 0)};
        known.push_back(operands[0]);
        known.push_back(place);
        continue;
      }
      if (instruction.opcode == Opcode::kSort) {
        // Rows move; numbers stay.
        bool may_be_open = true;
        for (auto key : instruction.attributes.dimensions) {
          const auto i = static_cast<std::size_t>(key);
          may_be_open &= operands[i].may_be_open ||
                         region.values[instruction.operands[i]].visibility == Visibility::kPublic;
        }
        for (auto& operand : operands) {
          operand.may_be_open &= may_be_open;
          known.push_back(operand);
        }
        continue;
      }
      constants[instruction.first_result] = constant_of(instruction, constants);
      known.push_back(result(region, instruction, operands, constants));
      narrow_softmax(region, instruction, known.back().range);
    }
    for (std::size_t v = 0; v < region.values.size(); ++v)
      region.values[v].signed_bits = width(region.values[v], known[v].range);
    std::vector<Known> results;
    for (auto id : region.results) {
      results.push_back(known[id]);
      results.back().may_be_open |= region.values[id].visibility == Visibility::kPublic;
    }
    return results;
  }

 private:
  /// A value that takes another's place, which may be less secret.
  Known entered(const ValueInfo& place, Known value) const {
    if (place.visibility == Visibility::kPublic) value.may_be_open = false;
    return value;
  }

  Known anything(const ValueInfo& info) const {
    // Of public integers more is known than of secret ones.
    ValueInfo open = info;
    open.visibility = Visibility::kPublic;
    return {alu::join(widest(info, format_), widest(open, format_)), info.visibility != Visibility::kPublic};
  }

  static const Literal* constant_of(const ir::Instruction& instruction,
                                    const std::vector<const Literal*>& constants) {
    switch (instruction.opcode) {
      case Opcode::kConstant:
        return instruction.attributes.literal->elements() > 0 ? &*instruction.attributes.literal : nullptr;
      case Opcode::kBroadcast:
      case Opcode::kReshape:
      case Opcode::kTranspose:
        return constants[instruction.operands[0]];
      default:
        return nullptr;
    }
  }

  /// What x − max(x) cannot be above, and what the sum of its exponentials cannot be below.
  void narrow_softmax(const ir::Region& region, const ir::Instruction& instruction, Range& range) const {
    const auto& type = region.values[instruction.first_result].type;
    if (!is_float(type.dtype)) return;
    const auto of = [&](ir::ValueId value) { return definition(region, value); };
    if (instruction.opcode == Opcode::kSubtract && !below_maximum(of, instruction.first_result).empty())
      range.high = std::min<__int128>(range.high, 0);
    // e^0 as the device computes it, with its error.
    const __int128 one = __int128{1} << alu::element_format(type.dtype, format_).fraction_bits;
    if (sums_softmax(of, instruction)) range.low = std::max<__int128>(range.low, one - (one >> 4) - 4);
  }

  Known result(const ir::Region& region, const ir::Instruction& instruction, const std::vector<Known>& in,
               const std::vector<const Literal*>& constants) const {
    const ValueInfo& info = region.values[instruction.first_result];
    std::vector<KnownOperand> operands;
    std::vector<ir::ValueId> either;
    bool all_open = true;
    for (std::size_t i = 0; i < in.size(); ++i) {
      const auto id = instruction.operands[i];
      const bool open = region.values[id].visibility == Visibility::kPublic;
      operands.push_back({in[i].range, &region.values[id], constants[id]});
      all_open &= open || in[i].may_be_open;
      const bool seen = std::find(either.begin(), either.end(), id) != either.end();
      if (!open && in[i].may_be_open && !seen) either.push_back(id);
    }
    if (in.size() > kOperandsOfArithmetic) either.clear();
    // Every mix of what may be public or secret.
    std::vector<ValueInfo> opened;
    for (auto id : either) {
      opened.push_back(region.values[id]);
      opened.back().visibility = Visibility::kPublic;
    }
    std::optional<Range> range;
    for (unsigned mix = 0; mix < 1u << either.size(); ++mix) {
      auto mixed = operands;
      for (std::size_t i = 0; i < in.size(); ++i) {
        const auto at = std::find(either.begin(), either.end(), instruction.operands[i]) - either.begin();
        const auto e = static_cast<std::size_t>(at);
        if (e < either.size() && (mix >> e & 1) != 0) mixed[i].info = &opened[e];
      }
      ValueInfo to = info;
      to.visibility = Visibility::kPublic;
      for (const auto& x : mixed) to.visibility = std::max(to.visibility, x.info->visibility);
      const Range one = range_of_result(instruction, mixed, to, format_);
      range = range ? alu::join(*range, one) : one;
    }
    return {*range, info.visibility != Visibility::kPublic && all_open};
  }

  std::vector<Known> loop(ir::Instruction& instruction, std::vector<Known> carried, unsigned loops) {
    auto &condition = instruction.regions[0], &body = instruction.regions[1];
    const auto count = static_cast<ir::ValueId>(carried.size());
    auto give_up = [&] {
      for (ir::ValueId i = 0; i < count; ++i) carried[i] = anything(body.values[i]);
    };
    for (ir::ValueId i = 0; i < count; ++i) carried[i] = entered(body.values[i], carried[i]);
    if (loops >= kLoopsFollowed) give_up();
    for (unsigned turn = 0;; ++turn) {
      const auto after = region(body, carried, loops + 1);
      bool grew = false;
      for (ir::ValueId i = 0; i < count; ++i) {
        const Known both = entered(body.values[i], join(carried[i], after[i]));
        if (both == carried[i]) continue;
        grew = true;
        carried[i] = turn < kTurnsFollowed ? both : anything(body.values[i]);
      }
      if (!grew) break;
      if (turn > kTurnsFollowed) give_up();
    }
    region(condition, carried, loops + 1);
    return carried;
  }

  std::vector<Known> conditional(ir::Instruction& instruction, std::vector<Known> operands, unsigned loops) {
    operands.erase(operands.begin());
    std::vector<Known> results;
    for (auto& branch : instruction.regions) {
      const auto of_branch = region(branch, operands, loops);
      if (results.empty()) results = of_branch;
      for (std::size_t r = 0; r < results.size(); ++r) results[r] = join(results[r], of_branch[r]);
    }
    return results;
  }

  unsigned width(const ValueInfo& info, const Range& range) const {
    const auto held = alu::element_format(info.type.dtype, format_);
    if (info.visibility == Visibility::kPublic || held.boolean) return 0;
    const unsigned bits = alu::signed_bits(range);
    return bits + (is_float(info.type.dtype) ? kLeastSaving : 1) <= held.ring_bits ? bits : 0;
  }

  alu::NumberFormat format_;
};

}  // namespace

void infer_ranges(ir::Region& main, const alu::NumberFormat& format) {
  std::vector<Known> inputs;
  for (ir::ValueId p = 0; p < main.parameter_count; ++p)
    inputs.push_back({range_of_input(main.values[p], format), false});
  Inference(format).region(main, inputs, 0);
}

}  // namespace spud::compiler
