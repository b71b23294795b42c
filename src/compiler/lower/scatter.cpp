// SPDX-License-Identifier: Apache-2.0
// Scatter as rows that are put into tables by number (kPut).
#include <algorithm>
#include <numeric>

#include "compiler/lower/gather_roles.hpp"
#include "compiler/lower/put_in_turn.hpp"
#include "compiler/lower/row_numbers.hpp"

namespace spud::compiler {
namespace {

using Dimensions = Emitter::Dimensions;
using Value = Emitter::Value;
using ops::Comparison;
using ops::Opcode;

/// The loop counts them in s32.
constexpr std::int64_t kPutsInTurn = std::int64_t{1} << 30;

/// What a combiner does with one of its arrays where that is a known step of this array's old element and its
/// update alone.
struct Step {
  enum class Kind : std::uint8_t { kKeep, kPut, kSubtract } kind = Kind::kPut;
  ops::Reducer reducer = ops::Reducer::kLast;
};

/// Parameters of the combiner are n old elements and n updates.
std::optional<Step> step_of(const ir::Region& body, std::size_t i) {
  const auto old = static_cast<ir::ValueId>(i), update = static_cast<ir::ValueId>(i + body.results.size());
  const auto result = body.results[i];
  if (result == old) return Step{Step::Kind::kKeep, {}};
  if (result == update) return Step{};
  for (const auto& instruction : body.instructions) {
    if (instruction.first_result != result) continue;
    // a − b is a + (−b).
    if (instruction.opcode == Opcode::kSubtract && instruction.operands == Leaves{old, update})
      return Step{Step::Kind::kSubtract, ops::Reducer::kAdd};
    if (instruction.operands != Leaves{old, update} && instruction.operands != Leaves{update, old})
      return std::nullopt;
    for (auto reducer : {ops::Reducer::kAdd, ops::Reducer::kMultiply, ops::Reducer::kMaximum,
                         ops::Reducer::kMinimum, ops::Reducer::kAnd, ops::Reducer::kOr}) {
      if (instruction.opcode == ops::combining_opcode(reducer)) return Step{Step::Kind::kPut, reducer};
    }
  }
  return std::nullopt;
}

/// On bits sums and maxima are or, products and minima and.
ops::Reducer of_type(ops::Reducer reducer, DType dtype) {
  if (dtype != DType::kPred) return reducer;
  if (reducer == ops::Reducer::kMaximum || reducer == ops::Reducer::kAdd) return ops::Reducer::kOr;
  if (reducer == ops::Reducer::kMinimum || reducer == ops::Reducer::kMultiply) return ops::Reducer::kAnd;
  return reducer;
}

Value put_known(Emitter& e, const Step& step, Value table, Value number, Value updates) {
  if (step.kind == Step::Kind::kKeep) return table;
  if (step.kind == Step::Kind::kSubtract) updates = e.unary(Opcode::kNegate, updates);
  ops::Attributes attributes;
  attributes.reducer = of_type(step.reducer, e.dtype(table));
  return e.add(Opcode::kPut, std::move(attributes), {table, number, updates}, e.type(table));
}

/// How the arrays of a scatter are tables of rows, [batch, rows, width], and its updates rows to put, [batch,
/// puts, width].
class Layout {
 public:
  static Result<Layout> of(Emitter& e, const HloGather& numbers, const Shape& shape, Value starts,
                           const Shape& updates) {
    SPUD_ASSIGN(auto roles, Roles::of(numbers, shape, e.shape(starts), updates.size()));
    Layout out(std::move(roles));
    // Window sizes a dimension of the operand.
    Shape sizes(shape.size(), 1);
    for (std::size_t i = 0; i < out.roles_.window.size(); ++i) {
      const auto d = static_cast<std::size_t>(out.roles_.window[i]);
      sizes[d] = updates[static_cast<std::size_t>(numbers.offset[i])];
      if (sizes[d] > shape[d]) {
        return bad_input("updates have shape " + spud::to_string(updates), "",
                         "windows that fit the operand");
      }
    }
    // Rows are numbered by the dimensions that an index names and those that a window does not fill.
    out.named_ = numbers.start_map;
    for (std::int64_t d = 0; d < static_cast<std::int64_t>(shape.size()); ++d) {
      if (contains(out.named_, d) || contains(numbers.batching, d)) continue;
      const bool is_full = sizes[static_cast<std::size_t>(d)] == shape[static_cast<std::size_t>(d)];
      (is_full && contains(out.roles_.window, d) ? out.filled_ : out.named_).push_back(d);
    }
    out.order_ = numbers.batching;
    append(out.order_, out.named_);
    append(out.order_, out.filled_);
    out.named_shape_ = sizes_of(shape, out.named_);
    out.window_shape_ = sizes_of(sizes, out.named_);
    out.batch_ = out.roles_.batch();
    out.picks_ = out.roles_.picks();
    out.rows_ = element_count(out.named_shape_);
    out.width_ = element_count(sizes_of(shape, out.filled_));
    out.window_ = element_count(out.window_shape_);
    // Updates as [batching…, others…, window in the operand's order…]; dimensions of the operand that the
    // window leaves out come back with size 1.
    out.long_shape_ = sizes_of(shape, numbers.batching);
    append(out.long_shape_, sizes_of(e.shape(starts), out.roles_.index_others));
    Shape leading = sizes_of(updates, out.roles_.result_order(updates.size()));
    leading.resize(out.long_shape_.size());
    if (leading != out.long_shape_) {
      return bad_input("updates have shape " + spud::to_string(updates), "", "one for each index");
    }
    const std::size_t heads = out.long_shape_.size();
    Dimensions present = out.roles_.window;
    append(present, numbers.collapsed);
    std::ranges::sort(present);
    append(out.long_shape_, sizes_of(sizes, present));
    out.update_order_.resize(heads);
    std::iota(out.update_order_.begin(), out.update_order_.end(), 0);
    for (const auto* part : {&out.named_, &out.filled_}) {
      for (auto d : *part) {
        const auto place = static_cast<std::size_t>(std::ranges::find(present, d) - present.begin());
        out.update_order_.push_back(static_cast<std::int64_t>(heads + place));
      }
    }
    return out;
  }

