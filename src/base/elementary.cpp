// SPDX-License-Identifier: Apache-2.0
#include "base/elementary.hpp"

#include <array>
#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>

namespace spud {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

// ln 2 in two parts; products of the first with an exponent are exact, for its last 13 bits are zero.
constexpr double kLn2High = 0x1.62e42fefa2p-1;
constexpr double kLn2Low = 0x1.9ef35793c7673p-41;
constexpr double kLog2OfE = 0x1.71547652b82fep+0;
constexpr double kSqrtHalf = 0x1.6a09e667f3bcdp-1;

// An unevaluated sum high + low with |low| at most half a unit in the last place of high: about 106 bits.
struct Twofold {
  double high, low;
};

/// a + b without error.
Twofold two_sum(double a, double b) {
  double sum = a + b;
  double b_part = sum - a;
  return {sum, (a - (sum - b_part)) + (b - b_part)};
}

/// a · b without error, by halves of 26 bits; |a| and |b| below 2^990.
Twofold two_product(double a, double b) {
  constexpr double kSplit = 134217729.0;  // 2^27 + 1
  double a_scaled = kSplit * a;
  double a_high = a_scaled - (a_scaled - a);
  double a_low = a - a_high;
  double b_scaled = kSplit * b;
  double b_high = b_scaled - (b_scaled - b);
  double b_low = b - b_high;
  double product = a * b;
  return {product, a_low * b_low - (((product - a_high * b_high) - a_low * b_high) - a_high * b_low)};
}

Twofold multiply(Twofold a, Twofold b) {
  Twofold product = two_product(a.high, b.high);
  return two_sum(product.high, product.low + (a.high * b.low + a.low * b.high));
}

/// 2^exponent for normal results.
double power_of_two(int exponent) {
  return std::bit_cast<double>(static_cast<std::uint64_t>(exponent + 1023) << 52);
}

/// value · 2^exponent, rounded once; value near 1, |exponent| below 2000.
double scale(double value, int exponent) {
  int half = exponent / 2;
  return value * power_of_two(half) * power_of_two(exponent - half);
}

/// x = high + low reduced to exponent · ln 2 + r with |r| at most ln 2 / 2, and e^r - 1 by its Taylor series.
struct ReducedExp {
  int exponent;
  double minus_one;  // e^r - 1
};

ReducedExp reduced_exp(double high, double low) {
  double exponent = std::floor(high * kLog2OfE + 0.5);
  double r_high = high - exponent * kLn2High;  // exact
  double r_low = low - exponent * kLn2Low;
  double r = r_high + r_low;
  // 14 terms leave 0.3466^15 / 15! = 1e-19 of the sum.
  static constexpr std::array<double, 13> kInverseFactorials{
      1.0 / 2,         1.0 / 6,          1.0 / 24,         1.0 / 120,     1.0 / 720,
      1.0 / 5040,      1.0 / 40320,      1.0 / 362880,     1.0 / 3628800, 1.0 / 39916800,
      1.0 / 479001600, 1.0 / 6227020800, 1.0 / 87178291200};
  double sum = 0;
  for (std::size_t n = kInverseFactorials.size(); n-- > 0;) sum = sum * r + kInverseFactorials[n];
  return {static_cast<int>(exponent), r_high + (r_low + r * r * sum)};
}

/// e^(high + low); NaN excluded.
double exp_of(double high, double low) {
  if (high > 709.8) return kInfinity;
  if (high < -745.2) return 0;
  auto [exponent, minus_one] = reduced_exp(high, low);
  return scale(1 + minus_one, exponent);
}

/// The series of atanh: (atanh(s) / s - 1) / s² with z = s² at most 0.0295: 12 terms leave 1e-20.
double atanh_tail(double z, int first_divisor) {
  double sum = 0;
  for (int divisor = 25; divisor >= first_divisor; divisor -= 2) sum = sum * z + 1.0 / divisor;
  return sum;
}

/// ln(1 + f) for 1 + f in [sqrt(1/2), sqrt(2)]: with s = f / (2 + f), ln(1 + f) = 2 atanh(s), and 2s = f -
/// s·f.
double log_near_one(double f) {
  double s = f / (2 + f);
  double z = s * s;
  return f - s * (f - 2 * z * atanh_tail(z, 3));
}

/// A positive finite number as mantissa · 2^exponent, mantissa in [sqrt(1/2), sqrt(2)).
struct Parts {
  double mantissa;
  int exponent;
};

Parts parts_of(double x) {
  int exponent = 0;
  if (x < 0x1p-1022) {
    x *= 0x1p54;
    exponent = -54;
  }
  auto bits = std::bit_cast<std::uint64_t>(x);
  exponent += static_cast<int>(bits >> 52) - 1022;
  double mantissa = std::bit_cast<double>((bits & 0x000fffffffffffff) | 0x3fe0000000000000);  // in [1/2, 1)
  if (mantissa < kSqrtHalf) {
    mantissa *= 2;
    --exponent;
  }
  return {mantissa, exponent};
}

double log_of_positive(double x) {
  auto [mantissa, exponent] = parts_of(x);
  return exponent * kLn2High + (exponent * kLn2Low + log_near_one(mantissa - 1));
}

/// ln x to about 2^-64 relative: powers multiply its error by up to 700.
Twofold accurate_log(double x) {
  auto [mantissa, exponent] = parts_of(x);
  double f = mantissa - 1;  // exact
  Twofold divisor = two_sum(2, f);
  double s_high = f / divisor.high;
  Twofold back = two_product(s_high, divisor.high);
  double s_low = (((f - back.high) - back.low) - s_high * divisor.low) / divisor.high;
  Twofold s = two_sum(s_high, s_low);
  Twofold z = multiply(s, s);
  // atanh(s) = s (1 + z / 3 + z² (1/5 + …)): only the last part is small enough for one double.
  Twofold third = multiply(z, {0x1.5555555555555p-2, 0x1.5555555555555p-56});
  double rest = z.high * z.high * atanh_tail(z.high, 5);
  Twofold series = two_sum(third.high, rest);
  series.low += third.low;
  Twofold twice{2 * s.high, 2 * s.low};
  Twofold correction = multiply(twice, series);
  Twofold near_one = two_sum(twice.high, correction.high);
  near_one.low += twice.low + correction.low;
  Twofold sum = two_sum(exponent * kLn2High, near_one.high);
  return two_sum(sum.high, sum.low + (near_one.low + exponent * kLn2Low));
}

bool is_integer(double x) {
  return std::floor(x) == x;
}
bool is_odd(double x) {
  return is_integer(x) && std::fabs(x) < 0x1p53 && !is_integer(x / 2);
}

}  // namespace

