// SPDX-License-Identifier: Apache-2.0
// The gradient of a pooling: each window's chosen element gets that window's source.
#include <algorithm>

#include "compiler/lower/expand.hpp"
#include "compiler/lower/window.hpp"

namespace spud::compiler {
namespace {

using ops::Opcode;

/// Of the elements of [window, places], the one that `select` keeps against every later one, as a bit: the
/// winner of each pair goes on, and an element has won if it won all its pairs.
Emitter::Value winners(Emitter& e, Emitter::Value rows, const ScalarFunction& select) {
  const std::int64_t size = e.shape(rows)[0], width = e.shape(rows)[1];
  Emitter::Value won = e.full({DType::kPred, {size, width}}, 1);
  // A step on, each row stands for `reach` elements.
  std::int64_t reach = 1;
  while (e.shape(rows)[0] > 1) {
    const std::int64_t length = e.shape(rows)[0], half = length / 2;
    auto even = e.slice(rows, {0, 0}, {2 * half, width}, {2, 1});
    auto odd = e.slice(rows, {1, 0}, {2 * half, width}, {2, 1});
    auto first = select.apply(e, {even, odd})[0];
    auto better = e.select(first, even, odd);
    // [half, 2, reach, width]: the first of a pair keeps what it has where it wins.
    auto both = e.concatenate(
        {e.reshape(first, {half, 1, width}), e.reshape(e.unary(Opcode::kNot, first), {half, 1, width})}, 1);
    auto spread = e.reshape(e.broadcast(both, {half, 2, reach, width}, {0, 1, 3}), {2 * half * reach, width});
    const std::int64_t covered = std::min(2 * half * reach, size);
    spread = e.slice(spread, {0, 0}, {covered, width});
    auto kept = e.both(e.slice(won, {0, 0}, {covered, width}), spread);
    won = covered == size ? kept : e.concatenate({kept, e.slice(won, {covered, 0}, {size, width})}, 0);
    rows = length % 2 == 0 ? better
                           : e.concatenate({better, e.slice(rows, {length - 1, 0}, {length, width})}, 0);
    reach *= 2;
  }
  return won;
}

/// Where in the padded operand the window's element i lies at each place: as many zeros between and around
/// them.
struct Spread {
  Emitter::Dimensions low, high, interior;
};
Spread spread_of(const Window& window, const Shape& whole, const Shape& places, std::int64_t i) {
  const std::size_t rank = places.size();
  Spread out{Emitter::Dimensions(rank), Emitter::Dimensions(rank), Emitter::Dimensions(rank)};
  for (std::size_t d = rank; d-- > 0;) {
    out.low[d] = i % window.sizes[d];
    i /= window.sizes[d];
    out.interior[d] = window.stride[d] - 1;
    const std::int64_t length = places[d] == 0 ? 0 : (places[d] - 1) * window.stride[d] + 1;
    out.high[d] = whole[d] - length - out.low[d];
  }
  return out;
}

}  // namespace

Result<Leaves> expand_select_and_scatter(Emitter& e, const HloInstruction& hlo, const Leaves& operands,
                                         const ScalarFunction& select, const ScalarFunction& scatter) {
  if (operands.size() != 3) return bad_input(std::to_string(operands.size()) + " operands", "", "3");
  const auto x = operands[0], source = operands[1], initial = operands[2];
  const TensorType scalar{e.dtype(x), {}};
  if (hlo.structure->window.size() != e.shape(x).size() || e.dtype(source) != scalar.dtype ||
      e.type(initial) != scalar) {
    return bad_input("operands " + to_string(e.type(x)) + ", " + to_string(e.type(source)) + ", " +
                         to_string(e.type(initial)),
                     "", "one type of element, a scalar, and a window over every dimension");
  }
  SPUD_TRY(select.expect({scalar.dtype, scalar.dtype}, {DType::kPred}));
  SPUD_TRY(scatter.expect({scalar.dtype, scalar.dtype}, {scalar.dtype}));
  SPUD_ASSIGN(const auto window, Window::over(hlo.structure->window, e.shape(x)));
  for (std::size_t d = 0; d < e.shape(x).size(); ++d) {
    if (window.interior[d] != 0 || window.dilation[d] != 1)
      return fail(ErrorCode::kUnsupported, "select-and-scatter with dilation");
  }
  // What is chosen is an element of the operand: padding loses against all of them. Which end of the type
  // that is depends on the choice.
  bool wants_least = false;
  for (const auto& instruction : select.body().instructions) {
    const auto comparison = ops::usual_order(instruction.attributes.comparison);
    if (instruction.opcode == Opcode::kCompare)
      wants_least = comparison == ops::Comparison::kLe || comparison == ops::Comparison::kLt;
  }
  const auto padding = wants_least ? e.highest(scalar) : e.lowest(scalar);
  const auto padded = window.pad(e, x, padding);
  SPUD_ASSIGN(auto seen, window.places(e, padded));
  const std::size_t rank = e.shape(x).size();
  Shape places = e.shape(seen);
  places.resize(rank);
  if (e.shape(source) != places) {
    return bad_input("source has type " + spud::to_string(e.type(source)), "", spud::to_string(places));
  }
  const std::int64_t width = element_count(places), size = element_count(Shape(window.sizes));
  const auto rows = e.transpose(e.reshape(seen, {width, size}), {1, 0});
  const auto won = winners(e, rows, select);
  const auto flat = e.broadcast(e.reshape(source, {width}), {size, width}, {1});
  if (size == 0) return bad_input("an empty window");
  const bool is_sum = scatter.reducer() == ops::Reducer::kAdd && scalar.dtype != DType::kPred;
  const auto given = is_sum ? e.select(won, flat, e.full({scalar.dtype, {size, width}}, 0)) : flat;
  const auto placed = [&](Emitter::Value of, std::int64_t i, Emitter::Value padding) {
    const Spread at = spread_of(window, e.shape(padded), places, i);
    const auto one = e.reshape(e.slice(of, {i, 0}, {i + 1, width}), places);
    return e.pad(one, padding, at.low, at.high, at.interior);
  };
  const auto zero = e.full(scalar, 0);
  std::optional<Emitter::Value> total;
  if (is_sum) {
    for (std::int64_t i = 0; i < size; ++i) {
      const auto one = placed(given, i, zero);
      total = total ? e.plus(*total, one) : one;
    }
  } else {
    // Windows in order: of those that meet an element, the later have it nearer to their first.
    const auto no = e.full({DType::kPred, {}}, 0);
    total = e.broadcast(initial, e.shape(padded), {});
    for (std::int64_t i = size; i-- > 0;) {
      const auto after = scatter.apply(e, {*total, placed(given, i, zero)})[0];
      total = e.select(placed(won, i, no), after, *total);
    }
  }
  // Padding goes again.
  Emitter::Dimensions low(rank), high(rank), none(rank, 0);
  for (std::size_t d = 0; d < rank; ++d) {
    low[d] = -window.low[d];
    high[d] = -window.high[d];
  }
  auto out = e.pad(*total, zero, low, high, none);
  if (!is_sum) return Leaves{out};
  return Leaves{e.plus(out, e.broadcast(initial, e.shape(out), {}))};
}

}  // namespace spud::compiler
