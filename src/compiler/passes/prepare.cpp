// SPDX-License-Identifier: Apache-2.0
#include "compiler/passes/prepare.hpp"

#include <algorithm>
#include <numeric>

#include "compiler/passes/openings.hpp"
#include "compiler/passes/trip_count.hpp"
#include "ir/builder.hpp"

namespace spud::compiler {
namespace {

using ir::ValueId;
using ops::Opcode;

/// Rewrites one region. From the outside in, so that a value is masked before the outermost loop that gains.
class Preparation {
 public:
  Preparation(ir::Region& region, const Survey& survey, std::vector<bool> masked_parameters)
      : region_(region),
        survey_(survey),
        masked_(std::move(masked_parameters)),
        prepared_(region.values.size()),
        builder_({region.values.begin(), region.values.begin() + region.parameter_count}),
        values_(region.values.size()) {
    masked_.resize(region.values.size(), false);
    std::iota(values_.begin(), values_.begin() + region.parameter_count, ValueId{0});
  }

  void run() && {
    for (std::size_t i = 0; i < region_.instructions.size(); ++i) {
      auto& instruction = region_.instructions[i];
      // What becomes of the operands is decided on the old numbers.
      const std::vector<ValueId> old = instruction.operands;
      std::vector<ValueId> operands;
      for (std::size_t o = 0; o < old.size(); ++o) {
        const bool part = by_parts(instruction) && !is_open(old[o]);
        operands.push_back(part || gains(instruction, o) ? prepared(old[o]) : values_[old[o]]);
      }
      note_masked(instruction);
      for (std::size_t r = 0; r < instruction.regions.size(); ++r) {
        auto& nested = instruction.regions[r];
        std::vector<bool> parameters(nested.parameter_count, false);
        for (std::uint32_t p = 0; instruction.opcode == Opcode::kWhile && p < nested.parameter_count; ++p) {
          parameters[p] = masked_[instruction.first_result + p];
        }
        Preparation(nested, survey_.regions[i][r], std::move(parameters)).run();
      }
      const ValueId first = instruction.first_result;
      const std::uint32_t count = instruction.result_count;
      instruction.operands = std::move(operands);
      ValueId next = builder_.add(std::move(instruction),
                                  {region_.values.begin() + first, region_.values.begin() + first + count});
      for (std::uint32_t r = 0; r < count; ++r) values_[first + r] = next++;
    }
    std::vector<ValueId> results;
    for (ValueId result : region_.results) results.push_back(values_[result]);
    region_ = std::move(builder_).finish(std::move(results));
  }

 private:
  bool wanted(ValueId value) const {
    const auto& info = region_.values[value];
    if (masked_[value] || info.visibility == ir::Visibility::kPublic || info.type.dtype == DType::kPred)
      return false;
    const Openings& openings = survey_.values[value];
    return openings.in_loops > 0 &&
           openings.of(info.type.elements()) > static_cast<std::uint64_t>(info.type.elements());
  }

  bool is_open(ValueId value) const { return region_.values[value].visibility == ir::Visibility::kPublic; }

  /// Whether what is opened of the whole is better opened of its parts.
  bool by_parts(const ir::Instruction& instruction) const {
    const ValueId whole = instruction.first_result;
    const auto& info = region_.values[whole];
    if (instruction.opcode != Opcode::kConcatenate || is_open(whole) || info.owner ||
        info.type.dtype == DType::kPred) {
      return false;
    }
    const auto elements = info.type.elements();
    return survey_.values[whole].of(elements) >= static_cast<std::uint64_t>(elements) &&
           std::any_of(instruction.operands.begin(), instruction.operands.end(),
                       [&](ValueId part) { return region_.values[part].owner.has_value(); });
  }

  /// Products take a value as it is and mask it themselves; only its views have to come after the mask.
  bool gains(const ir::Instruction& instruction, std::size_t operand) const {
    const bool passes_on = instruction.opcode == Opcode::kWhile
                               ? is_invariant(instruction, static_cast<std::uint32_t>(operand))
                               : is_view(region_, instruction, operand);
    const ValueId value = instruction.operands[operand];
    return passes_on && (prepared_[value].has_value() || wanted(value));
  }

  ValueId prepared(ValueId value) {
    if (!prepared_[value]) {
      prepared_[value] = builder_.add(Opcode::kPrepare, {}, {values_[value]}, region_.values[value], "");
    }
    return *prepared_[value];
  }

  bool is_masked(ValueId value) const { return masked_[value] || prepared_[value].has_value(); }

  void note_masked(const ir::Instruction& instruction) {
    if (instruction.opcode == Opcode::kWhile) {
      for (std::uint32_t at = 0; at < instruction.operands.size(); ++at) {
        masked_[instruction.first_result + at] =
            is_invariant(instruction, at) && is_masked(instruction.operands[at]);
      }
      return;
    }
    bool masked = instruction.opcode == Opcode::kPrepare || by_parts(instruction);
    for (std::size_t o = 0; o < instruction.operands.size(); ++o) {
      masked = masked || (is_view(region_, instruction, o) && is_masked(instruction.operands[o]));
    }
    masked_[instruction.first_result] = masked;
  }

  ir::Region& region_;
  const Survey& survey_;
  std::vector<bool> masked_;                      ///< by old number: masked when it is made
  std::vector<std::optional<ValueId>> prepared_;  ///< by old number: its prepared form, as a new number
  ir::RegionBuilder builder_;
  std::vector<ValueId> values_;  ///< new numbers
};

}  // namespace

void prepare_loop_values(ir::Region& region) {
  const Survey survey = survey_openings(region);
  Preparation(region, survey, std::vector<bool>(region.parameter_count, false)).run();
}

}  // namespace spud::compiler
