// SPDX-License-Identifier: Apache-2.0
#include "alu/alu.hpp"

namespace spud::alu {

using protocol::Started;

namespace {

/// Largest argument of exp; e^(x/2) squared, so half of it is the window's top.
constexpr int kExpHigh = 16;
constexpr double kExpLow = -38;
/// Of e^(x/2): as many as its dealt tables have room for in a ring of 64 bits.
constexpr unsigned kHalfFraction = 17;

/// The width of x ± c, |c| < 2^log_size, for x of this width: one bit more than the wider of the two. 0 if
/// x's is not known, or the ring holds no more.
unsigned shifted_width(const Fixed& x, unsigned width, unsigned log_size) {
  if (width == 0) return 0;
  const unsigned shifted = std::max(width, x.fraction_bits + log_size + 1) + 1;
  return shifted <= x.ring_bits() ? shifted : 0;
}

}  // namespace

// e^x = (e^(x/2))²: halving is free (one fraction bit more), and the square keeps the relative error over a
// range that one window does not span.
Task<Fixed> Alu::exp(Fixed x, unsigned width) {
  const unsigned f = x.fraction_bits;
  Started<Boolean> too_low(executor_, negative(add_scalar(x, -kExpLow), shifted_width(x, width, 6)));
  auto half_task = p_.exp(x.share, {.input_fraction = f + 1,
                                    .result_fraction = kHalfFraction,
                                    .high = kExpHigh / 2,
                                    .relative_bits = 20,
                                    .replaced_below = true});
  Arith half = co_await half_task;
  auto square_task = p_.multiply(half, half);
  Arith square = co_await square_task;
  auto whole_task = p_.truncate(square, 2 * kHalfFraction - format_.fraction_bits);
  Arith whole = co_await whole_task;
  if (x.ring_bits() < 64) whole = p_.narrow(whole, x.ring_bits());
  if (x.ring_bits() > 64) {
    auto wide_task = p_.widen(whole, x.ring_bits(), true);
    Arith wide = co_await wide_task;
    whole = wide;
  }
  Boolean low = co_await too_low;
  auto result_task = mux(p_.logical_not(low), Fixed{whole, format_.fraction_bits});
  Fixed result = co_await result_task;
  co_return result;
}

}  // namespace spud::alu
