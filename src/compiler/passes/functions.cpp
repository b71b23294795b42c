// SPDX-License-Identifier: Apache-2.0
#include "compiler/passes/functions.hpp"

#include <cmath>

#include "compiler/passes/constants.hpp"
#include "compiler/passes/rewrite.hpp"
#include "ops/plain/evaluate.hpp"

namespace spud::compiler {
namespace {

using ir::Instruction;
using ir::RegionBuilder;
using ir::ValueId;
using ir::ValueInfo;
using ops::Opcode;

/// The operand of `value` if it is defined by this unary operation.
std::optional<ValueId> operand_of(const RegionBuilder& builder, ValueId value, Opcode opcode) {
  const auto* definition = builder.definition(value);
  if (definition == nullptr || definition->opcode != opcode) return std::nullopt;
  return definition->operands[0];
}

/// x, if `value` is 1 + exp(−x) with its terms in either order.
std::optional<ValueId> logistic_argument(const RegionBuilder& builder, ValueId value) {
  const auto* sum = builder.definition(value);
  if (sum == nullptr || sum->opcode != Opcode::kAdd) return std::nullopt;
  for (std::size_t one : {0, 1}) {
    if (!is_splat_of(builder, sum->operands[one], 1)) continue;
    auto exponent = operand_of(builder, sum->operands[1 - one], Opcode::kExp);
    if (!exponent) continue;
    if (auto x = operand_of(builder, *exponent, Opcode::kNegate)) return x;
  }
  return std::nullopt;
}

/// 1 / c where every element of it is an ordinary number: c neither zero nor so large or small that precision
/// is lost.
std::optional<Literal> inverse(const Literal& c) {
  Literal one(c.type());
  for (std::int64_t i = 0; i < one.elements(); ++i) one.set_float(i, 1);
  auto result = ops::plain::evaluate(Opcode::kDivide, {}, std::vector<Literal>{one, c}, c.type());
  if (!result) return std::nullopt;
  // The least normal number of the narrowest exponent range here, that of f16.
  constexpr double kLeast = 1.0 / 16384;
  for (std::int64_t i = 0; i < c.elements(); ++i) {
    double element = (*result)[0].float_at(i);
    bool ordinary = c.dtype() == DType::kF16 ? std::fabs(element) >= kLeast : std::fabs(element) >= 1e-30;
    if (!ordinary || !std::isfinite(element)) return std::nullopt;
  }
  return (*result)[0];
}

std::optional<ValueId> constant_inverse(RegionBuilder& builder, ValueId divisor, const std::string& origin) {
  if (auto scalar = splat(builder, divisor)) {
    auto value = inverse(*scalar);
    if (!value) return std::nullopt;
    Shape shape = builder.info(divisor).type.shape;
    return add_splat(builder, *value, shape, origin);
  }
  const auto* definition = builder.definition(divisor);
  if (definition == nullptr || definition->opcode != Opcode::kConstant) return std::nullopt;
  auto value = inverse(*definition->attributes.literal);
  if (!value) return std::nullopt;
  return add_constant(builder, *value, origin);
}

std::optional<ValueId> without_division(RegionBuilder& builder, const Instruction& instruction,
                                        const ValueInfo& result) {
  if (instruction.opcode != Opcode::kDivide || !is_float(result.type.dtype)) return std::nullopt;
  ValueId x = instruction.operands[0], y = instruction.operands[1];
  auto add = [&](Opcode opcode, std::vector<ValueId> operands) {
    return builder.add(opcode, {}, std::move(operands), result, instruction.origin);
  };
  if (auto inverted = constant_inverse(builder, y, instruction.origin))
    return add(Opcode::kMultiply, {x, *inverted});
  bool of_one = is_splat_of(builder, x, 1);
  if (of_one) {
    if (auto argument = logistic_argument(builder, y)) return add(Opcode::kLogistic, {*argument});
  }
  if (auto radicand = operand_of(builder, y, Opcode::kSqrt)) {
    // Its visibility is the root's, which may be less than the result's.
    ValueInfo info{result.type, builder.info(y).visibility};
    auto root = builder.add(Opcode::kRsqrt, {}, {*radicand}, info, instruction.origin);
    return of_one ? root : add(Opcode::kMultiply, {x, root});
  }
  if (of_one) return add(Opcode::kReciprocal, {y});
  return std::nullopt;
}

/// A product with a bit is a choice. Between public numbers it would not be the same: 0 · ∞ is not 0.
std::optional<ValueId> choice(RegionBuilder& builder, const Instruction& instruction,
                              const ValueInfo& result) {
  if (instruction.opcode != Opcode::kMultiply) return std::nullopt;
  for (std::size_t bit : {0, 1}) {
    ValueId x = instruction.operands[1 - bit];
    auto pred = operand_of(builder, instruction.operands[bit], Opcode::kConvert);
    if (!pred || builder.info(*pred).type.dtype != DType::kPred) continue;
    if (builder.info(*pred).visibility == ir::Visibility::kPublic ||
        builder.info(x).visibility == ir::Visibility::kPublic) {
      continue;
    }
    auto zero =
        add_splat(builder, Literal(TensorType{result.type.dtype, {}}), result.type.shape, instruction.origin);
    return builder.add(Opcode::kSelect, {}, {*pred, x, zero}, result, instruction.origin);
  }
  return std::nullopt;
}

std::optional<ValueId> recognised(RegionBuilder& builder, const Instruction& instruction,
                                  const ValueInfo& result) {
  if (auto value = without_division(builder, instruction, result)) return value;
  return choice(builder, instruction, result);
}

}  // namespace

void find_functions(ir::Region& region) {
  rewrite(region, [] { return recognised; });
}

}  // namespace spud::compiler
