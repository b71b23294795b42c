// SPDX-License-Identifier: Apache-2.0
#include "app/bench/draw.hpp"

#include <gtest/gtest.h>

#include "system/crypto/random.hpp"

namespace spud::app::bench {
namespace {

io::MetaInput input(DType dtype, Shape shape, double lowest, double highest) {
  io::MetaInput out;
  out.name = "in0";
  out.dtype = dtype;
  out.shape = std::move(shape);
  out.range = {lowest, highest};
  return out;
}

Result<Literal> draw(const io::MetaInput& one, std::uint64_t seed = 1) {
  crypto::SeededRandom random(seed);
  SPUD_ASSIGN(auto all, draw_inputs({{one}, {}}, random));
  return all[0];
}

TEST(Draw, FloatsFillTheirRange) {
  auto drawn = draw(input(DType::kF32, {100'000}, -4, 4));
  ASSERT_TRUE(drawn);
  EXPECT_EQ(drawn->type(), (TensorType{DType::kF32, {100'000}}));
  double least = 4, most = -4, sum = 0;
  for (std::int64_t i = 0; i < drawn->elements(); ++i) {
    const double x = drawn->float_at(i);
    least = std::min(least, x);
    most = std::max(most, x);
    sum += x;
  }
  EXPECT_GE(least, -4);
  EXPECT_LT(least, -3.99);
  EXPECT_LT(most, 4);
  EXPECT_GT(most, 3.99);
  EXPECT_NEAR(sum / 100'000, 0, 0.05);
}

TEST(Draw, CoarseFloatsStayBelowTheOpenEnd) {
  // Half of what is drawn from [1, 1 + 2^-9) rounds to the end in half precision's steps of 2^-10.
  auto drawn = draw(input(DType::kF16, {1000}, 1, 1 + 0x1p-10));
  ASSERT_TRUE(drawn);
  for (std::int64_t i = 0; i < drawn->elements(); ++i) EXPECT_EQ(drawn->float_at(i), 1);
}

TEST(Draw, IntegersTakeEveryValueButTheEnd) {
  auto drawn = draw(input(DType::kS32, {10, 100}, -2, 3));
  ASSERT_TRUE(drawn);
  std::map<std::int64_t, int> counts;
  for (std::int64_t i = 0; i < drawn->elements(); ++i) ++counts[drawn->int_at(i)];
  EXPECT_EQ(counts.size(), 5u);
  EXPECT_EQ(counts.begin()->first, -2);
  EXPECT_EQ(counts.rbegin()->first, 2);
  for (const auto& [value, count] : counts) EXPECT_NEAR(count, 200, 60) << value;
}

TEST(Draw, ARangeOfOneValueGivesIt) {
  EXPECT_EQ(draw(input(DType::kF64, {3}, 0.5, 0.5))->float_at(2), 0.5);
  EXPECT_EQ(draw(input(DType::kS64, {3}, 7, 7))->int_at(2), 7);
}

TEST(Draw, OneSeedGivesTheSameInputs) {
  const auto of = input(DType::kF32, {100}, 0, 1);
  EXPECT_TRUE(std::ranges::equal(draw(of, 5)->bytes(), draw(of, 5)->bytes()));
  EXPECT_FALSE(std::ranges::equal(draw(of, 5)->bytes(), draw(of, 6)->bytes()));
}

TEST(Draw, AnInputThatSaysTooLittleIsNamed) {
  auto vague = input(DType::kF32, {3}, 0, 1);
  vague.range.reset();
  auto refused = draw(vague);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kBadInput);
  EXPECT_EQ(refused.error().where, "in0");
}

TEST(Draw, ARangeWiderThanItsTypeIsRefused) {
  EXPECT_FALSE(draw(input(DType::kU8, {3}, -1, 1)));
  EXPECT_FALSE(draw(input(DType::kS8, {3}, 0, 300)));
  EXPECT_FALSE(draw(input(DType::kPred, {3}, 0, 3)));
  EXPECT_TRUE(draw(input(DType::kS8, {3}, -128, 128)));
  EXPECT_TRUE(draw(input(DType::kPred, {3}, 0, 2)));
}

}  // namespace
}  // namespace spud::app::bench