  Value table(Emitter& e, Value operand) const {
    return e.reshape(e.transpose(operand, order_), {batch_, rows_, width_});
  }
  Value array(Emitter& e, Value table) const {
    return e.transpose(e.reshape(table, sizes_of(roles_.operand, order_)), inverse(order_));
  }
  Value updates(Emitter& e, Value x) const {
    x = e.reshape(e.transpose(x, roles_.result_order(e.shape(x).size())), long_shape_);
    return e.reshape(e.transpose(x, update_order_), {batch_, picks_ * window_, width_});
  }
  /// The row that each update is for, [batch, puts]: the number of rows where it is for none.
  Value row_numbers(Emitter& e, Value starts) const;

 private:
  explicit Layout(Roles roles) : roles_(std::move(roles)) {}

  Roles roles_;
  Dimensions named_, filled_, order_, update_order_;
  Shape named_shape_, window_shape_, long_shape_;
  std::int64_t batch_ = 0, picks_ = 0, rows_ = 0, width_ = 0, window_ = 0;
};

Value Layout::row_numbers(Emitter& e, Value starts) const {
  const DType type = row_number_type(rows_);
  const TensorType pick_type{type, {batch_, picks_}};
  Value number = e.full(pick_type, 0);
  Value is_inside = e.full({DType::kPred, {batch_, picks_}}, 1);
  std::int64_t stride = rows_;
  std::vector<std::int64_t> strides;
  for (std::size_t k = 0; k < named_.size(); ++k) {
    stride /= std::max<std::int64_t>(named_shape_[k], 1);
    strides.push_back(stride);
    if (k >= roles_.numbers.start_map.size()) continue;
    Value index = roles_.component(e, starts, k);
    const TensorType own = e.type(index);
    const std::int64_t last = named_shape_[k] - window_shape_[k];
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
  number = e.select(is_inside, number, e.full(pick_type, static_cast<double>(rows_)));
  if (window_ == 1) return number;
  const Shape spread{batch_, picks_, window_};
  const Value inside = e.broadcast(is_inside, spread, {0, 1});
  const Value offsets = e.broadcast(e.constant(window_offsets(type, window_shape_, strides)), spread, {2});
  number = e.plus(e.broadcast(number, spread, {0, 1}), offsets);
  number = e.select(inside, number, e.full({type, spread}, static_cast<double>(rows_)));
  return e.reshape(number, {batch_, picks_ * window_});
}

}  // namespace

Result<Leaves> expand_scatter(Emitter& e, const HloInstruction& hlo, const Leaves& operands,
                              const ScalarFunction& combiner) {
  const std::size_t count = operands.size() / 2;
  if (count == 0 || operands.size() % 2 == 0) {
    return bad_input(std::to_string(operands.size()) + " operands", "",
                     "arrays, indices, and as many updates");
  }
  const Value starts = operands[count];
  std::vector<DType> types;
  for (std::size_t i = 0; i < count; ++i) {
    const Value x = operands[i], update = operands[count + 1 + i];
    if (!is_integer(e.dtype(starts)) || e.dtype(update) != e.dtype(x) || e.shape(x) != e.shape(operands[0]) ||
        e.shape(update) != e.shape(operands[count + 1])) {
      return bad_input("array " + std::to_string(i) + " is " + to_string(e.type(x)) + ", its updates " +
                           to_string(e.type(update)) + ", indices " + to_string(e.type(starts)),
                       "",
                       "arrays of one shape, updates of one shape and the arrays' types, integer indices");
    }
    types.push_back(e.dtype(x));
  }
  std::vector<DType> twice = types;
  twice.insert(twice.end(), types.begin(), types.end());
  SPUD_TRY(combiner.expect(twice, types));

  SPUD_ASSIGN(const auto layout, Layout::of(e, hlo.structure->gather, e.shape(operands[0]), starts,
                                            e.shape(operands[count + 1])));
  std::vector<std::optional<Step>> steps;
  for (std::size_t i = 0; i < count; ++i) steps.push_back(step_of(combiner.body(), i));
  Leaves tables, updates;
  for (std::size_t i = 0; i < count; ++i) {
    tables.push_back(layout.table(e, operands[i]));
    updates.push_back(layout.updates(e, operands[count + 1 + i]));
  }
  const Value number = layout.row_numbers(e, starts);
  if (std::ranges::all_of(steps, [](const auto& step) { return step.has_value(); })) {
    for (std::size_t i = 0; i < count; ++i)
      tables[i] = put_known(e, *steps[i], tables[i], number, updates[i]);
  } else if (hlo.structure->is_unique) {
    tables = put_at_once(e, tables, number, updates, combiner);
  } else if (e.shape(number)[1] > kPutsInTurn) {
    return fail(ErrorCode::kUnsupported,
                "scatter of " + std::to_string(e.shape(number)[1]) + " updates by the computation '" +
                    combiner.name() + "'",
                "", "a known step an array, or at most " + std::to_string(kPutsInTurn) + " updates");
  } else {
    tables = put_in_turn(e, tables, number, updates, combiner);
  }
  for (auto& table : tables) table = layout.array(e, table);
  return tables;
}

}  // namespace spud::compiler