double portable_exp(double x) {
  if (x != x) return kNan;
  return exp_of(x, 0);
}

double portable_expm1(double x) {
  if (x != x) return kNan;
  if (x == 0) return x;
  if (x < -40) return -1;
  if (x > 60) return exp_of(x, 0);
  auto [exponent, minus_one] = reduced_exp(x, 0);
  if (exponent == 0) return minus_one;
  double power = power_of_two(exponent);
  return power * minus_one + (power - 1);
}

double portable_log(double x) {
  if (x != x || x < 0) return kNan;
  if (x == 0) return -kInfinity;
  if (x == kInfinity) return kInfinity;
  return log_of_positive(x);
}

double portable_log1p(double x) {
  if (x != x || x < -1) return kNan;
  if (x == 0) return x;
  if (x == -1) return -kInfinity;
  if (x == kInfinity) return kInfinity;
  if (x > -0.29 && x < 0.41) return log_near_one(x);
  // ln(1 + x) where 1 + x is not a double: first order in what rounding took away.
  Twofold sum = two_sum(1, x);
  return log_of_positive(sum.high) + sum.low / sum.high;
}

double portable_tanh(double x) {
  if (x != x) return kNan;
  double magnitude = std::fabs(x);
  if (magnitude > 22) return std::copysign(1.0, x);
  double t = portable_expm1(2 * magnitude);
  return std::copysign(t / (t + 2), x);
}

double portable_logistic(double x) {
  if (x != x) return kNan;
  if (x >= 0) return 1 / (1 + exp_of(-x, 0));
  double e = exp_of(x, 0);
  return e / (1 + e);
}

double portable_power(double base, double exponent) {
  if (exponent == 0 || base == 1) return 1;
  if (base != base || exponent != exponent) return kNan;
  double magnitude = std::fabs(base);
  bool grows = (magnitude > 1) == (exponent > 0);
  if (std::fabs(exponent) == kInfinity) return magnitude == 1 ? 1 : grows ? kInfinity : 0;
  double sign = std::signbit(base) && is_odd(exponent) ? -1 : 1;
  if (magnitude == 0 || magnitude == kInfinity) return sign * (grows ? kInfinity : 0);
  if (base < 0 && !is_integer(exponent)) return kNan;
  if (magnitude == 1) return sign;
  Twofold log = accurate_log(magnitude);
  double estimate = exponent * log.high;
  if (estimate > 710) return sign * kInfinity;
  if (estimate < -746) return sign * 0.0;
  Twofold product = two_product(exponent, log.high);
  return sign * exp_of(product.high, product.low + exponent * log.low);
}

}  // namespace spud
