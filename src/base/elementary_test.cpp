// SPDX-License-Identifier: Apache-2.0
#include "base/elementary.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <random>

#include <gtest/gtest.h>

namespace spud {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

/// Distance to the exact value, in units of the last place of the result.
double ulps(double got, long double exact) {
  if (std::isnan(got) || std::isinf(got)) {
    auto rounded = static_cast<double>(exact);
    return rounded == got || (std::isnan(rounded) && std::isnan(got)) ? 0 : kInfinity;
  }
  double magnitude = std::max(std::fabs(got), 0x1p-1022);
  double unit = std::nextafter(magnitude, kInfinity) - magnitude;
  return static_cast<double>(std::fabs(static_cast<long double>(got) - exact) / unit);
}

struct Case {
  const char* name;
  double (*portable)(double);
  long double (*reference)(long double);
  double low, high;
};

class Transcendental : public testing::TestWithParam<Case> {};

TEST_P(Transcendental, StaysWithinFourUnitsOfTheLastPlace) {
  const Case& c = GetParam();
  std::mt19937_64 bits(7);
  std::uniform_real_distribution<double> in_range(c.low, c.high);
  std::uniform_real_distribution<double> exponent(-60, 0);
  double worst = 0;
  for (int i = 0; i < 100'000; ++i) {
    double x = in_range(bits);
    if (i % 2) x *= std::exp2(exponent(bits));
    if (x < c.low || x > c.high) continue;
    double error = ulps(c.portable(x), c.reference(x));
    ASSERT_LT(error, 4) << c.name << "(" << x << ")";
    worst = std::max(worst, error);
  }
  RecordProperty("worst_ulps", std::to_string(worst));
}

INSTANTIATE_TEST_SUITE_P(
    Functions, Transcendental,
    testing::Values(
        Case{"exp", portable_exp, std::exp, -746, 711}, Case{"expm1", portable_expm1, std::expm1, -50, 711},
        Case{"log", portable_log, std::log, 0, 1e300}, Case{"log_near_one", portable_log, std::log, 0.5, 2},
        Case{"log1p", portable_log1p, std::log1p, -1, 10}, Case{"tanh", portable_tanh, std::tanh, -25, 25},
        Case{"erf", portable_erf, std::erf, -7, 7}, Case{"cbrt", portable_cbrt, std::cbrt, -1e300, 1e300},
        Case{"sin", portable_sin, std::sin, -100, 100}, Case{"cos", portable_cos, std::cos, -100, 100},
        Case{"tan", portable_tan, std::tan, -100, 100},
        Case{"sin_far", portable_sin, std::sin, -1e300, 1e300},
        Case{"cos_far", portable_cos, std::cos, -1e18, 1e18},
        Case{"logistic", portable_logistic,
             [](long double x) { return x < 0 ? std::exp(x) / (1 + std::exp(x)) : 1 / (1 + std::exp(-x)); },
             -746, 100}),
    [](const auto& info) { return info.param.name; });

TEST(Transcendental, AnglesOfPoints) {
  std::mt19937_64 bits(12);
  std::uniform_real_distribution<double> log_size(-300, 300), near(-3, 3);
  for (int i = 0; i < 100'000; ++i) {
    double x = std::exp(i % 2 ? near(bits) : log_size(bits)), y = x * std::exp(near(bits) * (i % 3 + 1));
    if (i & 4) x = -x;
    if (i & 8) y = -y;
    long double exact = std::atan2(static_cast<long double>(y), static_cast<long double>(x));
    ASSERT_LT(ulps(portable_atan2(y, x), exact), 4) << y << " over " << x;
  }
}

TEST(Transcendental, LogOfTheSmallestSubnormal) {
  EXPECT_LT(ulps(portable_log(5e-324), std::log(static_cast<long double>(5e-324))), 2);
}

TEST(Transcendental, PowerIsAccurateOverTheWholeRangeOfResults) {
  std::mt19937_64 bits(11);
  std::uniform_real_distribution<double> log_base(-700, 700);
  std::uniform_real_distribution<double> log_result(-744, 709);
  for (int i = 0; i < 100'000; ++i) {
    double base = i % 3 == 0 ? 1 + std::ldexp(log_base(bits), -20) : std::exp(log_base(bits));
    double exponent = log_result(bits) / std::log(base);
    if (i % 5 == 0) exponent = std::floor(exponent);
    long double exact = std::pow(static_cast<long double>(base), static_cast<long double>(exponent));
    ASSERT_LT(ulps(portable_power(base, exponent), exact), 4) << base << "^" << exponent;
  }
}

TEST(Transcendental, PowersOfSmallIntegersAreExact) {
  for (int base = -9; base <= 9; ++base) {
    double expected = 1;
    for (int exponent = 0; exponent <= 12; ++exponent) {
      EXPECT_EQ(portable_power(base, exponent), expected) << base << "^" << exponent;
      expected *= base;
    }
  }
}

TEST(Transcendental, SpecialCasesAreThoseOfTheStandard) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const double specials[] = {0.0,   -0.0,   1,      -1,      0.5,       -0.5,       2,   -2,  3,      -3,
                             1e300, -1e300, 5e-324, -5e-324, kInfinity, -kInfinity, nan, 2.5, 0x1p53, 0x1p54};
  auto same = [](double got, double expected) {
    if (std::isnan(expected)) return std::isnan(got);
    if (expected == 0 || std::isinf(expected))
      return std::bit_cast<std::uint64_t>(got) == std::bit_cast<std::uint64_t>(expected);
    return std::fabs(got - expected) <= 1e-15 * std::fabs(expected);
  };
  for (double x : specials) {
    EXPECT_TRUE(same(portable_exp(x), std::exp(x))) << x;
    EXPECT_TRUE(same(portable_expm1(x), std::expm1(x))) << x;
    EXPECT_TRUE(same(portable_log(x), std::log(x))) << x;
    EXPECT_TRUE(same(portable_log1p(x), std::log1p(x))) << x;
    EXPECT_TRUE(same(portable_tanh(x), std::tanh(x))) << x;
    EXPECT_TRUE(same(portable_erf(x), std::erf(x))) << x;
    EXPECT_TRUE(same(portable_cbrt(x), std::cbrt(x))) << x;
    EXPECT_TRUE(same(portable_sin(x), std::sin(x))) << x;
    EXPECT_TRUE(same(portable_cos(x), std::cos(x))) << x;
    EXPECT_TRUE(same(portable_tan(x), std::tan(x))) << x;
    for (double y : specials) EXPECT_TRUE(same(portable_power(x, y), std::pow(x, y))) << x << "^" << y;
    for (double y : specials) EXPECT_TRUE(same(portable_atan2(x, y), std::atan2(x, y))) << x << " over " << y;
  }
  EXPECT_EQ(portable_logistic(kInfinity), 1);
  EXPECT_EQ(portable_logistic(-kInfinity), 0);
  EXPECT_TRUE(std::isnan(portable_logistic(nan)));
}

