// SPDX-License-Identifier: Apache-2.0
#include "compiler/passes/variances.hpp"

#include <algorithm>
#include <cmath>

#include "compiler/passes/constants.hpp"
#include "compiler/passes/rewrite.hpp"

namespace spud::compiler {
namespace {

using ir::Instruction;
using ir::RegionBuilder;
using ir::ValueId;
using ir::ValueInfo;
using ops::Opcode;
using Dimensions = std::vector<std::int64_t>;

ValueId without_reshapes(const RegionBuilder& builder, ValueId value) {
  const auto* definition = builder.definition(value);
  for (; definition != nullptr && definition->opcode == Opcode::kReshape;
       definition = builder.definition(value))
    value = definition->operands[0];
  return value;
}

/// A sum from zero over some dimensions, times the inverse of their size.
struct Mean {
  ValueId of;
  Dimensions dimensions;
  ValueId sum;
  Literal scale;
};

std::optional<Mean> mean(const RegionBuilder& builder, ValueId value) {
  const auto* product = builder.definition(without_reshapes(builder, value));
  if (product == nullptr || product->opcode != Opcode::kMultiply) return std::nullopt;
  for (std::size_t one : {0, 1}) {
    auto scale = splat(builder, product->operands[one]);
    const ValueId sum = without_reshapes(builder, product->operands[1 - one]);
    const auto* reduce = builder.definition(sum);
    if (!scale || reduce == nullptr || reduce->opcode != Opcode::kReduce ||
        reduce->attributes.reducer != ops::Reducer::kAdd || !is_splat_of(builder, reduce->operands[1], 0))
      continue;
    const ValueId of = reduce->operands[0];
    const auto& type = builder.info(of).type;
    const auto count = static_cast<double>(type.elements()) /
                       static_cast<double>(std::max<std::int64_t>(builder.info(sum).type.elements(), 1));
    // The inverse as a number of the type, be it a half.
    if (!is_float(type.dtype) || std::fabs(scale->float_at(0) * count - 1) > 1e-3) continue;
    return Mean{of, reduce->attributes.dimensions, sum, std::move(*scale)};
  }
  return std::nullopt;
}

/// The value that this is the square of.
std::optional<ValueId> root(const RegionBuilder& builder, ValueId value) {
  const auto* square = builder.definition(without_reshapes(builder, value));
  if (square == nullptr || square->opcode != Opcode::kMultiply) return std::nullopt;
  const ValueId a = square->operands[0], b = square->operands[1];
  if (a != b) return std::nullopt;
  return a;
}

std::optional<ValueId> centred(RegionBuilder& builder, const Instruction& difference,
                               const ValueInfo& result) {
  if (difference.opcode != Opcode::kSubtract || result.visibility == ir::Visibility::kPublic)
    return std::nullopt;
  const auto squares = mean(builder, difference.operands[0]);
  const auto middle = root(builder, difference.operands[1]);
  if (!squares || !middle) return std::nullopt;
  const auto x = root(builder, squares->of);
  const auto average = mean(builder, *middle);
  if (!x || !average || average->of != *x || average->dimensions != squares->dimensions) return std::nullopt;

  const std::string origin = difference.origin;
  const ValueInfo whole = builder.info(*x), rows = builder.info(squares->sum);
  ValueId row = *middle;
  if (builder.info(row).type != rows.type) row = builder.add(Opcode::kReshape, {}, {row}, rows, origin);
  ops::Attributes kept;
  for (std::int64_t d = 0; d < static_cast<std::int64_t>(whole.type.shape.size()); ++d)
    if (std::ranges::find(squares->dimensions, d) == squares->dimensions.end()) kept.dimensions.push_back(d);
  const ValueId wide = builder.add(Opcode::kBroadcast, std::move(kept), {row}, whole, origin);
  const ValueId deviation = builder.add(Opcode::kSubtract, {}, {*x, wide}, whole, origin);
  const ValueId square = builder.add(Opcode::kMultiply, {}, {deviation, deviation}, whole, origin);
  const ValueId zero = add_constant(builder, Literal(TensorType{whole.type.dtype, {}}), origin);
  ops::Attributes over;
  over.dimensions = squares->dimensions;
  const ValueId sum = builder.add(Opcode::kReduce, std::move(over), {square, zero}, rows, origin);
  const ValueId scale = add_splat(builder, squares->scale, rows.type.shape, origin);
  const ValueId variance = builder.add(Opcode::kMultiply, {}, {sum, scale}, rows, origin);
  if (rows.type == result.type) return variance;
  return builder.add(Opcode::kReshape, {}, {variance}, result, origin);
}

}  // namespace

void rewrite_variances(ir::Region& region) {
  rewrite(region, [] { return centred; });
}

}  // namespace spud::compiler
