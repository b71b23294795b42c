// SPDX-License-Identifier: Apache-2.0
#include "app/bench/error_size.hpp"

#include <limits>

#include <gtest/gtest.h>

namespace spud::app::bench {
namespace {

Literal floats(std::initializer_list<float> values) {
  Literal out(TensorType{DType::kF32, {static_cast<std::int64_t>(values.size())}});
  std::copy(values.begin(), values.end(), out.writable<float>().begin());
  return out;
}

constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

TEST(ErrorSize, IsTheLargestDistance) {
  EXPECT_EQ(largest_error(floats({1, 2, 3}), floats({1.5, 2, 1})), 2);
  EXPECT_EQ(largest_error(floats({}), floats({})), 0);
}

TEST(ErrorSize, IntegersAndBooleansCountToo) {
  auto of = [](std::int64_t value) {
    Literal out(TensorType{DType::kS64, {}});
    out.set_int(0, value);
    return out;
  };
  EXPECT_EQ(largest_error(of(-3), of(4)), 7);
  EXPECT_EQ(largest_error(Literal::scalar<std::uint8_t>(DType::kPred, 1),
                          Literal::scalar<std::uint8_t>(DType::kPred, 0)),
            1);
}

TEST(ErrorSize, WhatIsNoNumberOnOneSideOnlyIsInfinitelyWrong) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  EXPECT_EQ(largest_error(floats({kNan}), floats({kNan})), 0);
  EXPECT_EQ(largest_error(floats({1}), floats({kNan})), kInfinity);
  EXPECT_EQ(largest_error(floats({std::numeric_limits<float>::infinity()}), floats({1})), kInfinity);
}

}  // namespace
}  // namespace spud::app::bench
