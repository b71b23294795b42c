// SPDX-License-Identifier: Apache-2.0
#include "correlation/exp_table.hpp"

#include <cmath>
#include <random>

#include <gtest/gtest.h>

namespace spud::correlation {
namespace {

TEST(FixedExp, IsTheExponentialRoundedDown) {
  std::mt19937_64 rng(3);
  for (unsigned fraction : {0u, 1u, 8u, 18u, 26u, 32u}) {
    const auto one = static_cast<double>(std::uint64_t{1} << fraction);
    for (int i = 0; i < 2000; ++i) {
      auto number = static_cast<std::int64_t>((static_cast<double>(rng() % 600001) / 10000 - 40) * one);
      if (i < 61) number = static_cast<std::int64_t>((i - 40) * one);
      const double x = static_cast<double>(number) / one;
      for (unsigned scale : {0u, 18u, 30u}) {
        const double want = std::ldexp(std::exp(x), static_cast<int>(scale));
        const auto got = static_cast<double>(fixed_exp(number, fraction, scale));
        EXPECT_LE(got, want * (1 + 1e-15)) << x;
        EXPECT_GT(got, want * (1 - 1e-15) - 1) << x;
      }
    }
  }
}

TEST(FixedExp, KeepsFiftyBits) {
  for (std::int64_t number = -100; number <= 0; number += 7) {
    const double x = static_cast<double>(number) / 32;
    const auto got = static_cast<double>(fixed_exp(number, 5, 60 - static_cast<unsigned>(x / 0.6931)));
    const double want = std::ldexp(std::exp(x), 60 - static_cast<int>(x / 0.6931));
    EXPECT_NEAR(got / want, 1, 1e-15) << x;
  }
}

TEST(ExpTable, HasOneEntryAnElementAndASumThatGoesWithIt) {
  const unsigned f = 18, width = f + kExpWindowBits;
  std::mt19937_64 rng(4);
  std::vector<std::uint64_t> lambda, delta, number;
  for (int i = 0; i < 3000; ++i) {
    number.push_back(rng() % (27ull << f));
    lambda.push_back(rng() % (1ull << width));
    delta.push_back((number.back() + lambda.back()) % (1ull << width));
  }
  const Shape shape{3000};
  for (unsigned ring : {64u, 128u}) {
    auto table = exp_table(ring::Tensor::of<std::uint64_t>(64, shape, lambda), f, 30, ring);
    auto sums = exp_sum(ring::Tensor::of<std::uint64_t>(64, shape, delta), table, f, 27, 30);
    ASSERT_EQ(table.shape(), (Shape{kExpEntries, 3000}));
    ASSERT_EQ(sums.shape(), shape);
    ASSERT_EQ(sums.bits(), ring);
    auto word = [&](const ring::Tensor& t, std::size_t i) {
      return ring == 64 ? t.words<std::uint64_t>()[i]
                        : static_cast<std::uint64_t>(t.words<unsigned __int128>()[i]);
    };
    for (std::size_t i = 0; i < number.size(); ++i) {
      unsigned set = 0;
      for (std::size_t entry = 0; entry < kExpEntries; ++entry) set += word(table, entry * 3000 + i) != 0;
      EXPECT_EQ(set, 1u);
      const std::uint64_t total = word(sums, i);
      const double x = std::ldexp(static_cast<double>(number[i]), -static_cast<int>(f)) - 27;
      EXPECT_NEAR(std::ldexp(static_cast<double>(total), -60), std::exp(x), 5e-8) << x;
    }
  }
}

TEST(ExpTable, OfAPhantomIsAPhantom) {
  auto table = exp_table(ring::Tensor::phantom(64, {5}), 18, 30, 128);
  EXPECT_TRUE(table.is_phantom());
  EXPECT_EQ(table.bits(), 128u);
  EXPECT_EQ(table.shape(), (Shape{kExpEntries, 5}));
}

}  // namespace
}  // namespace spud::correlation
