// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "alu/alu.hpp"

namespace spud::alu {

// The sum is made with so many fraction bits that rounding the coefficients costs nothing, then truncated
// once. Where the ring has no room for that, low bits of the argument are dropped.
Task<Fixed> Alu::piecewise(Arith u, Pieces pieces, RealFunction f, int size_bits, unsigned result_fraction) {
  const unsigned k = std::max(u.ring_bits(), 64u);
  // A narrow number has no more pieces than values.
  pieces.index_bits = std::min(pieces.index_bits, pieces.width - 1);
  const unsigned room = k - 4 - static_cast<unsigned>(size_bits);
  const unsigned wanted = result_fraction + 3;
  const unsigned most = (room - std::min(room, wanted)) / std::max(pieces.degree, 1u);
  if (pieces.low() - pieces.dropped > most) pieces.dropped = pieces.low() - most;
  const unsigned fraction = std::min(room, pieces.degree * (pieces.low() - pieces.dropped) + wanted);
  auto sum_task = p_.interpolate(u, pieces.low(), pieces.dropped, piece_tables(pieces, f, 1, fraction, k));
  Arith sum = co_await sum_task;
  auto rounded_task = p_.truncate(sum, fraction - result_fraction);
  Arith rounded = co_await rounded_task;
  if (u.ring_bits() < k) rounded = p_.narrow(rounded, u.ring_bits());
  co_return Fixed{rounded, result_fraction};
}

}  // namespace spud::alu
