// SPDX-License-Identifier: Apache-2.0
#include "app/bench/draw.hpp"

#include <algorithm>
#include <cmath>

namespace spud::app::bench {
namespace {

__extension__ using Wide = unsigned __int128;

/// Calls use(i, u) for i = 0 … count−1 with uniform 64-bit words.
template <class Use>
Status for_each_word(std::int64_t count, Random& random, const Use& use) {
  constexpr std::int64_t kWordsAtOnce = 1 << 16;
  std::vector<std::uint64_t> words(static_cast<std::size_t>(std::min(count, kWordsAtOnce)));
  for (std::int64_t at = 0; at < count; at += kWordsAtOnce) {
    const auto now = static_cast<std::size_t>(std::min(count - at, kWordsAtOnce));
    SPUD_TRY(random.fill(std::as_writable_bytes(std::span(words).first(now))));
    for (std::size_t i = 0; i < now; ++i) use(at + static_cast<std::int64_t>(i), words[i]);
  }
  return {};
}

Status draw_floats(double lowest, double highest, Random& random, Literal& out) {
  return for_each_word(out.elements(), random, [&](std::int64_t i, std::uint64_t word) {
    out.set_float(i, lowest + (highest - lowest) * std::ldexp(static_cast<double>(word >> 11), -53));
    // The element's type may be too coarse to keep it below the open end.
    if (highest > lowest && out.float_at(i) >= highest) out.set_float(i, lowest);
  });
}

Status draw_integers(double lowest, double highest, Random& random, Literal& out) {
  const auto from = static_cast<std::int64_t>(std::ceil(lowest));
  const auto end = std::max(static_cast<std::int64_t>(std::ceil(highest)), from + 1);
  const auto span = static_cast<std::uint64_t>(end) - static_cast<std::uint64_t>(from);
  SPUD_TRY(for_each_word(out.elements(), random, [&](std::int64_t i, std::uint64_t word) {
    out.set_int(i, from + static_cast<std::int64_t>(static_cast<std::uint64_t>((Wide{word} * span) >> 64)));
  }));
  return {};
}

/// What integers of a type can be, as far as doubles tell them apart.
std::pair<double, double> span_of(DType dtype) {
  const int bits = static_cast<int>(bit_width(dtype));
  const int magnitude = std::min(is_signed(dtype) ? bits - 1 : bits, 62);
  return {is_signed(dtype) ? -std::ldexp(1.0, magnitude) : 0.0, std::ldexp(1.0, magnitude)};
}

Result<Literal> draw(const io::MetaInput& input, Random& random) {
  if (!input.dtype || !input.shape || !input.range) {
    return bad_input("not enough is said to draw it", input.name, "dtype, shape and range in meta.json");
  }
  Literal out(TensorType{*input.dtype, *input.shape});
  const auto [lowest, highest] = *input.range;
  if (is_float(*input.dtype)) {
    SPUD_TRY(draw_floats(lowest, highest, random, out));
    return out;
  }
  const auto [least, beyond] = span_of(*input.dtype);
  if (lowest < least || highest > beyond) {
    return bad_input("its range is wider than its type", input.name,
                     std::string("a range of ") + to_string(*input.dtype));
  }
  SPUD_TRY(draw_integers(lowest, highest, random, out));
  return out;
}

}  // namespace

Result<std::vector<Literal>> draw_inputs(const io::Meta& meta, Random& random) {
  std::vector<Literal> inputs;
  for (const auto& input : meta.inputs) {
    SPUD_ASSIGN(auto drawn, draw(input, random));
    inputs.push_back(std::move(drawn));
  }
  return inputs;
}

}  // namespace spud::app::bench
