// SPDX-License-Identifier: Apache-2.0
#include <cmath>

#include "alu/normal.hpp"
#include "base/elementary.hpp"

namespace spud::alu {

// ln x = ln mantissa + exponent·ln 2. Each exponent's number is told with the logarithm of zero taken off, so
// that zero, which has no leading one, gets that.
Task<Fixed> Alu::log(Fixed x) {
  const unsigned f = format_.fraction_bits;
  const double of_zero = x.ring_bits() == 32 ? -20 : -40;
  auto exponent = by_place(x.ring_bits(), [f, of_zero](int j) {
    const double value = 0.69314718055994530942 * (static_cast<double>(j) + 1 - f) - of_zero;
    return static_cast<std::int64_t>(std::nearbyint(std::ldexp(value, static_cast<int>(f))));
  });
  auto normal_task = normalise(x, one_list(std::move(exponent)));
  Normal normal = co_await normal_task;
  const auto f_of_mantissa = [](double m) { return portable_log(m < 0.25 ? 1 + m : m); };
  auto mantissa_task = of_mantissa(normal, f_of_mantissa, f);
  Fixed mantissa = co_await mantissa_task;
  co_return add_scalar(add(mantissa, Fixed{normal.weighted[0], f}), of_zero);
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
