// SPDX-License-Identifier: Apache-2.0
#include <cmath>

#include "alu/normal.hpp"
#include "base/elementary.hpp"

namespace spud::alu {

// ln x = ln mantissa + exponent·ln 2.
Task<Fixed> Alu::log(Fixed x, unsigned width) {
  const unsigned f = format_.fraction_bits;
  const auto held = [f](double value) {
    return static_cast<std::int64_t>(std::nearbyint(std::ldexp(value, static_cast<int>(f))));
  };
  ByDigit exponents = by_digit(
      x.ring_bits(),
      [&](int d) { return held(0.69314718055994530942 * (4 * (d + 1) - static_cast<int>(f))); },
      held(x.ring_bits() == 32 ? -20 : -40));
  auto normal_task = normalise(x, width, Sign::kNone, one_list(std::move(exponents)));
  Normal normal = co_await normal_task;
  auto mantissa_task = of_mantissa(
      normal, [](double m) { return portable_log(near_one(m)); }, f);
  Fixed mantissa = co_await mantissa_task;
  co_return add(mantissa, Fixed{normal.weights[1], f});
}

// By the sign rules of a number that stands for an integer exponent the caller asks for; here b is any.
Task<Fixed> Alu::power(Fixed a, Fixed b) {
  auto log_task = log(a);
  Fixed logarithm = co_await log_task;
  auto product_task = multiply(logarithm, b, format_.fraction_bits);
  Fixed product = co_await product_task;
  auto result_task = exp(product);
  Fixed result = co_await result_task;
  co_return result;
}

Task<Fixed> Alu::integer_power(Fixed x, std::int64_t n) {
  if (n == 0) co_return constant(x.shape(), x.ring_bits(), x.fraction_bits, 1);
  if (n < 0) {
    auto inverse_task = reciprocal(x);
    Fixed inverse = co_await inverse_task;
    x = inverse;
  }
  std::optional<Fixed> out;
  for (auto rest = static_cast<std::uint64_t>(n < 0 ? -n : n); rest != 0; rest >>= 1) {
    if ((rest & 1) != 0) {
      if (out) {
        auto product_task = multiply(*out, x, x.fraction_bits);
        Fixed product = co_await product_task;
        out = product;
      } else {
        out = x;
      }
    }
    if (rest > 1) {
      auto square_task = multiply(x, x, x.fraction_bits);
      Fixed square = co_await square_task;
      x = square;
    }
  }
  co_return *out;
}

}  // namespace spud::alu
