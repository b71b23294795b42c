// SPDX-License-Identifier: Apache-2.0
// Gather and scatter as rows of a table by number (kTake, kPut).
#include <algorithm>
#include <numeric>

#include "base/limits.hpp"
#include "compiler/lower/expand.hpp"
#include "compiler/lower/row_numbers.hpp"

namespace spud::compiler {
namespace {

using Dimensions = Emitter::Dimensions;
using Value = Emitter::Value;
using ops::Comparison;
using ops::Opcode;

bool contains(const Dimensions& list, std::int64_t d) {
  return std::ranges::find(list, d) != list.end();
}

void append(Dimensions& to, const Dimensions& from) {
  to.insert(to.end(), from.begin(), from.end());
}

Shape sizes_of(const Shape& shape, const Dimensions& dimensions) {
  Shape out;
  for (auto d : dimensions) out.push_back(shape[static_cast<std::size_t>(d)]);
  return out;
}

Dimensions inverse(const Dimensions& order) {
  Dimensions out(order.size());
  for (std::size_t i = 0; i < order.size(); ++i)
    out[static_cast<std::size_t>(order[i])] = static_cast<std::int64_t>(i);
  return out;
}

Status expect_list(const char* what, const Dimensions& list, std::size_t rank, bool is_sorted) {
  Dimensions sorted = list;
  std::ranges::sort(sorted);
  const bool distinct = std::ranges::adjacent_find(sorted) == sorted.end();
  const bool there =
      sorted.empty() || (sorted.front() >= 0 && sorted.back() < static_cast<std::int64_t>(rank));
  if (distinct && there && (!is_sorted || sorted == list)) return {};
  return bad_input(std::string(what) + " are " + spud::to_string(list), "",
                   std::string(is_sorted ? "in order, " : "") + "distinct and below " + std::to_string(rank));
}

/// What gather and scatter share: which dimension of the operand, the indices and the result (the updates) is
/// what.
struct Roles {
  const HloGather& numbers;
  Shape operand, indices;
  /// Of the indices, without the vector: those that batch with the operand, in its order, and the others.
  Dimensions index_batch, index_others;
  /// Of the operand: those that make up the window, in order.
  Dimensions window;

  static Result<Roles> of(const HloGather& numbers, const Shape& operand, const Shape& indices,
                          std::size_t result_rank) {
    Roles roles{numbers, operand, indices, {}, {}, {}};
    const std::size_t rank = operand.size();
    SPUD_TRY(expect_list("collapsed dimensions", numbers.collapsed, rank, true));
    SPUD_TRY(expect_list("batching dimensions", numbers.batching, rank, false));
    SPUD_TRY(expect_list("dimensions of an index", numbers.start_map, rank, false));
    SPUD_TRY(expect_list("window dimensions", numbers.offset, result_rank, true));
    const auto vector = static_cast<std::size_t>(numbers.index_vector);
    if (vector > indices.size()) return bad_input("index vector dimension " + std::to_string(vector));
    const std::int64_t components = vector == indices.size() ? 1 : indices[vector];
    if (components != static_cast<std::int64_t>(numbers.start_map.size())) {
      return bad_input("indices of " + std::to_string(components) + " components", "",
                       std::to_string(numbers.start_map.size()));
    }
    SPUD_TRY(
        expect_list("batching dimensions of the indices", numbers.index_batching, indices.size(), false));
    if (numbers.index_batching.size() != numbers.batching.size() ||
        contains(numbers.index_batching, numbers.index_vector)) {
      return bad_input("batching dimensions of operand and indices do not pair up");
    }
    for (std::size_t i = 0; i < numbers.batching.size(); ++i) {
      const auto d = numbers.batching[i];
      if (contains(numbers.collapsed, d) || contains(numbers.start_map, d) ||
          operand[static_cast<std::size_t>(d)] !=
              indices[static_cast<std::size_t>(numbers.index_batching[i])]) {
        return bad_input("batching dimension " + std::to_string(d) + " has another size or role too");
      }
    }
    for (std::int64_t d = 0; d < static_cast<std::int64_t>(indices.size()); ++d) {
      if (d != numbers.index_vector && !contains(numbers.index_batching, d)) roles.index_others.push_back(d);
    }
    roles.index_batch = numbers.index_batching;
    for (std::int64_t d = 0; d < static_cast<std::int64_t>(rank); ++d) {
      if (!contains(numbers.collapsed, d) && !contains(numbers.batching, d)) roles.window.push_back(d);
    }
    if (roles.window.size() != numbers.offset.size() ||
        result_rank != numbers.offset.size() + roles.index_batch.size() + roles.index_others.size()) {
      return bad_input(
          "a window of " + std::to_string(roles.window.size()) + " dimensions", "",
          std::to_string(numbers.offset.size()) + " in a result of rank " + std::to_string(result_rank));
    }
    return roles;
  }

