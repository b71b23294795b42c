// SPDX-License-Identifier: Apache-2.0
#include "compiler/passes/secret_choices.hpp"

#include <algorithm>
#include <numeric>

#include "compiler/lower/emitter.hpp"
#include "compiler/lower/row_numbers.hpp"
#include "compiler/passes/rewrite.hpp"

namespace spud::compiler {
namespace {

using ir::ValueId;
using ir::Visibility;
using ops::Comparison;
using ops::Opcode;

bool is_secret(const ir::RegionBuilder& builder, std::span<const ValueId> values) {
  return std::ranges::any_of(values,
                             [&](auto v) { return builder.info(v).visibility == Visibility::kSecret; });
}

/// A place in the operand's dimensions that a slice does not fill, as a row number.
struct Place {
  std::vector<std::int64_t> dimensions;
  ValueId number = 0;     ///< [1, 1]
  std::int64_t rows = 1;  ///< that the number may name
};

/// Starts are clamped as XLA does. Rows are counted over `sizes` of the dimensions, so that a number may also
/// stand for an element.
Place place(Emitter& e, const Shape& shape, const Shape& window, std::span<const ValueId> starts,
            bool of_slices) {
  Place out;
  for (std::size_t d = 0; d < shape.size(); ++d) {
    if (window[d] != shape[d]) out.dimensions.push_back(static_cast<std::int64_t>(d));
  }
  auto extent = [&](std::size_t d) { return of_slices ? shape[d] - window[d] + 1 : shape[d]; };
  for (auto d : out.dimensions) out.rows *= extent(static_cast<std::size_t>(d));
  const DType type = row_number_type(out.rows);
  std::int64_t stride = out.rows;
  std::optional<ValueId> sum;
  for (auto dimension : out.dimensions) {
    const auto d = static_cast<std::size_t>(dimension);
    stride /= std::max<std::int64_t>(extent(d), 1);
    ValueId start = clamped_start(e, starts[d], shape[d] - window[d], type);
    start = e.times(start, e.full({type, {}}, static_cast<double>(stride)));
    sum = sum ? e.plus(*sum, start) : start;
  }
  out.number = e.reshape(sum ? *sum : e.full({type, {}}, 0), {1, 1});
  return out;
}

Result<ValueId> slice(Emitter& e, const ir::Instruction& instruction) {
  const ValueId x = instruction.operands[0];
  const Shape shape = e.shape(x), &sizes = instruction.attributes.sizes;
  const Place start = place(e, shape, sizes, std::span(instruction.operands).subspan(1), true);
  const std::vector<std::int64_t> ones(shape.size(), 1);
  SPUD_ASSIGN(auto table, e.windows(x, sizes, ones, ones));
  const std::int64_t width = element_count(sizes);
  table = e.reshape(table, {1, start.rows, width});
  const ValueId row = e.add(Opcode::kTake, {}, {table, start.number}, {e.dtype(x), {1, 1, width}});
  return e.reshape(row, sizes);
}

ValueId update(Emitter& e, const ir::Instruction& instruction) {
  const ValueId x = instruction.operands[0];
  ValueId patch = instruction.operands[1];
  const Shape shape = e.shape(x), window = e.shape(patch);
  const Place start = place(e, shape, window, std::span(instruction.operands).subspan(2), false);
  // [1, rows, what the patch fills].
  std::vector<std::int64_t> order = start.dimensions;
  for (std::int64_t d = 0; d < static_cast<std::int64_t>(shape.size()); ++d)
    if (std::ranges::find(start.dimensions, d) == start.dimensions.end()) order.push_back(d);
  Shape moved, inside;
  std::int64_t stride = start.rows, puts = 1;
  std::vector<std::int64_t> strides;
  for (auto d : order) moved.push_back(shape[static_cast<std::size_t>(d)]);
  for (auto d : start.dimensions) {
    stride /= std::max<std::int64_t>(shape[static_cast<std::size_t>(d)], 1);
    strides.push_back(stride);
    inside.push_back(window[static_cast<std::size_t>(d)]);
    puts *= inside.back();
  }
  const std::int64_t width = start.rows == 0 ? 0 : element_count(shape) / start.rows;
  const ValueId base = e.broadcast(e.reshape(start.number, {1}), {1, puts}, {0});
  const Literal offsets = window_offsets(e.dtype(start.number), inside, strides);
  const ValueId numbers = e.plus(base, e.constant(offsets.reshaped({1, puts})));
  const ValueId table = e.reshape(e.transpose(x, order), {1, start.rows, width});
  patch = e.reshape(e.transpose(patch, order), {1, puts, width});
  ops::Attributes attributes;
  attributes.reducer = ops::Reducer::kLast;
  ValueId out = e.add(Opcode::kPut, std::move(attributes), {table, numbers, patch}, e.type(table));
  std::vector<std::int64_t> back(order.size());
  for (std::size_t i = 0; i < order.size(); ++i)
    back[static_cast<std::size_t>(order[i])] = static_cast<std::int64_t>(i);
  out = e.reshape(out, moved);
  return e.transpose(out, back);
}

/// Every branch, and of each result the one that the index names; out of range it is the last.
std::vector<ValueId> branches(Emitter& e, const ir::Instruction& instruction) {
  const ValueId index = instruction.operands[0];
  std::vector<std::vector<ValueId>> results;
  for (const auto& branch : instruction.regions) {
    std::vector<ValueId> values(instruction.operands.begin() + 1, instruction.operands.end());
    append_copy(e.builder(), branch, values);
    std::vector<ValueId> found;
    for (auto result : branch.results) found.push_back(values[result]);
    results.push_back(std::move(found));
  }
  std::vector<ValueId> out = results.back();
  for (std::size_t b = 0; b + 1 < results.size(); ++b) {
    const ValueId here = e.compare(Comparison::kEq, index, e.full(e.type(index), static_cast<double>(b)));
    for (std::size_t i = 0; i < out.size(); ++i) {
      if (results[b][i] != out[i]) out[i] = e.select(here, results[b][i], out[i]);
    }
  }
  return out;
}

}  // namespace

Status hide_choices(ir::Region& region) {
  ir::RegionBuilder builder({region.values.begin(), region.values.begin() + region.parameter_count});
  std::vector<ValueId> values(region.parameter_count);
  std::iota(values.begin(), values.end(), ValueId{0});
  for (auto& instruction : region.instructions) {
    for (auto& operand : instruction.operands) operand = values[operand];
    for (auto& nested : instruction.regions) SPUD_TRY(hide_choices(nested));
    Emitter emitter(builder, instruction.origin, Visibility::kSecret);
    const std::span<const ValueId> operands = instruction.operands;
    if (instruction.opcode == Opcode::kConditional && is_secret(builder, operands.first(1))) {
      for (auto value : branches(emitter, instruction)) values.push_back(value);
      continue;
    }
    if (instruction.opcode == Opcode::kDynamicSlice && is_secret(builder, operands.subspan(1))) {
      auto value = slice(emitter, instruction);
      if (!value) {
        return std::unexpected(std::move(value).error().in("instruction '" + instruction.origin +
                                                           "', a slice at a secret place"));
      }
      values.push_back(*value);
      continue;
    }
    if (instruction.opcode == Opcode::kDynamicUpdateSlice && is_secret(builder, operands.subspan(2))) {
      values.push_back(update(emitter, instruction));
      continue;
    }
    const auto first = region.values.begin() + instruction.first_result;
    const std::vector<ir::ValueInfo> results(first, first + instruction.result_count);
    ValueId next = builder.add(std::move(instruction), results);
    for (std::size_t i = 0; i < results.size(); ++i) values.push_back(next++);
  }
  std::vector<ValueId> results;
  for (auto result : region.results) results.push_back(values[result]);
  region = std::move(builder).finish(std::move(results));
  return {};
}

}  // namespace spud::compiler
