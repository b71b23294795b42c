// SPDX-License-Identifier: Apache-2.0
#include "compiler/passes/error_function.hpp"

#include <array>
#include <cmath>

#include "compiler/passes/constants.hpp"

namespace spud::compiler {
namespace {

using ir::Instruction;
using ir::RegionBuilder;
using ir::ValueId;
using ops::Opcode;

/// erf(x) / x as a series in x², from the constant on.
constexpr std::array kSeries{1.1283791, -0.37612626, 0.112835854, -0.026853813, 0.0051883277, -0.00080101937};

const Instruction* defined(const RegionBuilder& builder, ValueId value, Opcode opcode) {
  const auto* definition = builder.definition(value);
  return definition != nullptr && definition->opcode == opcode ? definition : nullptr;
}

bool is_splat_near(const RegionBuilder& builder, ValueId value, double number) {
  auto scalar = splat(builder, value);
  return scalar && is_float(scalar->dtype()) &&
         std::fabs(scalar->float_at(0) - number) <= 1e-3 * std::fabs(number);
}

/// The other operand of a sum or product, beside `one`.
std::optional<ValueId> other(const Instruction* definition, ValueId one) {
  if (definition == nullptr) return std::nullopt;
  if (definition->operands[0] == one) return definition->operands[1];
  if (definition->operands[1] == one) return definition->operands[0];
  return std::nullopt;
}

/// Whether `value` begins with the terms of kSeries in x² = z.
bool is_series(const RegionBuilder& builder, ValueId value, ValueId z) {
  for (double coefficient : kSeries) {
    const auto* sum = defined(builder, value, Opcode::kAdd);
    if (sum == nullptr) return false;
    const std::size_t constant = is_splat_near(builder, sum->operands[0], coefficient) ? 0 : 1;
    if (!is_splat_near(builder, sum->operands[constant], coefficient)) return false;
    auto rest = other(defined(builder, sum->operands[1 - constant], Opcode::kMultiply), z);
    if (!rest) return false;
    value = *rest;
  }
  return true;
}

/// [a < b] for these operands of a comparison, b a splat.
bool is_below(const RegionBuilder& builder, ValueId value, ValueId a, double b) {
  const auto* compare = defined(builder, value, Opcode::kCompare);
  return compare != nullptr && compare->attributes.comparison == ops::Comparison::kLt &&
         compare->operands[0] == a && is_splat_of(builder, compare->operands[1], b);
}

/// Whether e^(−z) is a factor.
bool decays(const RegionBuilder& builder, ValueId value, ValueId z, unsigned depth) {
  if (const auto* exponential = defined(builder, value, Opcode::kExp)) {
    const auto* negated = defined(builder, exponential->operands[0], Opcode::kNegate);
    return negated != nullptr && negated->operands[0] == z;
  }
  const auto* product = defined(builder, value, Opcode::kMultiply);
  if (product == nullptr || depth == 0) return false;
  return decays(builder, product->operands[0], z, depth - 1) ||
         decays(builder, product->operands[1], z, depth - 1);
}

bool is_far_part(const RegionBuilder& builder, ValueId value, ValueId x, ValueId z) {
  const auto* sides = defined(builder, value, Opcode::kSelect);
  if (sides == nullptr || !is_below(builder, sides->operands[0], x, 0)) return false;
  const ValueId above = sides->operands[2];
  const auto* below = defined(builder, sides->operands[1], Opcode::kSubtract);
  if (below == nullptr || below->operands[1] != above || !is_splat_of(builder, below->operands[0], 2))
    return false;
  const auto* tail = defined(builder, above, Opcode::kSelect);
  return tail != nullptr && is_splat_of(builder, tail->operands[1], 0) &&
         decays(builder, tail->operands[2], z, 2);
}

}  // namespace

std::optional<ValueId> complementary_error_argument(const RegionBuilder& builder, const Instruction& select) {
  if (select.opcode != Opcode::kSelect) return std::nullopt;
  const auto* near = defined(builder, select.operands[1], Opcode::kSubtract);
  if (near == nullptr || !is_splat_of(builder, near->operands[0], 1)) return std::nullopt;
  const auto* product = defined(builder, near->operands[1], Opcode::kMultiply);
  const auto* compare = defined(builder, select.operands[0], Opcode::kCompare);
  if (product == nullptr || compare == nullptr) return std::nullopt;
  const auto* size = defined(builder, compare->operands[0], Opcode::kAbs);
  if (size == nullptr || !is_below(builder, select.operands[0], compare->operands[0], 1)) return std::nullopt;
  const ValueId x = size->operands[0];
  const auto polynomial = other(product, x);
  const auto* sum = polynomial ? defined(builder, *polynomial, Opcode::kAdd) : nullptr;
  if (sum == nullptr) return std::nullopt;
  // x² is a factor of all but the constant.
  for (ValueId term : sum->operands) {
    const auto* scaled = defined(builder, term, Opcode::kMultiply);
    if (scaled == nullptr) continue;
    for (ValueId z : scaled->operands) {
      const auto* square = defined(builder, z, Opcode::kMultiply);
      if (square == nullptr || square->operands[0] != x || square->operands[1] != x) continue;
      if (is_series(builder, *polynomial, z) && is_far_part(builder, select.operands[2], x, z)) return x;
    }
  }
  return std::nullopt;
}

}  // namespace spud::compiler
