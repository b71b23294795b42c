// SPDX-License-Identifier: Apache-2.0
#include "alu/fan_in.hpp"

#include <algorithm>

#include <gtest/gtest.h>

namespace spud::alu {
namespace {

const TreeOf kFloats{64, false}, kIntegers{32, true}, kBits{0, false};

std::vector<unsigned> fan_ins(const std::vector<Level>& levels) {
  std::vector<unsigned> out;
  for (const Level& level : levels) out.push_back(level.fan_in);
  return out;
}

TEST(FanIn, LevelsTakeEveryRowAndLeaveOne) {
  for (TreeOf what : {kFloats, kIntegers, kBits}) {
    for (std::int64_t width : {0, 1, 1000, 1 << 20}) {
      for (std::int64_t length : {1, 2, 3, 5, 7, 8, 9, 15, 63, 64, 65, 1000, 65537}) {
        std::int64_t left = length;
        for (const Level& level : plan_tree(length, width, what)) {
          EXPECT_EQ(level.wide * level.fan_in + level.narrow * (level.fan_in - 1), left);
          EXPECT_GT(level.wide, 0);
          EXPECT_GE(level.fan_in, 2u);
          EXPECT_LE(level.fan_in, what.ring_bits == 0 ? kFanInOfBits : kFanIn);
          left = level.groups();
        }
        EXPECT_EQ(left, 1);
      }
    }
  }
}

TEST(FanIn, IsWideWhereRoundsDominate) {
  EXPECT_EQ(fan_ins(plan_tree(8, 1, kFloats)), (std::vector<unsigned>{8}));
  EXPECT_EQ(fan_ins(plan_tree(64, 1, kFloats)), (std::vector<unsigned>{8, 8}));
  EXPECT_EQ(fan_ins(plan_tree(5, 1, kIntegers)), (std::vector<unsigned>{5}));
  EXPECT_EQ(fan_ins(plan_tree(64, 10, kBits)), (std::vector<unsigned>{4, 4, 4}));
}

TEST(FanIn, IsTwoWhereBytesDominate) {
  EXPECT_EQ(fan_ins(plan_tree(16, 1 << 20, kFloats)), (std::vector<unsigned>{2, 2, 2, 2}));
  EXPECT_EQ(fan_ins(plan_tree(9, 1 << 20, kBits)), (std::vector<unsigned>{2, 2, 2, 2}));
}

TEST(FanIn, GrowsAsRowsGetFewer) {
  const auto chosen = fan_ins(plan_tree(1 << 20, 1, kFloats));
  EXPECT_EQ(chosen.front(), 2u);
  EXPECT_EQ(chosen.back(), 8u);
  EXPECT_TRUE(std::is_sorted(chosen.begin(), chosen.end()));
}

}  // namespace
}  // namespace spud::alu
