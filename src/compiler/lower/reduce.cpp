// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "compiler/lower/arg_best.hpp"
#include "compiler/lower/expand.hpp"

namespace spud::compiler {
namespace {

using Value = Emitter::Value;

/// Once for all arrays: dimensions distinct and there.
Status expect_dimensions(const std::vector<std::int64_t>& dimensions, std::size_t rank) {
  std::vector<bool> seen(rank);
  for (auto d : dimensions) {
    if (d < 0 || static_cast<std::size_t>(d) >= rank || seen[static_cast<std::size_t>(d)]) {
      return bad_input("dimensions are " + spud::to_string(dimensions), "",
                       "distinct, 0 or more and less than " + std::to_string(rank));
    }
    seen[static_cast<std::size_t>(d)] = true;
  }
  return {};
}

/// Whether x counts along dimension d.
bool is_iota(Emitter& e, Value x, std::int64_t d) {
  const auto* definition = e.builder().definition(x);
  if (definition == nullptr) return false;
  const auto& dimensions = definition->attributes.dimensions;
  if (definition->opcode == ops::Opcode::kIota) return dimensions[0] == d;
  if (definition->opcode != ops::Opcode::kBroadcast) return false;
  const Value narrow = definition->operands[0];
  for (std::size_t i = 0; i < dimensions.size(); ++i) {
    if (dimensions[i] == d && e.shape(x)[static_cast<std::size_t>(d)] == e.shape(narrow)[i])
      return is_iota(e, narrow, static_cast<std::int64_t>(i));
  }
  return false;
}

/// Arg max and arg min along one dimension.
std::optional<Leaves> arg_best(Emitter& e, std::int64_t d, const Leaves& operands,
                               const ScalarFunction& reducer) {
  const int direction = arg_best_direction(reducer);
  if (direction == 0 || !is_iota(e, operands[1], d)) return std::nullopt;
  // From the constant that no number is worse than.
  const auto worst = direction < 0 ? ops::Reducer::kMaximum : ops::Reducer::kMinimum;
  if (!e.is_same_constant(operands[2], e.neutral(worst, e.dtype(operands[0])))) return std::nullopt;
  const Shape shape = e.shape(operands[0]);
  std::vector<std::int64_t> order{d};
  Shape kept;
  for (std::int64_t other = 0; other < static_cast<std::int64_t>(shape.size()); ++other) {
    if (other == d) continue;
    order.push_back(other);
    kept.push_back(shape[static_cast<std::size_t>(other)]);
  }
  const std::int64_t rows = shape[static_cast<std::size_t>(d)], width = element_count(kept);
  ir::Instruction instruction;
  instruction.opcode = ops::Opcode::kFirst;
  instruction.operands = {e.reshape(e.transpose(operands[0], order), {rows, width})};
  instruction.attributes.stride = {direction};
  instruction.origin = e.origin();
  std::vector<ir::ValueInfo> results;
  results.push_back({{e.dtype(operands[0]), {width}}, ir::Visibility::kPublic});
  results.push_back({{DType::kS32, {width}}, ir::Visibility::kPublic});
  const DType index = e.dtype(operands[1]);
  const Value value = e.builder().add(std::move(instruction), std::move(results));
  return Leaves{e.reshape(value, kept), e.reshape(e.convert(value + 1, index), kept)};
}

}  // namespace

Leaves reduce_rows(Emitter& e, Leaves rows, const ScalarFunction& reducer) {
  std::int64_t length = e.shape(rows[0])[0];
  const std::int64_t width = e.shape(rows[0])[1];
  auto part = [&](const Leaves& from, std::int64_t begin, std::int64_t end) {
    Leaves out;
    for (auto x : from) out.push_back(e.slice(x, {begin, 0}, {end, width}));
    return out;
  };
  while (length > 1) {
    // The first half with the second: neighbours in order, so that "the first" stays the first.
    const std::int64_t half = length / 2;
    Leaves even, odd;
    for (auto x : rows) {
      even.push_back(e.slice(x, {0, 0}, {2 * half, width}, {2, 1}));
      odd.push_back(e.slice(x, {1, 0}, {2 * half, width}, {2, 1}));
    }
    Leaves pair = even;
    pair.insert(pair.end(), odd.begin(), odd.end());
    Leaves combined = reducer.apply(e, pair);
    if (length % 2 == 1) {
      Leaves rest = part(rows, length - 1, length);
      for (std::size_t i = 0; i < rest.size(); ++i) combined[i] = e.concatenate({combined[i], rest[i]}, 0);
    }
    rows = combined;
    length = half + length % 2;
  }
  for (auto& x : rows) x = e.reshape(x, {width});
  return rows;
}

Result<std::vector<DType>> reduced_types(Emitter& e, const Leaves& operands, const ScalarFunction& reducer) {
  const std::size_t count = operands.size() / 2;
  if (count == 0 || operands.size() % 2 != 0) {
    return bad_input(std::to_string(operands.size()) + " operands", "",
                     "arrays and an initial value for each");
  }
  std::vector<DType> types;
  for (std::size_t i = 0; i < count; ++i) {
    const TensorType scalar{e.dtype(operands[i]), {}};
    if (e.shape(operands[i]) != e.shape(operands[0]) || e.type(operands[count + i]) != scalar) {
      return bad_input("array " + std::to_string(i) + " is " + to_string(e.type(operands[i])) +
                           ", its initial value " + to_string(e.type(operands[count + i])),
                       "", "arrays of one shape, and a scalar of each");
    }
    types.push_back(scalar.dtype);
  }
  std::vector<DType> twice = types;
  twice.insert(twice.end(), types.begin(), types.end());
  SPUD_TRY(reducer.expect(twice, types));
  return types;
}

Result<Leaves> expand_reduce(Emitter& e, const HloInstruction& hlo, const Leaves& operands,
                             const ScalarFunction& reducer) {
  SPUD_ASSIGN(const auto types, reduced_types(e, operands, reducer));
  const std::size_t count = types.size();
  const Shape shape = e.shape(operands[0]);
  const auto& dimensions = hlo.attributes.dimensions;
  SPUD_TRY(expect_dimensions(dimensions, shape.size()));
  if (count == 1) {
    if (auto known = reducer.reducer()) return Leaves{e.reduce(operands[0], operands[1], *known, dimensions)};
  }
  if (count == 2 && dimensions.size() == 1 && shape[static_cast<std::size_t>(dimensions[0])] > 0) {
    if (auto best = arg_best(e, dimensions[0], operands, reducer)) return *best;
  }
  // Reduced dimensions go first, as one.
  std::vector<std::int64_t> order = dimensions;
  Shape kept;
  std::int64_t length = 1;
  for (auto d : dimensions) length *= shape[static_cast<std::size_t>(d)];
  for (std::size_t d = 0; d < shape.size(); ++d) {
    if (std::ranges::find(dimensions, static_cast<std::int64_t>(d)) != dimensions.end()) continue;
    order.push_back(static_cast<std::int64_t>(d));
    kept.push_back(shape[d]);
  }
  const std::int64_t width = element_count(kept);
  Leaves rows, initial;
  for (std::size_t i = 0; i < count; ++i) {
    rows.push_back(e.reshape(e.transpose(operands[i], order), {length, width}));
    initial.push_back(e.broadcast(operands[count + i], {width}, {}));
  }
  Leaves total = initial;
  if (length > 0) {
    Leaves pair = initial;
    const Leaves all = reduce_rows(e, rows, reducer);
    pair.insert(pair.end(), all.begin(), all.end());
    total = reducer.apply(e, pair);
  }
  for (auto& x : total) x = e.reshape(x, kept);
  return total;
}

Result<Leaves> expand_map(Emitter& e, const Leaves& operands, const ScalarFunction& function) {
  if (operands.empty()) return bad_input("no operands");
  std::vector<DType> types, results;
  for (auto x : operands) {
    if (e.shape(x) != e.shape(operands[0])) {
      return bad_input("an operand has type " + to_string(e.type(x)), "", "one shape for all");
    }
    types.push_back(e.dtype(x));
  }
  for (auto result : function.body().results) results.push_back(function.body().values[result].type.dtype);
  SPUD_TRY(function.expect(types, results));
  return function.apply(e, operands);
}

}  // namespace spud::compiler
