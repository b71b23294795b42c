// SPDX-License-Identifier: Apache-2.0
// Cube root and error function, see elementary.hpp.
#include <array>
#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>

#include "base/elementary.hpp"

namespace spud {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kTwoOverRootPi = 0x1.20dd750429b6dp+0;

/// Without its low 27 bits: its square is exact.
double coarse(double x) {
  return std::bit_cast<double>(std::bit_cast<std::uint64_t>(x) & ~std::uint64_t{0x7ffffff});
}

/// e^(−x²) without the error of rounding x².
double bell(double x) {
  const double part = coarse(x);
  return portable_exp(-part * part) * portable_exp((part - x) * (part + x));
}

/// Σ (−z)^n / (n!·(2n + 1)): 20 terms leave less than 1e-19 for z below 1.
double series(double z) {
  static constexpr auto kCoefficients = [] {
    std::array<double, 20> out{};
    double factorial = 1;
    for (std::size_t n = 0; n < out.size(); ++n) {
      if (n > 0) factorial *= static_cast<double>(n);
      out[n] = (n % 2 == 0 ? 1.0 : -1.0) / (factorial * static_cast<double>(2 * n + 1));
    }
    return out;
  }();
  double sum = 0;
  for (std::size_t n = kCoefficients.size(); n-- > 1;) sum = z * (sum + kCoefficients[n]);
  return sum;
}

/// 1 − erf by its continued fraction: 200 levels from 1 on.
double tail(double x) {
  double below = x;
  for (int n = 200; n >= 1; --n) below = x + n / 2.0 / below;
  return bell(x) * (kTwoOverRootPi / 2) / below;
}

}  // namespace

double portable_erf(double x) {
  if (x != x) return kNan;
  const double magnitude = std::fabs(x);
  if (magnitude > 6) return std::copysign(1.0, x);
  if (magnitude > 1) return std::copysign(1 - tail(magnitude), x);
  if (x == 0) return x;
  const double scaled = kTwoOverRootPi * x;
  return scaled + scaled * series(x * x);
}

double portable_cbrt(double x) {
  if (x == 0 || x - x != 0) return x;
  double magnitude = std::fabs(x);
  int thirds = 0;
  if (magnitude < 0x1p-1022) magnitude *= 0x1p54, thirds = -18;
  // A third of the exponent is a start; each step of Halley's triples the digits.
  double root =
      std::bit_cast<double>(std::bit_cast<std::uint64_t>(magnitude) / 3 + std::uint64_t{0x2a9f84fe36d22425});
  for (int i = 0; i < 3; ++i) {
    const double cube = root * root * root;
    root *= (cube + 2 * magnitude) / (2 * cube + magnitude);
  }
  // The last step from a root whose square is exact.
  root = coarse(root);
  const double quotient = magnitude / (root * root);
  root += root * ((quotient - root) / (2 * root + quotient));
  return std::copysign(std::ldexp(root, thirds), x);
}

}  // namespace spud
