// SPDX-License-Identifier: Apache-2.0
#include "base/literal.hpp"

#include <cmath>

#include <gtest/gtest.h>

namespace spud {
namespace {

TEST(Literal, HalfRoundTripsEveryFiniteValue) {
  for (std::uint32_t bits = 0; bits < 0x10000; ++bits) {
    double value = half_to_double(static_cast<std::uint16_t>(bits));
    if (std::isnan(value)) continue;
    EXPECT_EQ(double_to_half(value), bits);
  }
}

TEST(Literal, BfloatRoundTripsEveryFiniteValue) {
  for (std::uint32_t bits = 0; bits < 0x10000; ++bits) {
    double value = bfloat_to_double(static_cast<std::uint16_t>(bits));
    if (std::isnan(value)) continue;
    EXPECT_EQ(double_to_bfloat(value), bits);
  }
}

TEST(Literal, BfloatRoundsOnceFromDouble) {
  double tie = 1.0 + std::ldexp(1.0, -8);  // halfway between 1 and the next bfloat
  EXPECT_EQ(bfloat_to_double(double_to_bfloat(tie)), 1.0);
  EXPECT_EQ(bfloat_to_double(double_to_bfloat(tie + std::ldexp(1.0, -40))), 1.0 + std::ldexp(1.0, -7));
}

TEST(Literal, IntegersWrapIntoTheirType) {
  Literal x(TensorType{DType::kS8, {2}});
  x.set_int(0, 200);
  x.set_int(1, -129);
  EXPECT_EQ(x.int_at(0), -56);
  EXPECT_EQ(x.int_at(1), 127);
}

TEST(Shape, RefusesNegativeAndHugeDimensions) {
  EXPECT_FALSE(verify_shape({2, -1}));
  EXPECT_FALSE(verify_shape({1ll << 40, 1ll << 40}));
  EXPECT_FALSE(verify_shape({0, 1ll << 40, 1ll << 40}));
  EXPECT_FALSE(verify_shape(Shape(33, 1)));
  EXPECT_TRUE(verify_shape({0, 3}));
  EXPECT_TRUE(verify_shape({}));
}

}  // namespace
}  // namespace spud
