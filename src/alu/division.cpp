// SPDX-License-Identifier: Apache-2.0
#include "alu/normal.hpp"

namespace spud::alu {

using protocol::Started;
using ring::LinearMap;

namespace {

double inverse(double mantissa) {
  return 1 / near_one(mantissa);
}
double inverse_from_half(double mantissa) {
  return 1 / (mantissa < 0.25 ? 1 + mantissa : mantissa);
}

/// Fraction bits of the mantissa's inverse, which is at most 16: its products with the largest scale, and
/// with a large numerator, before a truncation, are what the ring holds.
constexpr unsigned inverse_bits(unsigned ring_bits) {
  return ring_bits == 32 ? 8 : ring_bits == 64 ? 17 : 40;
}

}  // namespace

// 1/x = 2^f·scale / (2^w·mantissa): the inverse of the mantissa times the scale, which has x's sign.
Task<Fixed> Alu::reciprocal(Fixed x, unsigned width) {
  const unsigned f = format_.fraction_bits, factor = inverse_bits(x.ring_bits());
  auto normal_task = normalise(x, width, Sign::kAny, {});
  Normal normal = co_await normal_task;
  Started<Arith> scale_masked(executor_, p_.prepare(normal.weights[0]));
  auto inverse_task = of_mantissa(normal, inverse, factor);
  Fixed inverted = co_await inverse_task;
  Arith scale = co_await scale_masked;
  auto product_task = p_.multiply(inverted.share, scale);
  Arith product = co_await product_task;
  // inverse·2^factor · scale is 1/x times 2^(factor + w − f).
  auto result_task = rescale(Fixed{product, factor + normal_bits(x.ring_bits()) - f}, f);
  Fixed result = co_await result_task;
  co_return result;
}

// a/b = (a · 1/mantissa(b)) · scale: a meets the mantissa first, so that a large b costs no precision.
Task<Fixed> Alu::divide(Fixed a, Fixed b, unsigned width_of_b) {
  auto result_task = divide_by_broadcast(a, b, {}, width_of_b);
  Fixed result = co_await result_task;
  co_return result;
}

// What is made of b is masked before it is broadcast.
Task<Fixed> Alu::divide_by_broadcast(Fixed a, Fixed b, std::vector<std::int64_t> dimensions,
                                     unsigned width_of_b) {
  const unsigned f = format_.fraction_bits, factor = inverse_bits(b.ring_bits());
  // There is time for it now; after the inverse it would take a round of its own.
  Started<Arith> a_masked(executor_, p_.prepare(a.share));
  auto normal_task = normalise(b, width_of_b, Sign::kAny, {});
  Normal normal = co_await normal_task;
  Started<Arith> scale_masked(executor_, p_.prepare(normal.weights[0]));
  auto inverse_task = of_mantissa(normal, inverse, factor);
  Fixed inverted = co_await inverse_task;
  Arith scale = co_await scale_masked;
  if (a.shape() != b.shape()) {
    auto inverse_masked_task = p_.prepare(inverted.share);
    Arith narrow = co_await inverse_masked_task;
    const LinearMap wide = LinearMap::broadcast(a.shape(), dimensions);
    inverted = Fixed{p_.linear(wide, {narrow}), factor};
    scale = p_.linear(wide, {scale});
  }
  Arith numerator = co_await a_masked;
  auto first_task = multiply(Fixed{numerator, a.fraction_bits}, inverted, f);
  Fixed first = co_await first_task;
  auto product_task = p_.multiply(first.share, scale);
  Arith product = co_await product_task;
  auto result_task = rescale(Fixed{product, normal_bits(b.ring_bits())}, f);
  Fixed result = co_await result_task;
  co_return result;
}

// Both are moved up by as much as b's leading one needs, so that small ones keep their bits. Pieces of [1/2,
// 1) here: angles want more of their slope than a quotient has.
Task<Fixed> Alu::ratio(Fixed a, Fixed b) {
  const unsigned w = normal_bits(b.ring_bits()), t = b.ring_bits() == 32 ? 12 : 24;
  std::vector<std::vector<std::int64_t>> scales(1);
  for (unsigned j = 0; j < w; ++j) scales[0].push_back(std::int64_t{1} << (w - 1 - j));
  auto leads_task = p_.leading_one(b.share, w, std::move(scales));
  std::vector<Arith> leads = co_await leads_task;
  auto mantissa_task = p_.multiply(b.share, leads[0]);
  Arith mantissa = co_await mantissa_task;
  const Pieces pieces{.fraction_bits = w, .width = w, .index_bits = 7, .degree = 2, .is_signed = false};
  Started<Fixed> inverting(executor_, piecewise(mantissa, pieces, inverse_from_half, 2, t));
  auto moved_task = p_.multiply(a.share, leads[0]);
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
