// SPDX-License-Identifier: Apache-2.0
// The exponential of protocols.md: masked modulo 2^(f + 5) only, e^Δ is public, e^−λ is dealt as a table over
// the top three bits of λ. See correlation/exp_table.hpp for the split. Opened: f + 5 uniform bits.
#include <cmath>

#include "correlation/exp_table.hpp"
#include "protocol/semi2k/semi2k.hpp"
#include "ring/linear_map.hpp"

namespace spud::protocol::semi2k {
namespace {

constexpr int kWindow =
    27;  // the top 1/2^f of 28 is where a borrow could not be told apart; 27 leaves one to spare

/// Fraction bits of the public factor, so that the largest result stays below 2^62.
unsigned gain(const ExpWindow& window) {
  // e^high < 2^(3·high/2 + 1) for high ≥ 0, e^high ≤ 1 otherwise.
  const int headroom = window.high > 0 ? (3 * window.high + 1) / 2 + 1 : 0;
  return static_cast<unsigned>(31 - headroom);
}

}  // namespace

Task<Arith> Semi2k::exp(Arith x, ExpWindow window) {
  const unsigned f = window.input_fraction, width = f + correlation::kExpWindowBits;
  SPUD_CHECK(width <= x.ring_bits() && window.high <= 14, "the window fits the ring");
  // x + 27 − high in [0, 27].
  correlation::Mask mask = source_.mask(x.ring_bits(), x.shape(), width);
  correlation::Register lambda[] = {mask.whole};
  correlation::Register table[] = {source_.derive(correlation::Op::kExpTable, {f}, lambda)};
  ring::Tensor entries = source_.deal(table[0], 64);
  ring::Tensor share = share_of(x);
  if (is_first()) {
    const std::int64_t offset = static_cast<std::int64_t>(kWindow - window.high) << f;
    share = ring::map([offset](auto s) { return decltype(s)(s + static_cast<decltype(s)>(offset)); }, share);
  }
  ring::Tensor delta = co_await open(share, std::move(mask), width);

  ring::Tensor factors = correlation::exp_factors(delta, f, kWindow - window.high, gain(window));
  ring::Tensor weighted = ring::map([](auto a, auto b) { return decltype(a)(a * b); }, factors, entries);
  Arith result = make(ring::apply_linear(ring::LinearMap::sum({0}), std::span(&weighted, 1)));
  const unsigned fraction = correlation::kExpTableBits + gain(window);
  SPUD_CHECK(window.result_fraction <= fraction, "the result has no more fraction bits than are computed");
  Arith rounded = co_await truncate(result, fraction - window.result_fraction);
  co_return rounded;
}

}  // namespace spud::protocol::semi2k