  std::int64_t batch() const { return element_count(sizes_of(operand, numbers.batching)); }
  std::int64_t picks() const { return element_count(sizes_of(indices, index_others)); }

  /// Component k of every index, [batch, picks].
  Value component(Emitter& e, Value starts, std::size_t k) const {
    Dimensions order = index_batch;
    append(order, index_others);
    if (static_cast<std::size_t>(numbers.index_vector) < indices.size()) {
      order.push_back(numbers.index_vector);
      starts = e.transpose(starts, order);
      Dimensions begin(order.size(), 0), end = e.shape(starts);
      begin.back() = static_cast<std::int64_t>(k);
      end.back() = begin.back() + 1;
      starts = e.slice(starts, begin, end);
    } else {
      starts = e.transpose(starts, order);
    }
    return e.reshape(starts, {batch(), picks()});
  }

  /// Dimensions of the result in the order [batching…, others…, window…].
  Dimensions result_order(std::size_t result_rank) const {
    Dimensions places;  // of the indices' dimensions without the vector, in order
    for (std::int64_t d = 0; d < static_cast<std::int64_t>(result_rank); ++d)
      if (!contains(numbers.offset, d)) places.push_back(d);
    auto place = [&](std::int64_t index_dimension) {
      const bool behind = index_dimension > numbers.index_vector;
      return places[static_cast<std::size_t>(index_dimension - (behind ? 1 : 0))];
    };
    Dimensions out;
    for (auto d : index_batch) out.push_back(place(d));
    for (auto d : index_others) out.push_back(place(d));
    append(out, numbers.offset);
    return out;
  }
};

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

Result<Leaves> expand_scatter(Emitter& e, const HloInstruction& hlo, const Leaves& operands,
                              const ScalarFunction& combiner) {
  if (operands.size() != 3) {
    return fail(ErrorCode::kUnsupported, "scatter of " + std::to_string(operands.size() / 2) + " arrays", "",
                "one array");
  }
  const auto& numbers = hlo.structure->gather;
  const Value operand = operands[0], starts = operands[1];
  Value updates = operands[2];
  const Shape shape = e.shape(operand);
  const DType dtype = e.dtype(operand);
  if (!is_integer(e.dtype(starts)) || e.dtype(updates) != dtype) {
    return bad_input("indices of type " + to_string(e.type(starts)) + ", updates of type " +
                     to_string(e.type(updates)));
  }
  SPUD_TRY(combiner.expect({dtype, dtype}, {dtype}));
  auto reducer = combiner.reducer();
  const auto& body = combiner.body();
  if (body.results[0] == 0) return Leaves{operand};
  if (body.results[0] == 1) reducer = ops::Reducer::kLast;
  for (const auto& instruction : body.instructions) {
    // a − b is a + (−b).
    if (instruction.first_result == body.results[0] && instruction.opcode == Opcode::kSubtract &&
        instruction.operands == Leaves{0, 1}) {
      updates = e.unary(Opcode::kNegate, updates);
      reducer = ops::Reducer::kAdd;
    }
  }
  if (!reducer) {
    return fail(ErrorCode::kUnsupported, "scatter with the computation '" + combiner.name() + "'", "",
                "an assignment, sum, difference, product, maximum, minimum, and, or");
  }
  const std::size_t rank = e.shape(updates).size();
  SPUD_ASSIGN(const auto roles, Roles::of(numbers, shape, e.shape(starts), rank));
  // Window sizes a dimension of the operand.
  Shape sizes(shape.size(), 1);
  for (std::size_t i = 0; i < roles.window.size(); ++i) {
    auto& size = sizes[static_cast<std::size_t>(roles.window[i])];
    size = e.shape(updates)[static_cast<std::size_t>(numbers.offset[i])];
    if (size > shape[static_cast<std::size_t>(roles.window[i])]) {
      return bad_input("updates have type " + to_string(e.type(updates)), "", "windows that fit the operand");
    }
  }
  // Rows are numbered by the dimensions that an index names and those that a window does not fill.
  Dimensions named = numbers.start_map, filled;
  for (std::int64_t d = 0; d < static_cast<std::int64_t>(shape.size()); ++d) {
    if (contains(named, d) || contains(numbers.batching, d)) continue;
    const bool is_full = sizes[static_cast<std::size_t>(d)] == shape[static_cast<std::size_t>(d)];
    (is_full && contains(roles.window, d) ? filled : named).push_back(d);
  }
  Dimensions order = numbers.batching;
  append(order, named);
  append(order, filled);
  const Shape named_shape = sizes_of(shape, named), window_shape = sizes_of(sizes, named);
  const std::int64_t batch = roles.batch(), picks = roles.picks();
  const std::int64_t rows = element_count(named_shape), width = element_count(sizes_of(shape, filled));
  const std::int64_t window = element_count(window_shape);
  Value table = e.reshape(e.transpose(operand, order), {batch, rows, width});

  // Updates as [batching…, others…, window in the operand's order…], then by rows.
  updates = e.transpose(updates, roles.result_order(rank));
  Shape all = sizes_of(shape, numbers.batching);
  append(all, sizes_of(e.shape(starts), roles.index_others));
  Shape leading = e.shape(updates);
  leading.resize(all.size());
  if (leading != all) {
    return bad_input("updates have type " + to_string(e.type(operands[2])), "", "one for each index");
  }
  const std::size_t heads = all.size();
  // Dimensions of the operand that the window leaves out come back with size 1.
  Dimensions present = roles.window;
  for (auto d : numbers.collapsed) present.push_back(d);
  std::ranges::sort(present);
  append(all, sizes_of(sizes, present));
  updates = e.reshape(updates, all);
  Dimensions to(heads);
  std::iota(to.begin(), to.end(), 0);
  auto position = [&](std::int64_t d) {
    return static_cast<std::int64_t>(
        heads + static_cast<std::size_t>(std::ranges::find(present, d) - present.begin()));
  };
  for (auto d : named) to.push_back(position(d));
  for (auto d : filled) to.push_back(position(d));
  updates = e.reshape(e.transpose(updates, to), {batch, picks * window, width});

  const DType type = row_number_type(rows);
  const TensorType pick_type{type, {batch, picks}};
  Value number = e.full(pick_type, 0);
  Value is_inside = e.full({DType::kPred, {batch, picks}}, 1);
  std::int64_t stride = rows;
  std::vector<std::int64_t> strides;
  for (std::size_t k = 0; k < named.size(); ++k) {
    stride /= std::max<std::int64_t>(named_shape[k], 1);
    strides.push_back(stride);
    if (k >= numbers.start_map.size()) continue;
    Value index = roles.component(e, starts, k);
    const TensorType own = e.type(index);
    const std::int64_t last = named_shape[k] - window_shape[k];
    if (static_cast<double>(last) < highest_index(own.dtype)) {
      is_inside =
          e.both(is_inside, e.compare(Comparison::kLe, index, e.full(own, static_cast<double>(last))));
    }
    if (is_signed(own.dtype)) {
      is_inside = e.both(is_inside, e.compare(Comparison::kGe, index, e.full(own, 0)));
    }
    index = e.convert(index, type);
    if (stride != 1) index = e.times(index, e.full(pick_type, static_cast<double>(stride)));
    number = k == 0 ? index : e.plus(number, index);
  }
  // Windows that do not fit are left out whole.
  number = e.select(is_inside, number, e.full(pick_type, static_cast<double>(rows)));
  if (window != 1) {
    const Shape spread{batch, picks, window};
    const Value inside = e.broadcast(is_inside, spread, {0, 1});
    const Value offsets = e.broadcast(e.constant(window_offsets(type, window_shape, strides)), spread, {2});
    number = e.plus(e.broadcast(number, spread, {0, 1}), offsets);
    number = e.select(inside, number, e.full({type, spread}, static_cast<double>(rows)));
    number = e.reshape(number, {batch, picks * window});
  }
  ops::Attributes attributes;
  attributes.reducer = *reducer;
  if (dtype == DType::kPred) {
    if (*reducer == ops::Reducer::kMaximum || *reducer == ops::Reducer::kAdd)
      attributes.reducer = ops::Reducer::kOr;
    if (*reducer == ops::Reducer::kMinimum || *reducer == ops::Reducer::kMultiply)
      attributes.reducer = ops::Reducer::kAnd;
  }
  Value put =
      e.add(Opcode::kPut, std::move(attributes), {table, number, updates}, {dtype, {batch, rows, width}});
  put = e.reshape(put, sizes_of(shape, order));
  return Leaves{e.transpose(put, inverse(order))};
}

}  // namespace spud::compiler
