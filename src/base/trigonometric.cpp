// SPDX-License-Identifier: Apache-2.0
// Sine, cosine, tangent and the angle of a point, see elementary.hpp. Arguments are reduced by integer
// arithmetic with as many digits of 2/π as they need, so huge ones lose nothing.
#include <array>
#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <utility>

#include "base/elementary.hpp"

namespace spud {
namespace {

using Wide = unsigned __int128;

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

// π/2 and π/4 in two parts.
constexpr double kHalfPi = 0x1.921fb54442d18p+0;
constexpr double kHalfPiLow = 0x1.1a62633145c07p-54;

/// 2/π = 0.…: 64 binary digits a word.
constexpr std::array<std::uint64_t, 20> kTwoOverPi{
    0xa2f9836e4e441529, 0xfc2757d1f534ddc0, 0xdb6295993c439041, 0xfe5163abdebbc561, 0xb7246e3a424dd2e0,
    0x06492eea09d1921c, 0xfe1deb1cb129a73e, 0xe88235f52ebb4484, 0xe99c7026b45f7e41, 0x3991d639835339f4,
    0x9c845f8bbdf9283b, 0x1ff897ffde05980f, 0xef2f118b5a0a6d1f, 0x6d367ecf27cb09b7, 0x4f463f669e5fea2d,
    0x7527bac7ebe5f17b, 0x3d0739f78a5292ea, 0x6bfb5fb11f8d5d08, 0x56033046fc7b6bab, 0xf0cfbc209af4361d};

/// x = (4·n + quadrant)·π/2 + high + low, |high| ≤ π/4 but for rounding.
struct Angle {
  unsigned quadrant;
  double high, low;
};

/// Digits from position `first` on.
std::uint64_t digits(int first) {
  const auto word = static_cast<std::size_t>(first / 64);
  const int bit = first % 64;
  return bit == 0 ? kTwoOverPi[word] : (kTwoOverPi[word] << bit) | (kTwoOverPi[word + 1] >> (64 - bit));
}

/// Of a finite x > π/4.
Angle reduced(double x) {
  const auto bits = std::bit_cast<std::uint64_t>(x);
  const std::uint64_t mantissa = (bits & 0x000fffffffffffff) | 0x0010000000000000;
  const int exponent = static_cast<int>(bits >> 52) - 1075;  // x = mantissa · 2^exponent
  // Digits before `first` make multiples of 4 with x; 192 are enough for the closest double to a multiple.
  const int first = exponent > 2 ? exponent - 2 : 0;
  std::array<std::uint64_t, 4> product{};  // lowest word first
  std::uint64_t carry = 0;
  for (int i = 0; i < 3; ++i) {
    const Wide part = Wide{mantissa} * digits(first + 64 * (2 - i)) + carry;
    product[static_cast<std::size_t>(i)] = static_cast<std::uint64_t>(part);
    carry = static_cast<std::uint64_t>(part >> 64);
  }
  product[3] = carry;
  // Two integer bits on top, 254 bits of fraction below.
  for (int shift = 62 + exponent - first; shift > 0;) {
    const int by = shift < 32 ? shift : 32;
    for (std::size_t i = 3; i > 0; --i) product[i] = (product[i] << by) | (product[i - 1] >> (64 - by));
    product[0] <<= by;
    shift -= by;
  }
  auto quadrant = static_cast<unsigned>(product[3] >> 62);
  const bool above_half = (product[3] >> 61 & 1) != 0;
  if (above_half) {
    // One quadrant on, the rest negative.
    quadrant = (quadrant + 1) & 3;
    bool one = true;
    for (auto& word : product) {
      word = ~word + (one ? 1 : 0);
      one = one && word == 0;
    }
  }
  product[3] &= 0x3fffffffffffffff;
  int scale = -62;
  while (product[3] >> 61 == 0 && scale > -300) {
    for (std::size_t i = 3; i > 0; --i) product[i] = (product[i] << 1) | (product[i - 1] >> 63);
    product[0] <<= 1;
    --scale;
  }
  // 53 digits and the next 53: each a double without rounding.
  const std::uint64_t top = product[3] >> 9, next = (product[3] << 44 | product[2] >> 20) & 0x1fffffffffffff;
  const double high = std::ldexp(static_cast<double>(top), scale + 9);
  const double low = std::ldexp(static_cast<double>(next), scale + 9 - 53);
  // (high + low)·π/2, the first product without error.
  constexpr double kSplit = 134217729.0;  // 2^27 + 1
  auto halves = [](double v) {
    const double scaled = kSplit * v, upper = scaled - (scaled - v);
    return std::pair(upper, v - upper);
  };
  const auto [a, b] = halves(high);
  const auto [c, d] = halves(kHalfPi);
  const double p = high * kHalfPi;
  const double error = b * d - (((p - a * c) - b * c) - a * d);
  const double rest = error + (high * kHalfPiLow + low * kHalfPi);
  const double sum = p + rest;
  const double left = rest - (sum - p);
  return {quadrant, above_half ? -sum : sum, above_half ? -left : left};
}

Angle angle_of(double magnitude) {
  if (magnitude <= 0.7853981633974483) return {0, magnitude, 0};
  return reduced(magnitude);
}

double sine_near_zero(double high, double low) {
  const double z = high * high;
  double sum = 0;
  for (int n = 19; n >= 5; n -= 2) sum = z * (sum + 1) / -(n * (n - 1));
  return high + (high * (z * (sum + 1) / -6) + low * (1 - z / 2));
}

double cosine_near_zero(double high, double low) {
  const double z = high * high, half = z / 2, top = 1 - half;
  double sum = 0;
  for (int n = 20; n >= 6; n -= 2) sum = z * (sum + 1) / -(n * (n - 1));
  return top + (((1 - top) - half) + (z * z / 24 * (sum + 1) - high * low));
}

struct Point {
  double sine, cosine;
};
Point point_at(double magnitude) {
  const Angle a = angle_of(magnitude);
  const double s = sine_near_zero(a.high, a.low), c = cosine_near_zero(a.high, a.low);
  switch (a.quadrant) {
    case 0:
      return {s, c};
    case 1:
      return {c, -s};
    case 2:
      return {-s, -c};
    default:
      return {-c, s};
  }
}

bool is_number(double x) {
  return x - x == 0;
}

/// The angle whose tangent is t, |t| ≤ √2 − 1.
double small_angle(double t) {
  const double z = t * t;
  double sum = 0;
  for (int n = 43; n >= 3; n -= 2) sum = z * (1.0 / n - sum);
  return t - t * sum;
}

}  // namespace

double portable_sin(double x) {
  if (!is_number(x)) return kNan;
  if (std::fabs(x) < 0x1p-27) return x;
  return std::copysign(1.0, x) * point_at(std::fabs(x)).sine;
}

double portable_cos(double x) {
  if (!is_number(x)) return kNan;
  return point_at(std::fabs(x)).cosine;
}

double portable_tan(double x) {
  if (!is_number(x)) return kNan;
  if (std::fabs(x) < 0x1p-27) return x;
  const Point p = point_at(std::fabs(x));
  return std::copysign(1.0, x) * (p.sine / p.cosine);
}

double portable_atan2(double y, double x) {
  if (x != x || y != y) return kNan;
  double rise = std::fabs(y), run = std::fabs(x);
  double angle;
  if (rise == run) {
    angle = rise == 0 ? 0 : kHalfPi / 2;
  } else if (rise > std::numeric_limits<double>::max() || run == 0) {
    angle = kHalfPi;
  } else if (run > std::numeric_limits<double>::max() || rise == 0) {
    angle = 0;
  } else {
    if (std::fmax(rise, run) > 0x1p1000) rise *= 0x1p-4, run *= 0x1p-4;
    const bool steep = rise > run;
    if (steep) std::swap(rise, run);
    const bool wide = rise > 0.41421356237309503 * run;
    const double near = wide ? small_angle((rise - run) / (rise + run)) : small_angle(rise / run);
    // π/4 + near, then from the other axis.
    angle = wide ? kHalfPi / 2 + (kHalfPiLow / 2 + near) : near;
    if (steep) angle = wide ? kHalfPi / 2 + (kHalfPiLow / 2 - near) : kHalfPi + (kHalfPiLow - near);
  }
  if (std::signbit(x)) angle = 2 * kHalfPi + (2 * kHalfPiLow - angle);
  return std::copysign(angle, y);
}

}  // namespace spud
