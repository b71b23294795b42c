// SPDX-License-Identifier: Apache-2.0
#include "compiler/passes/sigmoids.hpp"

#include "compiler/passes/constants.hpp"
#include "compiler/passes/rewrite.hpp"

namespace spud::compiler {
namespace {

using ir::Instruction;
using ir::RegionBuilder;
using ir::ValueId;
using ir::ValueInfo;
using ops::Opcode;

/// The other operand of a sum or product of which one is this number everywhere.
std::optional<ValueId> beside(const RegionBuilder& builder, ValueId value, Opcode opcode, double number) {
  const auto* definition = builder.definition(value);
  if (definition == nullptr || definition->opcode != opcode) return std::nullopt;
  for (std::size_t one : {0, 1}) {
    if (is_splat_of(builder, definition->operands[one], number)) return definition->operands[1 - one];
  }
  return std::nullopt;
}

/// Adds instructions with the type and visibility of the one that is replaced.
class Writer {
 public:
  Writer(RegionBuilder& builder, const Instruction& instruction, const ValueInfo& result)
      : builder_(builder), origin_(instruction.origin), result_(result) {}

  ValueId add(Opcode opcode, std::vector<ValueId> operands) {
    return builder_.add(opcode, {}, std::move(operands), result_, origin_);
  }
  /// −x, or y if x is −y.
  ValueId negated(ValueId x) {
    if (auto inner = operand_of(builder_, x, Opcode::kNegate)) return *inner;
    return add(Opcode::kNegate, {x});
  }

 private:
  RegionBuilder& builder_;
  const std::string origin_;
  const ValueInfo result_;
};

std::optional<ValueId> quotient(RegionBuilder& builder, const Instruction& division,
                                const ValueInfo& result) {
  const ValueId above = division.operands[0], below = division.operands[1];
  const auto exponential = beside(builder, below, Opcode::kAdd, 1);
  const auto exponent = exponential ? operand_of(builder, *exponential, Opcode::kExp) : std::nullopt;
  if (!exponent) return std::nullopt;
  Writer to(builder, division, result);
  if (above == *exponential) return to.add(Opcode::kLogistic, {*exponent});
  const bool of_one = is_splat_of(builder, above, 1);
  const ValueId part = to.add(Opcode::kLogistic, {to.negated(*exponent)});
  return of_one ? part : to.add(Opcode::kMultiply, {above, part});
}

/// x, if `value` is tanh(x/2).
std::optional<ValueId> half_tanh(const RegionBuilder& builder, ValueId value) {
  const auto half = operand_of(builder, value, Opcode::kTanh);
  return half ? beside(builder, *half, Opcode::kMultiply, 0.5) : std::nullopt;
}

std::optional<ValueId> by_tanh(RegionBuilder& builder, const Instruction& instruction,
                               const ValueInfo& result) {
  // 1/2 · (1 + tanh(x/2)), or 1/2 + 1/2 · tanh(x/2).
  const bool is_product = instruction.opcode == Opcode::kMultiply;
  for (std::size_t one : {0, 1}) {
    if (!is_splat_of(builder, instruction.operands[one], 0.5)) continue;
    const ValueId rest = instruction.operands[1 - one];
    const auto tangent =
        is_product ? beside(builder, rest, Opcode::kAdd, 1) : beside(builder, rest, Opcode::kMultiply, 0.5);
    const auto x = tangent ? half_tanh(builder, *tangent) : std::nullopt;
    if (x) return Writer(builder, instruction, result).add(Opcode::kLogistic, {*x});
  }
  return std::nullopt;
}

std::optional<ValueId> by_exponentials(RegionBuilder& builder, const Instruction& division,
                                       const ValueInfo& result) {
  const auto* above = builder.definition(division.operands[0]);
  const auto* below = builder.definition(division.operands[1]);
  if (above == nullptr || above->opcode != Opcode::kSubtract || below == nullptr ||
      below->opcode != Opcode::kAdd)
    return std::nullopt;
  const ValueId up = above->operands[0], down = above->operands[1];
  const bool same_terms = (below->operands[0] == up && below->operands[1] == down) ||
                          (below->operands[0] == down && below->operands[1] == up);
  const auto x = operand_of(builder, up, Opcode::kExp), y = operand_of(builder, down, Opcode::kExp);
  if (!same_terms || !x || !y) return std::nullopt;
  const bool opposite =
      operand_of(builder, *y, Opcode::kNegate) == x || operand_of(builder, *x, Opcode::kNegate) == y;
  if (!opposite) return std::nullopt;
  return Writer(builder, division, result).add(Opcode::kTanh, {*x});
}

std::optional<ValueId> recognised(RegionBuilder& builder, const Instruction& instruction,
                                  const ValueInfo& result) {
  if (!is_float(result.type.dtype) || result.visibility == ir::Visibility::kPublic) return std::nullopt;
  switch (instruction.opcode) {
    case Opcode::kDivide:
      if (auto value = quotient(builder, instruction, result)) return value;
      return by_exponentials(builder, instruction, result);
    case Opcode::kMultiply:
    case Opcode::kAdd:
      return by_tanh(builder, instruction, result);
    default:
      return std::nullopt;
  }
}

}  // namespace

void find_sigmoids(ir::Region& region) {
  rewrite(region, [] { return recognised; });
}

}  // namespace spud::compiler
