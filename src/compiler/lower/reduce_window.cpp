// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "compiler/lower/expand.hpp"
#include "compiler/lower/window.hpp"

namespace spud::compiler {
namespace {

/// Windows whose elements are not spread, moved by one place: a longer one is made of two shorter ones.
bool is_sliding(const Window& window) {
  auto all_ones = [](const Emitter::Dimensions& list) {
    return std::ranges::all_of(list, [](auto n) { return n == 1; });
  };
  return all_ones(window.stride) && all_ones(window.dilation);
}

/// Reductions over `size` neighbours along a dimension by doubling: log(size) steps on the whole tensor where
/// windows one by one would take `size` times its memory.
Emitter::Value slide(Emitter& e, Emitter::Value x, std::size_t d, std::int64_t size, ops::Opcode combine) {
  auto part = [&](Emitter::Value from, std::int64_t begin, std::int64_t length) {
    Emitter::Dimensions start(e.shape(from).size(), 0), limit = e.shape(from);
    start[d] = begin;
    limit[d] = begin + length;
    return e.slice(from, start, limit);
  };
  const std::int64_t places = e.shape(x)[d] - size + 1;
  // `reach` neighbours each, and the rest of the window's size laid behind in powers of two.
  std::optional<Emitter::Value> out;
  std::int64_t done = 0, reach = 1;
  while (true) {
    if ((size & reach) != 0) {
      auto piece = part(x, done, places);
      out = out ? e.binary(combine, *out, piece) : piece;
      done += reach;
    }
    if (done == size) return *out;
    const std::int64_t left = e.shape(x)[d] - reach;
    x = e.binary(combine, part(x, 0, left), part(x, reach, left));
    reach *= 2;
  }
}

std::optional<ops::Opcode> sliding_operation(ops::Reducer reducer) {
  switch (reducer) {
    case ops::Reducer::kAdd:
      return ops::Opcode::kAdd;
    case ops::Reducer::kMaximum:
      return ops::Opcode::kMaximum;
    case ops::Reducer::kMinimum:
      return ops::Opcode::kMinimum;
    case ops::Reducer::kMultiply:
      return ops::Opcode::kMultiply;
    case ops::Reducer::kAnd:
      return ops::Opcode::kAnd;
    case ops::Reducer::kOr:
      return ops::Opcode::kOr;
    case ops::Reducer::kLast:
      break;
  }
  return std::nullopt;
}

/// Windows with more elements together than so many times the tensor's are not laid out.
constexpr std::int64_t kLaidOut = 4;

}  // namespace

Result<Leaves> expand_reduce_window(Emitter& e, const HloInstruction& hlo, const Leaves& operands,
                                    const ScalarFunction& reducer) {
  const std::size_t count = operands.size() / 2;
  if (count == 0 || operands.size() % 2 != 0) {
    return bad_input(std::to_string(operands.size()) + " operands", "",
                     "arrays and an initial value for each");
  }
  const Shape shape = e.shape(operands[0]);
  if (hlo.structure->window.size() != shape.size()) {
    return bad_input("a window of " + std::to_string(hlo.structure->window.size()) + " dimensions", "",
                     std::to_string(shape.size()));
  }
  SPUD_ASSIGN(const auto window, Window::over(hlo.structure->window, shape));
  std::vector<DType> types;
  Leaves padded;
  for (std::size_t i = 0; i < count; ++i) {
    const TensorType scalar{e.dtype(operands[i]), {}};
    if (e.shape(operands[i]) != shape || e.type(operands[count + i]) != scalar) {
      return bad_input("array " + std::to_string(i) + " is " + to_string(e.type(operands[i])) +
                           ", its initial value " + to_string(e.type(operands[count + i])),
                       "", "arrays of one shape, and a scalar of each");
    }
    types.push_back(scalar.dtype);
    // The initial value is neutral to the reducer, so that it may stand in any number of places.
    padded.push_back(window.pad(e, operands[i], operands[count + i]));
  }
  std::vector<DType> twice = types;
  twice.insert(twice.end(), types.begin(), types.end());
  SPUD_TRY(reducer.expect(twice, types));

  Shape places = e.shape(padded[0]);
  bool fits = true;
  for (std::size_t d = 0; d < places.size(); ++d) {
    const std::int64_t reach = (window.sizes[d] - 1) * window.dilation[d] + 1;
    fits &= reach <= places[d];
    places[d] = reach > places[d] ? 0 : (places[d] - reach) / window.stride[d] + 1;
  }
  const auto known = reducer.reducer();
  const std::int64_t inside = element_count(Shape(window.sizes));
  if (count == 1 && known && fits && is_sliding(window)) {
    const __int128 laid_out = static_cast<__int128>(inside) * element_count(places);
    if (laid_out > static_cast<__int128>(kLaidOut) * element_count(e.shape(padded[0]))) {
      auto x = padded[0];
      for (std::size_t d = 0; d < places.size(); ++d)
        x = slide(e, x, d, window.sizes[d], *sliding_operation(*known));
      return Leaves{x};
    }
  }
  Leaves rows;
  for (auto x : padded) {
    SPUD_ASSIGN(auto seen, window.places(e, x));
    rows.push_back(seen);
  }
  if (count == 1 && known && known != ops::Reducer::kLast) {
    std::vector<std::int64_t> dimensions;
    for (std::size_t d = 0; d < shape.size(); ++d)
      dimensions.push_back(static_cast<std::int64_t>(shape.size() + d));
    const bool is_logical = *known == ops::Reducer::kAnd || *known == ops::Reducer::kOr;
    if (is_logical || types[0] != DType::kPred) return Leaves{e.reduce(rows[0], *known, dimensions)};
  }
  const std::int64_t width = element_count(places);
  for (auto& x : rows) x = e.transpose(e.reshape(x, {width, inside}), {1, 0});
  Leaves out = reduce_rows(e, rows, reducer);
  for (auto& x : out) x = e.reshape(x, places);
  return out;
}

}  // namespace spud::compiler
