// SPDX-License-Identifier: Apache-2.0
// The gradient of a pooling: each window's chosen element gets that window's source.
#include <algorithm>

#include "compiler/lower/expand.hpp"
#include "compiler/lower/window.hpp"
#include "compiler/lower/window_winners.hpp"

namespace spud::compiler {
namespace {

using ops::Opcode;

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
  const auto padding = wants_least(select) ? e.highest(scalar) : e.lowest(scalar);
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
  const auto won = winners(e, rows, select).won;
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
