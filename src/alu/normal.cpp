// SPDX-License-Identifier: Apache-2.0
#include "alu/normal.hpp"

#include <algorithm>

namespace spud::alu {

Task<Alu::Magnitude> Alu::magnitude(Fixed x) {
  auto below_task = negative_of_used(x);
  Boolean below = co_await below_task;
  auto part_task = mux(below, x);
  Fixed part = co_await part_task;
  Magnitude out(subtract(x, shift_left(part, 1)), below);
  co_return out;
}

Task<Fixed> Alu::with_sign(Boolean negative, Fixed size) {
  auto part_task = mux(negative, size);
  Fixed part = co_await part_task;
  co_return subtract(size, shift_left(part, 1));
}

// The powers of 16 cut the numbers into intervals; which one x lies in is told by comparisons with all of
// them at once. What is opened for those is little: a power of 16 leaves the digits below it alone.
Task<Alu::Normal> Alu::normalise(Fixed x, unsigned width, Sign sign, std::vector<ByDigit> wanted) {
  const unsigned all_digits = normal_digits(x.ring_bits());
  // Of |x| < 2^(width − 1).
  const unsigned digits = width == 0 ? all_digits : std::clamp((width + 2) / 4, 1u, all_digits);
  wanted.insert(wanted.begin(), by_digit(x.ring_bits(), [all_digits](int d) {
                  return std::int64_t{1} << 4 * (static_cast<int>(all_digits) - 1 - d);
                }));
  // Intervals from below: of negative numbers by falling digit, of zero, of positive numbers by rising digit.
  std::vector<__int128> ends;
  std::vector<std::vector<std::int64_t>> weights(wanted.size());
  const auto place = [&](const auto& weight) {
    for (std::size_t l = 0; l < wanted.size(); ++l) weights[l].push_back(weight(wanted[l], l == 0));
  };
  if (sign == Sign::kAny) {
    for (unsigned d = digits; d-- > 0;) {
      place([d](const ByDigit& list, bool is_scale) {
        return is_scale || list.is_odd ? -list.of_digit[d] : list.of_digit[d];
      });
      ends.push_back(d == 0 ? 0 : -(__int128{1} << 4 * d));
    }
  }
  place([](const ByDigit& list, bool) { return list.of_zero; });
  for (unsigned d = 0; d < digits; ++d) {
    ends.push_back(__int128{1} << 4 * d);
    place([d](const ByDigit& list, bool) { return list.of_digit[d]; });
  }
  // The whole mask: the product below needs it.
  auto masked_task = p_.prepare(x.share);
  Arith masked = co_await masked_task;
  auto less_task = p_.less_than_public(masked, std::move(ends), 4 * digits + 1);
  std::vector<Boolean> less = co_await less_task;
  std::vector<Boolean> places{less[0]};
  for (std::size_t j = 1; j < less.size(); ++j) places.push_back(p_.exclusive_or(less[j], less[j - 1]));
  places.push_back(p_.logical_not(less.back()));
  auto scaled_task = p_.scale(masked, std::move(places), std::move(weights));
  protocol::Scaled scaled = co_await scaled_task;
  Normal out(std::move(scaled.product), std::move(scaled.weights));
  co_return out;
}

Task<Fixed> Alu::of_mantissa(const Normal& normal, RealFunction f, unsigned result_fraction) {
  const unsigned k = normal.mantissa.ring_bits(), w = normal_bits(k);
  const Pieces pieces{
      .fraction_bits = w, .width = w, .index_bits = 9, .degree = k > 64 ? 3u : 2u, .is_signed = false};
  return piecewise(normal.mantissa, pieces, f, 5, result_fraction);
}

}  // namespace spud::alu
