// SPDX-License-Identifier: Apache-2.0
// Gather as rows of a table by number (kTake).
#include <algorithm>
#include <numeric>

#include "compiler/lower/gather_roles.hpp"
#include "compiler/lower/row_numbers.hpp"

namespace spud::compiler {
namespace {

using Dimensions = Emitter::Dimensions;
using Value = Emitter::Value;
using ops::Opcode;

}  // namespace

Result<Leaves> expand_gather(Emitter& e, const HloInstruction& hlo, const Leaves& operands) {
  if (operands.size() != 2) return bad_input(std::to_string(operands.size()) + " operands", "", "2");
  const auto& numbers = hlo.structure->gather;
  const Value operand = operands[0], starts = operands[1];
  const Shape shape = e.shape(operand);
  if (!is_integer(e.dtype(starts)) || hlo.shape.is_tuple) {
    return bad_input("indices of type " + to_string(e.type(starts)), "", "integers");
  }
  const std::size_t result_rank = hlo.shape.array.shape.size();
  SPUD_ASSIGN(const auto roles, Roles::of(numbers, shape, e.shape(starts), result_rank));
  bool fits = numbers.sizes.size() == shape.size();
  for (std::size_t d = 0; fits && d < shape.size(); ++d) {
    const bool is_one = contains(numbers.collapsed, static_cast<std::int64_t>(d)) ||
                        contains(numbers.batching, static_cast<std::int64_t>(d));
    fits = numbers.sizes[d] <= shape[d] && (!is_one || numbers.sizes[d] == 1);
  }
  if (!fits) {
    return bad_input("slice sizes are " + spud::to_string(numbers.sizes), "",
                     "at most " + spud::to_string(shape) + ", and 1 where a dimension is collapsed");
  }
  auto size = [&](std::int64_t d) { return numbers.sizes[static_cast<std::size_t>(d)]; };

  // [batching…, indexed…, rest…], of the rest only what a slice has.
  Dimensions order = numbers.batching, rest;
  append(order, numbers.start_map);
  for (auto d : roles.window)
    if (!contains(numbers.start_map, d)) rest.push_back(d);
  append(order, rest);
  Value table = e.transpose(operand, order);
  Dimensions none(order.size(), 0), end = e.shape(table);
  const std::size_t indexed = numbers.start_map.size(), before = numbers.batching.size();
  for (std::size_t i = 0; i < rest.size(); ++i) end[before + indexed + i] = size(rest[i]);
  table = e.slice(table, none, end);
  // Where slices are longer than 1 along an indexed dimension, every start has its slice in the table.
  Dimensions ones(order.size(), 1), sizes = ones;
  Shape starts_shape, slice_shape;
  for (std::size_t i = 0; i < indexed; ++i) {
    sizes[before + i] = size(numbers.start_map[i]);
    starts_shape.push_back(shape[static_cast<std::size_t>(numbers.start_map[i])] - sizes[before + i] + 1);
    slice_shape.push_back(sizes[before + i]);
  }
  if (std::ranges::any_of(slice_shape, [](auto n) { return n == 0; })) {
    return Leaves{e.full(hlo.shape.array, 0)};  // of no elements
  }
  if (std::ranges::any_of(slice_shape, [](auto n) { return n > 1; })) {
    SPUD_ASSIGN(table, e.windows(table, sizes, ones, ones));
  }
  const Shape rest_shape = [&] {
    Shape out;
    for (auto d : rest) out.push_back(size(d));
    return out;
  }();
  const std::int64_t batch = roles.batch(), picks = roles.picks(), rows = element_count(starts_shape);
  const std::int64_t width = element_count(rest_shape) * element_count(slice_shape);
  table = e.reshape(table, {batch, rows, width});

  const DType type = row_number_type(rows);
  Value number = e.full({type, {batch, picks}}, 0);
  std::int64_t stride = rows;
  for (std::size_t k = 0; k < indexed; ++k) {
    stride /= std::max<std::int64_t>(starts_shape[k], 1);
    Value index = roles.component(e, starts, k);
    index = clamped_start(e, index, starts_shape[k] - 1, type);
    if (stride != 1) index = e.times(index, e.full(e.type(index), static_cast<double>(stride)));
    number = k == 0 ? index : e.plus(number, index);
  }
  Value taken = e.add(Opcode::kTake, {}, {table, number}, {e.dtype(operand), {batch, picks, width}});

  // [batching…, others…, rest…, slice…] to the result's order.
  Shape long_shape = sizes_of(shape, numbers.batching);
  append(long_shape, sizes_of(e.shape(starts), roles.index_others));
  const std::size_t heads = long_shape.size();
  append(long_shape, rest_shape);
  append(long_shape, slice_shape);
  taken = e.reshape(taken, long_shape);
  // A collapsed dimension is one of the slice's of size 1: it goes.
  Dimensions window_order, kept(heads);
  std::iota(kept.begin(), kept.end(), 0);
  for (auto d : roles.window) {
    const auto in_rest = std::ranges::find(rest, d);
    const auto in_start = std::ranges::find(numbers.start_map, d);
    window_order.push_back(static_cast<std::int64_t>(
        in_rest != rest.end()
            ? heads + static_cast<std::size_t>(in_rest - rest.begin())
            : heads + rest.size() + static_cast<std::size_t>(in_start - numbers.start_map.begin())));
  }
  append(kept, window_order);
  Dimensions full_order = kept;
  for (std::int64_t d = 0; d < static_cast<std::int64_t>(long_shape.size()); ++d)
    if (!contains(kept, d)) full_order.push_back(d);
  taken = e.transpose(taken, full_order);
  taken = e.reshape(taken, sizes_of(long_shape, kept));
  return Leaves{e.transpose(taken, inverse(roles.result_order(result_rank)))};
}

}  // namespace spud::compiler
