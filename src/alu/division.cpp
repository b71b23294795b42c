// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "alu/normal.hpp"

namespace spud::alu {

using protocol::Started;
using ring::LinearMap;

namespace {

double inverse(double mantissa) {
  return 1 / (mantissa < 0.25 ? 1 + mantissa : mantissa);
}

/// 2^(w−1−j), below 2^2 / 2^f that of 2: the result would leave the ring, and is held there.
std::vector<std::int64_t> scales(unsigned ring_bits) {
  const int w = static_cast<int>(normal_bits(ring_bits));
  return by_place(ring_bits, [w](int j) { return std::int64_t{1} << (w - 1 - std::max(j, 2)); });
}

}  // namespace

// 1/x = 2^f·2^(w−1−j) / (2^(w−1)·2·mantissa): the reciprocal of the mantissa times the shift.
Task<Fixed> Alu::reciprocal(Fixed x) {
  const unsigned f = format_.fraction_bits, factor = factor_bits(x.ring_bits());
  auto magnitude_task = magnitude(x);
  Magnitude m = co_await magnitude_task;
  auto normal_task = normalise(m.size, one_list(scales(x.ring_bits())));
  Normal normal = co_await normal_task;
  // The sign goes to the scale, which waits for the mantissa.
  Started<Fixed> signing(executor_, with_sign(m.negative, Fixed{normal.weighted[0], 0}));
  auto inverse_task = of_mantissa(normal, inverse, factor);
  Fixed inverted = co_await inverse_task;
  Fixed moves = co_await signing;
  auto product_task = p_.multiply(inverted.share, moves.share);
  Arith product = co_await product_task;
  // inverse·2^factor · 2^(w−1−j) is 1/x times 2^(factor + w − f).
  auto size_task = rescale(Fixed{product, factor + normal_bits(x.ring_bits()) - f}, f);
  Fixed size = co_await size_task;
  co_return size;
}

// a/b = (a · 1/mantissa(b)) · 2^…: a meets the mantissa first, so that a large b costs no precision.
Task<Fixed> Alu::divide(Fixed a, Fixed b) {
  auto result_task = divide_by_broadcast(a, b, {});
  Fixed result = co_await result_task;
  co_return result;
}

// What is made of b is masked before it is broadcast.
Task<Fixed> Alu::divide_by_broadcast(Fixed a, Fixed b, std::vector<std::int64_t> dimensions) {
  const unsigned f = format_.fraction_bits, factor = factor_bits(b.ring_bits());
  const bool wider = a.shape() != b.shape();
  auto magnitude_task = magnitude(b);
  Magnitude m = co_await magnitude_task;
  auto normal_task = normalise(m.size, one_list(scales(b.ring_bits())));
  Normal normal = co_await normal_task;
  Started<Fixed> signing(executor_, with_sign(m.negative, Fixed{normal.weighted[0], 0}));
  auto inverse_task = of_mantissa(normal, inverse, factor);
  Fixed inverted = co_await inverse_task;
  Fixed moves = co_await signing;
  if (wider) {
    Started<Arith> inverse_masked(executor_, p_.prepare(inverted.share));
    Started<Arith> moves_masked(executor_, p_.prepare(moves.share));
    Arith x = co_await inverse_masked;
    Arith y = co_await moves_masked;
    const LinearMap wide = LinearMap::broadcast(a.shape(), dimensions);
    inverted = Fixed{p_.linear(wide, {x}), factor};
    moves = Fixed{p_.linear(wide, {y}), 0};
  }
  auto first_task = multiply(a, inverted, f);
  Fixed first = co_await first_task;
  auto product_task = p_.multiply(first.share, moves.share);
  Arith product = co_await product_task;
  auto result_task = rescale(Fixed{product, normal_bits(b.ring_bits())}, f);
  Fixed result = co_await result_task;
  co_return result;
}

// Both are moved up by as much as b's leading one needs, so that small ones keep their bits.
Task<Fixed> Alu::ratio(Fixed a, Fixed b) {
  const unsigned w = normal_bits(b.ring_bits()), t = b.ring_bits() == 32 ? 12 : 24;
  auto normal_task = normalise(b, one_list(by_place(b.ring_bits(), [w](int j) {
                                 return std::int64_t{1} << (static_cast<int>(w) - 1 - j);
                               })));
  Normal normal = co_await normal_task;
  Started<Fixed> inverting(executor_, of_mantissa(normal, inverse, t));
  auto moved_task = p_.multiply(a.share, normal.weighted[0]);
  Arith moved = co_await moved_task;
  auto top_task = rescale(Fixed{moved, w}, t);
  Fixed top = co_await top_task;
  Fixed inverted = co_await inverting;
  auto result_task = multiply(top, inverted, format_.fraction_bits);
  Fixed result = co_await result_task;
  co_return result;
}

// With q next to |a| / |b| or one off, |a| − q·|b| is the remainder or |b| off it, which two comparisons
// see.
Task<Fixed> Alu::remainder(Fixed a, Fixed b) {
  const unsigned f = format_.fraction_bits;
  auto a_task = magnitude(a);
  Magnitude x = co_await a_task;
  auto b_task = magnitude(b);
  Magnitude y = co_await b_task;
  auto quotient_task = divide(x.size, y.size);
  Fixed quotient = co_await quotient_task;
  auto whole_task = p_.shift_right(quotient.share, f);
  Arith whole = co_await whole_task;
  auto product_task = p_.multiply(whole, y.size.share);
  Arith product = co_await product_task;
  Fixed rest = subtract(x.size, Fixed{product, f});
  auto low_task = negative_of_used(rest);
  Boolean too_low = co_await low_task;
  auto up_task = mux(too_low, y.size);
  Fixed up = co_await up_task;
  rest = add(rest, up);
  auto high_task = negative(subtract(rest, y.size));
  Boolean fits = co_await high_task;
  auto down_task = mux(p_.logical_not(fits), y.size);
  Fixed down = co_await down_task;
  rest = subtract(rest, down);
  auto result_task = with_sign(x.negative, rest);
  Fixed result = co_await result_task;
  co_return result;
}

}  // namespace spud::alu
