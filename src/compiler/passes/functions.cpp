// SPDX-License-Identifier: Apache-2.0
#include "compiler/passes/functions.hpp"

#include <cmath>

#include "compiler/passes/constants.hpp"
#include "compiler/passes/error_function.hpp"
#include "compiler/passes/rewrite.hpp"
#include "ops/plain/evaluate.hpp"

namespace spud::compiler {
namespace {

using ir::Instruction;
using ir::RegionBuilder;
using ir::ValueId;
using ir::ValueInfo;
using ops::Opcode;

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

bool is_splat_near(const RegionBuilder& builder, ValueId value, double number) {
  auto scalar = splat(builder, value);
  return scalar && is_float(scalar->dtype()) && std::fabs(scalar->float_at(0) - number) <= 1e-5 * number;
}

/// The other operand of a sum or product of which one is near `number`.
std::optional<ValueId> beside(const RegionBuilder& builder, ValueId value, Opcode opcode, double number) {
  const auto* definition = builder.definition(value);
  if (definition == nullptr || definition->opcode != opcode) return std::nullopt;
  for (std::size_t one : {0, 1}) {
    if (is_splat_near(builder, definition->operands[one], number)) return definition->operands[1 - one];
  }
  return std::nullopt;
}

/// x, if `value` is x³ in any order of its products.
std::optional<ValueId> cube_root_of(const RegionBuilder& builder, ValueId value) {
  const auto* outer = builder.definition(value);
  if (outer == nullptr || outer->opcode != Opcode::kMultiply) return std::nullopt;
  for (std::size_t one : {0, 1}) {
    const ValueId x = outer->operands[one];
    const auto* square = builder.definition(outer->operands[1 - one]);
    if (square != nullptr && square->opcode == Opcode::kMultiply && square->operands[0] == x &&
        square->operands[1] == x)
      return x;
  }
  return std::nullopt;
}

void add_leaf_factors(const RegionBuilder& builder, ValueId value, unsigned depth,
                      std::vector<ValueId>& out) {
  const auto* product = builder.definition(value);
  if (depth == 0 || product == nullptr || product->opcode != Opcode::kMultiply) return out.push_back(value);
  for (ValueId operand : product->operands) add_leaf_factors(builder, operand, depth - 1, out);
}

/// What `value` is a product of with about this number, as far as two levels tell; nullopt without it.
std::optional<std::vector<ValueId>> factors_beside(const RegionBuilder& builder, ValueId value,
                                                   double number) {
  std::vector<ValueId> factors;
  add_leaf_factors(builder, value, 2, factors);
  for (auto at = factors.begin(); at != factors.end(); ++at) {
    if (!is_splat_near(builder, *at, number)) continue;
    factors.erase(at);
    return factors;
  }
  return std::nullopt;
}

/// x, if `value` is √(2/π)·x·(1 + 0.044715·x²), factors in any order.
std::optional<ValueId> factored_gelu_argument(const RegionBuilder& builder, ValueId value) {
  const auto factors = factors_beside(builder, value, 0.7978845608028654);
  if (!factors || factors->size() != 2) return std::nullopt;
  for (std::size_t one : {0, 1}) {
    const ValueId x = (*factors)[one];
    const auto square = beside(builder, (*factors)[1 - one], Opcode::kAdd, 1);
    const auto twice = square ? factors_beside(builder, *square, 0.044715) : std::nullopt;
    if (twice && *twice == std::vector<ValueId>{x, x}) return x;
  }
  return std::nullopt;
}

/// x, if `value` is √(2/π)·(x + 0.044715·x³).
std::optional<ValueId> gelu_argument(const RegionBuilder& builder, ValueId value) {
  if (auto x = factored_gelu_argument(builder, value)) return x;
  auto sum = beside(builder, value, Opcode::kMultiply, 0.7978845608028654);
  const auto* terms = sum ? builder.definition(*sum) : nullptr;
  if (terms == nullptr || terms->opcode != Opcode::kAdd) return std::nullopt;
  for (std::size_t one : {0, 1}) {
    auto cube = beside(builder, terms->operands[1 - one], Opcode::kMultiply, 0.044715);
    auto x = cube ? cube_root_of(builder, *cube) : std::nullopt;
    if (x && *x == terms->operands[one]) return x;
  }
  return std::nullopt;
}

/// x, if `value` is 1 − erf(−x/√2).
std::optional<ValueId> negated_gelu_argument(const RegionBuilder& builder, ValueId value) {
  const auto* difference = builder.definition(value);
  if (difference == nullptr || difference->opcode != Opcode::kSubtract ||
      !is_splat_of(builder, difference->operands[0], 1))
    return std::nullopt;
  auto ratio = operand_of(builder, difference->operands[1], Opcode::kErf);
  auto negated = ratio ? beside(builder, *ratio, Opcode::kMultiply, 0.7071067811865476) : std::nullopt;
  return negated ? operand_of(builder, *negated, Opcode::kNegate) : std::nullopt;
}

/// 1 − erf(x) where a program spells it out.
std::optional<ValueId> complementary_error(RegionBuilder& builder, const Instruction& instruction,
                                           const ValueInfo& result) {
  auto x = complementary_error_argument(builder, instruction);
  if (!x || !is_float(result.type.dtype)) return std::nullopt;
  Literal one(TensorType{result.type.dtype, {}});
  one.set_float(0, 1);
  const ValueId erf = builder.add(Opcode::kErf, {}, {*x}, result, instruction.origin);
  const ValueId ones = add_splat(builder, one, result.type.shape, instruction.origin);
  return builder.add(Opcode::kSubtract, {}, {ones, erf}, result, instruction.origin);
}

/// 1 + erf(z), if `select` is [z > 0] ? 2 − t : t with t = 1 − erf(|z|).
std::optional<ValueId> mirrored_error(RegionBuilder& builder, const Instruction& select,
                                      const ValueInfo& result) {
  if (select.opcode != Opcode::kSelect || !is_float(result.type.dtype)) return std::nullopt;
  const ValueId low = select.operands[2];
  const auto* high = builder.definition(select.operands[1]);
  const auto* test = builder.definition(select.operands[0]);
  const auto* tail = builder.definition(low);
  const bool shaped = high != nullptr && high->opcode == Opcode::kSubtract && high->operands[1] == low &&
                      is_splat_of(builder, high->operands[0], 2) && tail != nullptr &&
                      tail->opcode == Opcode::kSubtract && is_splat_of(builder, tail->operands[0], 1) &&
                      test != nullptr && test->opcode == Opcode::kCompare &&
                      (test->attributes.comparison == ops::Comparison::kGt ||
                       test->attributes.comparison == ops::Comparison::kGe) &&
                      is_splat_of(builder, test->operands[1], 0);
  const auto size = shaped ? operand_of(builder, tail->operands[1], Opcode::kErf) : std::nullopt;
  const auto z = size ? operand_of(builder, *size, Opcode::kAbs) : std::nullopt;
  if (!z || *z != test->operands[0]) return std::nullopt;
  const ValueId ones = tail->operands[0];
  const ValueId erf = builder.add(Opcode::kErf, {}, {*z}, result, select.origin);
  return builder.add(Opcode::kAdd, {}, {erf, ones}, result, select.origin);
}

/// Takes the factors that `value` is a product of out of the list; false if it is not.
bool take_factors(const RegionBuilder& builder, ValueId value, std::vector<ValueId>& factors, bool& has_half,
                  unsigned depth) {
  for (auto at = factors.begin(); at != factors.end(); ++at) {
    if (*at != value) continue;
    factors.erase(at);
    return true;
  }
  if (!has_half && is_splat_of(builder, value, 0.5)) return has_half = true;
  const auto* product = builder.definition(value);
  if (depth == 0 || product == nullptr || product->opcode != Opcode::kMultiply) return false;
  const ValueId a = product->operands[0], b = product->operands[1];
  return take_factors(builder, a, factors, has_half, depth - 1) &&
         take_factors(builder, b, factors, has_half, depth - 1);
}

/// The values that a product of three is a product of, as far as two levels tell.
void add_factors(const RegionBuilder& builder, ValueId value, unsigned depth, std::vector<ValueId>& out) {
  out.push_back(value);
  const auto* product = builder.definition(value);
  if (depth == 0 || product == nullptr || product->opcode != Opcode::kMultiply) return;
  for (ValueId operand : product->operands) add_factors(builder, operand, depth - 1, out);
}

/// x · 1/2 · (1 + tanh(…)) and x · 1/2 · (1 + erf(x/√2)), factors in any order.
std::optional<ValueId> gelu(RegionBuilder& builder, const Instruction& instruction, const ValueInfo& result) {
  if (instruction.opcode != Opcode::kMultiply || !is_float(result.type.dtype)) return std::nullopt;
  const ValueId a = instruction.operands[0], b = instruction.operands[1];
  std::vector<ValueId> candidates;
  for (ValueId operand : {a, b}) add_factors(builder, operand, 1, candidates);
  for (ValueId factor : candidates) {
    std::optional<ValueId> x;
    Opcode opcode = Opcode::kGeluByTanh;
    auto sigmoid = beside(builder, factor, Opcode::kAdd, 1);
    if (!sigmoid) {
      x = negated_gelu_argument(builder, factor);
      opcode = Opcode::kGelu;
    } else if (auto argument = operand_of(builder, *sigmoid, Opcode::kTanh)) {
      x = gelu_argument(builder, *argument);
    } else if (auto ratio = operand_of(builder, *sigmoid, Opcode::kErf)) {
      x = beside(builder, *ratio, Opcode::kMultiply, 0.7071067811865476);
      opcode = Opcode::kGelu;
    }
    if (!x) continue;
    std::vector<ValueId> factors{*x, factor};
    bool has_half = false;
    if (take_factors(builder, a, factors, has_half, 1) && take_factors(builder, b, factors, has_half, 1) &&
        has_half && factors.empty())
      return builder.add(opcode, {}, {*x}, result, instruction.origin);
  }
  return std::nullopt;
}

/// 1/y where y is a square root, be it reshaped: nullopt if it is none.
std::optional<ValueId> inverse_root(RegionBuilder& builder, ValueId y, const std::string& origin) {
  const ValueInfo info = builder.info(y);
  ValueId root = y;
  while (auto inner = operand_of(builder, root, Opcode::kReshape)) root = *inner;
  const auto radicand = operand_of(builder, root, Opcode::kSqrt);
  if (!radicand) return std::nullopt;
  const ValueInfo of_root = builder.info(root);
  root = builder.add(Opcode::kRsqrt, {}, {*radicand}, of_root, origin);
  if (of_root.type == info.type) return root;
  return builder.add(Opcode::kReshape, {}, {root}, info, origin);
}

/// Where a divisor is broadcast, all that concerns it alone is done before.
std::optional<ValueId> by_broadcast(RegionBuilder& builder, const Instruction& division,
                                    const ValueInfo& result) {
  const auto* found = builder.definition(division.operands[1]);
  if (found == nullptr || found->opcode != Opcode::kBroadcast) return std::nullopt;
  const Instruction broadcast = *found;
  const ValueId divisor = broadcast.operands[0];
  const ValueInfo rows = builder.info(divisor);
  if (rows.visibility != ir::Visibility::kSecret ||
      2 * element_count(rows.type.shape) > element_count(result.type.shape))
    return std::nullopt;
  const auto wide = [&](ValueId value) {
    return builder.add(Opcode::kBroadcast, broadcast.attributes, {value}, {result.type, rows.visibility},
                       division.origin);
  };
  if (auto root = inverse_root(builder, divisor, division.origin))
    return builder.add(Opcode::kMultiply, {}, {division.operands[0], wide(*root)}, result, division.origin);
  if (is_splat_of(builder, division.operands[0], 1))
    return wide(builder.add(Opcode::kReciprocal, {}, {divisor}, rows, division.origin));
  return builder.add(Opcode::kDivideByBroadcast, broadcast.attributes, {division.operands[0], divisor},
                     result, division.origin);
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
  if (auto root = inverse_root(builder, y, instruction.origin))
    return of_one ? *root : add(Opcode::kMultiply, {x, *root});
  if (auto quotient = by_broadcast(builder, instruction, result)) return quotient;
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
  if (auto value = gelu(builder, instruction, result)) return value;
  if (auto value = complementary_error(builder, instruction, result)) return value;
  if (auto value = mirrored_error(builder, instruction, result)) return value;
  return choice(builder, instruction, result);
}

}  // namespace

void find_functions(ir::Region& region) {
  rewrite(region, [] { return recognised; });
}

}  // namespace spud::compiler