// Bits recorded once: they must never depend on the machine, the compiler or its flags.
TEST(Transcendental, BitsNeverChange) {
  std::uint64_t mixed = 0;
  auto mix = [&](double value) {
    mixed = std::rotl(mixed, 7) * 0x9e3779b97f4a7c15 ^ std::bit_cast<std::uint64_t>(value);
  };
  for (int i = 1; i <= 1000; ++i) {
    double x = i * 0.0171875 - 8.5;
    for (auto f : {portable_exp, portable_expm1, portable_tanh, portable_logistic}) mix(f(x));
    mix(portable_log(i * 0.37));
    mix(portable_log1p(i * 0.37));
    mix(portable_power(i * 0.37, x));
  }
  EXPECT_EQ(mixed, 4683725407650777870u);
  mixed = 0;
  for (int i = 1; i <= 1000; ++i) {
    double x = i * 0.0171875 - 8.5;
    for (auto f : {portable_erf, portable_cbrt, portable_sin, portable_cos, portable_tan}) mix(f(x));
    for (auto f : {portable_sin, portable_cos}) mix(f(x * 1e15));
    mix(portable_atan2(x, i * 0.37 - 100));
  }
  EXPECT_EQ(mixed, 3964074337094087255u);
}

}  // namespace
}  // namespace spud
