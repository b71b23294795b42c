// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "base/limits.hpp"
#include "compiler/lower/expand.hpp"
#include "compiler/lower/window.hpp"
#include "compiler/lower/window_winners.hpp"

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
    const auto behind = part(x, reach, left);
    x = e.binary(combine, part(x, 0, left), behind);
    reach *= 2;
  }
}

/// Windows with more elements together than so many times the tensor's are not laid out.
constexpr std::int64_t kLaidOut = 4;

/// The reduction of every window of a padded tensor.
Result<Emitter::Value> reduced_windows(Emitter& e, const Window& window, Emitter::Value padded,
                                       ops::Reducer reducer) {
  const Shape whole = e.shape(padded);
  const std::size_t rank = whole.size();
  bool fits = true;
  __int128 laid_out = 1;
  for (std::size_t d = 0; d < rank; ++d) {
    const std::int64_t reach = (window.sizes[d] - 1) * window.dilation[d] + 1;
    fits &= reach <= whole[d];
    if (laid_out < limits::kElementsPerTensor)
      laid_out *= window.sizes[d] * (fits ? (whole[d] - reach) / window.stride[d] + 1 : 0);
  }
  if (fits && is_sliding(window) && laid_out > static_cast<__int128>(kLaidOut) * element_count(whole)) {
    auto x = padded;
    for (std::size_t d = 0; d < rank; ++d)
      x = slide(e, x, d, window.sizes[d], *ops::combining_opcode(reducer));
    return x;
  }
  SPUD_ASSIGN(auto seen, window.places(e, padded));
  std::vector<std::int64_t> dimensions;
  for (std::size_t d = 0; d < rank; ++d) dimensions.push_back(static_cast<std::int64_t>(rank + d));
  return e.reduce(seen, reducer, dimensions);
}

/// The same as what a select-and-scatter chooses of every window.
Result<Emitter::Value> chosen_windows(Emitter& e, const Window& window, Emitter::Value padded,
                                      const ScalarFunction& chooser) {
  SPUD_ASSIGN(auto seen, window.places(e, padded));
  Shape places = e.shape(seen);
  places.resize(e.shape(padded).size());
  const std::int64_t width = element_count(places), size = element_count(Shape(window.sizes));
  const auto rows = e.transpose(e.reshape(seen, {width, size}), {1, 0});
  return e.reshape(winners(e, rows, chooser).best, places);
}

}  // namespace

Result<Leaves> expand_reduce_window(Emitter& e, const HloInstruction& hlo, const Leaves& operands,
                                    const ScalarFunction& reducer, const ScalarFunction* chooser) {
  SPUD_ASSIGN(const auto types, reduced_types(e, operands, reducer));
  const std::size_t count = types.size();
  const Shape shape = e.shape(operands[0]);
  if (hlo.structure->window.size() != shape.size()) {
    return bad_input("a window of " + std::to_string(hlo.structure->window.size()) + " dimensions", "",
                     std::to_string(shape.size()));
  }
  SPUD_ASSIGN(const auto window, Window::over(hlo.structure->window, shape));
  const auto known = count == 1 ? reducer.reducer() : std::nullopt;
  if (known) {
    // Padding changes nothing; the initial value counts once.
    const auto padded = window.pad(e, operands[0], e.neutral(*known, types[0]));
    const bool is_chosen = chooser != nullptr && chosen_extreme(*chooser) == known;
    SPUD_ASSIGN(auto reduced, is_chosen ? chosen_windows(e, window, padded, *chooser)
                                        : reduced_windows(e, window, padded, *known));
    const auto initial = operands[1];
    if (e.is_same_constant(initial, e.neutral(*known, types[0]))) return Leaves{reduced};
    return Leaves{
        e.binary(*ops::combining_opcode(*known), e.broadcast(initial, e.shape(reduced), {}), reduced)};
  }
  // Of any other reducer the initial value is the only one that may be neutral to it.
  Leaves rows, initial;
  Shape places;
  const std::int64_t inside = element_count(Shape(window.sizes));
  for (std::size_t i = 0; i < count; ++i) {
    SPUD_ASSIGN(auto seen, window.places(e, window.pad(e, operands[i], operands[count + i])));
    places = e.shape(seen);
    places.resize(shape.size());
    const std::int64_t width = element_count(places);
    rows.push_back(e.transpose(e.reshape(seen, {width, inside}), {1, 0}));
    initial.push_back(e.broadcast(operands[count + i], {width}, {}));
  }
  const Leaves all = reduce_rows(e, rows, reducer);
  initial.insert(initial.end(), all.begin(), all.end());
  Leaves out = reducer.apply(e, initial);
  for (auto& x : out) x = e.reshape(x, places);
  return out;
}

}  // namespace spud::compiler
