// SPDX-License-Identifier: Apache-2.0
// A root of x is the root of its mantissa times that of 2^(j + 1 − f), j the place of the leading one.
#include <cmath>

#include "alu/normal.hpp"
#include "base/elementary.hpp"

namespace spud::alu {
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
double near_one(double mantissa) {
  return mantissa < 0.25 ? 1 + mantissa : mantissa;
}

}  // namespace

Task<Fixed> Alu::root(Fixed x, RealFunction f, std::vector<std::int64_t> powers, unsigned scale) {
  const unsigned factor = factor_bits(x.ring_bits());
  auto normal_task = normalise(x, one_list(std::move(powers)));
  Normal normal = co_await normal_task;
  auto mantissa_task = of_mantissa(normal, f, factor);
  Fixed mantissa = co_await mantissa_task;
  auto product_task = p_.multiply(mantissa.share, normal.weighted[0]);
  Arith product = co_await product_task;
  auto result_task = rescale(Fixed{product, factor + scale}, format_.fraction_bits);
  Fixed result = co_await result_task;
  co_return result;
}

Task<Fixed> Alu::sqrt(Fixed x) {
  const int f = static_cast<int>(format_.fraction_bits), scale = x.ring_bits() == 32 ? 12 : 26;
  return root(
      x, [](double m) { return std::sqrt(near_one(m)); },
      by_place(x.ring_bits(), [=](int j) { return power_of_root(j + 1 - f, scale); }),
      static_cast<unsigned>(scale));
}

Task<Fixed> Alu::rsqrt(Fixed x) {
  const int f = static_cast<int>(format_.fraction_bits), scale = x.ring_bits() == 32 ? 12 : 30;
  return root(
      x, [](double m) { return 1 / std::sqrt(near_one(m)); },
      by_place(x.ring_bits(), [=](int j) { return power_of_root(f - 1 - j, scale); }),
      static_cast<unsigned>(scale));
}

Task<Fixed> Alu::cbrt(Fixed x) {
  const int f = static_cast<int>(format_.fraction_bits), scale = x.ring_bits() == 32 ? 12 : 26;
  auto magnitude_task = magnitude(x);
  Magnitude m = co_await magnitude_task;
  auto root_task = root(
      m.size, [](double v) { return portable_cbrt(near_one(v)); },
      by_place(x.ring_bits(), [=](int j) { return power_of_cube_root(j + 1 - f, scale); }),
      static_cast<unsigned>(scale));
  Fixed size = co_await root_task;
  auto result_task = with_sign(m.negative, size);
  Fixed result = co_await result_task;
  co_return result;
}

}  // namespace spud::alu
