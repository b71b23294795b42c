// SPDX-License-Identifier: Apache-2.0
#include "alu/range.hpp"

#include <limits>

#include <gtest/gtest.h>

namespace spud::alu {
namespace {

constexpr __int128 kOne = 1;

bool same(const std::optional<Range>& a, const std::optional<Range>& b) {
  return a == b;
}

TEST(Range, WidthIsTheLeastThatHoldsBothEnds) {
  EXPECT_EQ(signed_bits({0, 0}), 1u);
  EXPECT_EQ(signed_bits({-1, 0}), 1u);
  EXPECT_EQ(signed_bits({0, 1}), 2u);
  EXPECT_EQ(signed_bits({-128, 127}), 8u);
  EXPECT_EQ(signed_bits({-129, 0}), 9u);
  EXPECT_EQ(signed_bits({0, 128}), 9u);
  EXPECT_EQ(signed_bits({-(kOne << 126) - (kOne << 126), 0}), 128u);
  for (unsigned bits : {1u, 2u, 31u, 64u, 127u}) {
    EXPECT_EQ(signed_bits(range_of_width(bits, false)), bits);
    EXPECT_TRUE(range_of_width(bits, true).low == 0);
  }
}

TEST(Range, DivisionTakesBothNeighbours) {
  EXPECT_TRUE(same(shift_right({-3, 5}, 1), Range{-2, 3}));
  EXPECT_TRUE(same(shift_right({-4, 4}, 1), Range{-2, 2}));
  EXPECT_TRUE(same(shift_right({-1, 1}, 100), Range{-1, 1}));
}

TEST(Range, ArithmeticHoldsEveryPair) {
  for (int low_a = -3; low_a <= 3; ++low_a) {
    for (int low_b = -3; low_b <= 3; ++low_b) {
      const Range a{low_a, low_a + 2}, b{low_b, low_b + 3};
      for (int x = low_a; x <= low_a + 2; ++x) {
        for (int y = low_b; y <= low_b + 3; ++y) {
          auto holds = [](const std::optional<Range>& r, int value) {
            return r->low <= value && value <= r->high;
          };
          EXPECT_TRUE(holds(add(a, b), x + y));
          EXPECT_TRUE(holds(subtract(a, b), x - y));
          EXPECT_TRUE(holds(multiply(a, b), x * y));
          EXPECT_TRUE(holds(maximum(a, b), std::max(x, y)));
          EXPECT_TRUE(holds(minimum(a, b), std::min(x, y)));
          EXPECT_TRUE(holds(absolute(a), std::abs(x)));
          EXPECT_TRUE(holds(join(a, b), y));
        }
      }
    }
  }
  EXPECT_TRUE(same(absolute({-3, 2}), Range{0, 3}));
  EXPECT_TRUE(same(meet({0, 1}, {2, 3}), std::nullopt));
}

TEST(Range, SaysNothingWhere128BitsDoNotDo) {
  const __int128 far = kOne << 126;
  EXPECT_FALSE(add({0, far}, {0, far}).has_value());
  EXPECT_FALSE(multiply({0, far}, {0, 2}).has_value());
  EXPECT_FALSE(subtract({-far - far, 0}, {1, 1}).has_value());
  EXPECT_FALSE(absolute({-far - far, 0}).has_value());
  EXPECT_FALSE(shift_left({1, 1}, 127).has_value());
}

TEST(Range, OfPublicNumbersIsThatOfTheirWords) {
  Literal reals(TensorType{DType::kF32, {3}});
  reals.set_float(0, -0.5);
  reals.set_float(1, 1.0 / 3);
  EXPECT_TRUE(same(encoded_range(reals, 64, 18), Range{-(1 << 17), 87381}));
  reals.set_float(2, std::numeric_limits<double>::infinity());
  EXPECT_TRUE(same(encoded_range(reals, 64, 18), Range{-(1 << 17), kOne << 62}));
  reals.set_float(2, std::numeric_limits<double>::quiet_NaN());
  EXPECT_FALSE(encoded_range(reals, 64, 18).has_value());
  Literal wide(TensorType{DType::kU64, {1}});
  wide.set_int(0, -1);
  EXPECT_TRUE(same(encoded_range(wide, 64, 0), Range{(kOne << 64) - 1, (kOne << 64) - 1}));
  EXPECT_FALSE(encoded_range(Literal(TensorType{DType::kS32, {0}}), 32, 0).has_value());
}

}  // namespace
}  // namespace spud::alu
