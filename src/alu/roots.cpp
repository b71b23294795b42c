// SPDX-License-Identifier: Apache-2.0
// A root of x is the root of its mantissa times that of 16^(d + 1) / 2^f, d the place of the topmost digit.
#include <cmath>

#include "alu/normal.hpp"
#include "base/elementary.hpp"

namespace spud::alu {

using protocol::Started;

namespace {

/// 2^(half / 2) · 2^scale, rounded down; IEEE square root of 2 is the same everywhere.
std::int64_t power_of_root(int half, int scale) {
  const int whole = half >= 0 ? half / 2 : -((1 - half) / 2);
  const bool odd = half - 2 * whole == 1;
  return static_cast<std::int64_t>(std::ldexp(odd ? std::sqrt(2.0) : 1.0, whole + scale));
}
std::int64_t power_of_cube_root(int third, int scale) {
  return static_cast<std::int64_t>(portable_cbrt(std::ldexp(1.0, third)) * std::ldexp(1.0, scale));
}

/// Fraction bits of the mantissa's root.
constexpr unsigned root_bits(unsigned ring_bits) {
  return ring_bits == 32 ? 11 : ring_bits == 64 ? 20 : 40;
}

}  // namespace

Task<Fixed> Alu::root(Fixed x, unsigned width, Sign sign, RealFunction f, ByDigit powers, unsigned scale) {
  const unsigned factor = root_bits(x.ring_bits());
  powers.is_odd = true;
  auto normal_task = normalise(x, width, sign, one_list(std::move(powers)));
  Normal normal = co_await normal_task;
  Started<Arith> power_masked(executor_, p_.prepare(normal.weights[1]));
  auto mantissa_task = of_mantissa(normal, f, factor);
  Fixed mantissa = co_await mantissa_task;
  Arith power = co_await power_masked;
  auto product_task = p_.multiply(mantissa.share, power);
  Arith product = co_await product_task;
  auto result_task = rescale(Fixed{product, factor + scale}, format_.fraction_bits);
  Fixed result = co_await result_task;
  co_return result;
}

Task<Fixed> Alu::sqrt(Fixed x, unsigned width) {
  const int f = static_cast<int>(format_.fraction_bits), scale = x.ring_bits() == 32 ? 12 : 26;
  return root(
      x, width, Sign::kNone, [](double m) { return std::sqrt(near_one(m)); },
      by_digit(x.ring_bits(), [=](int d) { return power_of_root(4 * (d + 1) - f, scale); }),
      static_cast<unsigned>(scale));
}

Task<Fixed> Alu::rsqrt(Fixed x, unsigned width) {
  const int f = static_cast<int>(format_.fraction_bits), scale = x.ring_bits() == 32 ? 12 : 30;
  return root(
      x, width, Sign::kNone, [](double m) { return 1 / std::sqrt(near_one(m)); },
      by_digit(x.ring_bits(), [=](int d) { return power_of_root(f - 4 * (d + 1), scale); }),
      static_cast<unsigned>(scale));
}

Task<Fixed> Alu::cbrt(Fixed x) {
  const int f = static_cast<int>(format_.fraction_bits), scale = x.ring_bits() == 32 ? 12 : 26;
  return root(
      x, 0, Sign::kAny, [](double v) { return portable_cbrt(near_one(v)); },
      by_digit(x.ring_bits(), [=](int d) { return power_of_cube_root(4 * (d + 1) - f, scale); }),
      static_cast<unsigned>(scale));
}

}  // namespace spud::alu
