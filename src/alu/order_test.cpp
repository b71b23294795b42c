// SPDX-License-Identifier: Apache-2.0
#include "alu/order.hpp"

#include <algorithm>
#include <numeric>
#include <random>

#include <gtest/gtest.h>

namespace spud::alu {
namespace {

/// Rows of all batches in random order, by rank within their batch.
std::vector<std::uint32_t> ranks(std::int64_t batch, std::int64_t rows, std::mt19937_64& rng) {
  std::vector<std::uint32_t> out(static_cast<std::size_t>(batch * rows));
  for (std::int64_t b = 0; b < batch; ++b) {
    const auto begin = out.begin() + b * rows;
    std::iota(begin, begin + rows, 0u);
    std::shuffle(begin, begin + rows, rng);
  }
  return out;
}

/// Answers all that is asked; every pair is of two rows of one batch.
void answer(OrderSearch& search, const std::vector<std::uint32_t>& rank, std::int64_t rows) {
  const std::int64_t count = search.count();
  const RowPairs pairs = search.next();
  ASSERT_EQ(pairs.first.size(), static_cast<std::size_t>(count));
  ASSERT_EQ(pairs.second.size(), static_cast<std::size_t>(count));
  std::vector<std::uint8_t> is_less;
  for (std::size_t i = 0; i < pairs.first.size(); ++i) {
    ASSERT_NE(pairs.first[i], pairs.second[i]);
    ASSERT_EQ(pairs.first[i] / rows, pairs.second[i] / rows);
    is_less.push_back(rank.at(pairs.first[i]) < rank.at(pairs.second[i]));
  }
  search.learn(is_less);
}
void expect_order(const OrderSearch& search, const std::vector<std::uint32_t>& rank, std::int64_t rows) {
  ASSERT_TRUE(search.found());
  ASSERT_EQ(search.places().size(), rank.size());
  for (std::size_t i = 0; i < rank.size(); ++i) {
    const std::size_t begin = i / static_cast<std::size_t>(rows) * static_cast<std::size_t>(rows);
    ASSERT_EQ(rank[begin + search.places()[i]], i - begin);
  }
}

struct Size {
  std::int64_t batch, rows;
};

TEST(OrderSearches, FindTheOrder) {
  std::mt19937_64 rng(1);
  for (auto [batch, rows] : {Size{1, 2},
                             {5, 2},
                             {1, 3},
                             {7, 8},
                             {1, 40},
                             {3, 129},
                             {1, 700},
                             {40, 100},
                             {3'000, 33},
                             {1, 20'000}}) {
    for (int times = 0; times < 5; ++times) {
      const auto rank = ranks(batch, rows, rng);
      OrderSearch search(batch, rows);
      while (search.has_next()) answer(search, rank, rows);
      expect_order(search, rank, rows);
    }
  }
}

TEST(OrderSearches, FindEveryOrderOfFewRows) {
  for (std::int64_t rows : {2, 3, 4, 5, 6}) {
    std::vector<std::uint32_t> rank(static_cast<std::size_t>(rows));
    std::iota(rank.begin(), rank.end(), 0u);
    do {
      // By all pairs, and by stages whose levels are too few for all at once.
      OrderSearch plain(1, rows);
      while (plain.has_next()) answer(plain, rank, rows);
      expect_order(plain, rank, rows);
      OrderSearch staged(1, rows, {{std::min<std::int64_t>(rows, 3), {3}}, {rows, {3, 3, 3, 3, 4, 6}}});
      while (staged.has_next()) answer(staged, rank, rows);
      expect_order(staged, rank, rows);
    } while (std::next_permutation(rank.begin(), rank.end()));
  }
}

TEST(OrderSearches, SayWhenTheyDidNotFindIt) {
  std::mt19937_64 rng(2);
  const auto rank = ranks(1, 100, rng);
  OrderSearch search(1, 100, {{100, {300, 40}}});
  while (search.has_next()) answer(search, rank, 100);
  EXPECT_FALSE(search.found());
}

// Answers that no order gives (nodes never see such) must not lead anywhere but to the end.
TEST(OrderSearches, EndWhateverTheyAreTold) {
  std::mt19937_64 rng(3);
  for (int times = 0; times < 200; ++times) {
    OrderSearch search(2, 600);
    while (search.has_next()) {
      std::vector<std::uint8_t> is_less(search.next().first.size());
      for (auto& bit : is_less) bit = static_cast<std::uint8_t>(times == 0 ? 0 : times == 1 ? 1 : rng() & 1);
      search.learn(is_less);
    }
    auto places = search.places();
    for (std::size_t b = 0; b < 2; ++b) {
      const auto begin = places.begin() + static_cast<std::ptrdiff_t>(600 * b);
      std::sort(begin, begin + 600);
      for (std::size_t i = 0; i < 600; ++i) ASSERT_EQ(places[600 * b + i], i);
    }
  }
}

TEST(OrderSearches, SkipWhatTheyWouldAsk) {
  OrderSearch search(3, 5'000);
  std::size_t levels = 0;
  for (const auto& stage : plan_order(3, 5'000)) {
    for (std::int64_t count : stage.levels) {
      ASSERT_TRUE(search.has_next());
      EXPECT_EQ(search.count(), count);
      search.skip();
      ++levels;
    }
  }
  EXPECT_FALSE(search.has_next());
  EXPECT_FALSE(search.found());
  EXPECT_GT(levels, 10u);
}

std::int64_t comparisons(std::int64_t batch, std::int64_t rows) {
  std::int64_t total = 0;
  for (const auto& stage : plan_order(batch, rows))
    total += std::accumulate(stage.levels.begin(), stage.levels.end(), std::int64_t{0});
  return total;
}

// Part of what nodes agree on before they start: a change here changes demands.
TEST(OrderPlans, TakeSoManyComparisons) {
  EXPECT_EQ(comparisons(1, 2), 1);
  EXPECT_EQ(comparisons(1'000, 10), 45'000);
  EXPECT_EQ(comparisons(1, 100), 4'950);
  EXPECT_EQ(comparisons(1, 1'000), 34'129);
  EXPECT_EQ(comparisons(1, 10'000), 248'154);
  EXPECT_EQ(comparisons(1, 100'000), 1'866'773);
  EXPECT_EQ(plan_order(1, 100).size(), 1u);
  EXPECT_EQ(plan_order(1, 10'000).size(), 3u);
}

// The last two levels of a stage are there for what the first leaves, so what they are left with says how far
// a search is from failing: with half the comparisons in both, none of so many fails.
TEST(OrderPlans, LeaveRoom) {
  std::mt19937_64 rng(4);
  for (auto [batch, rows] : {Size{1, 600}, {1, 1'000}, {100, 100}, {1, 3'000}}) {
    auto stages = plan_order(batch, rows);
    ASSERT_GT(stages.size(), 1u);
    for (std::size_t s = 1; s < stages.size(); ++s) {
      auto& levels = stages[s].levels;
      levels[levels.size() - 2] /= 2;
      levels[levels.size() - 1] /= 2;
    }
    for (int times = 0; times < 300; ++times) {
      const auto rank = ranks(batch, rows, rng);
      OrderSearch search(batch, rows, stages);
      while (search.has_next()) answer(search, rank, rows);
      ASSERT_TRUE(search.found()) << batch << " × " << rows;
    }
  }
}

}  // namespace
}  // namespace spud::alu
