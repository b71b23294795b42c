// SPDX-License-Identifier: Apache-2.0
#include "protocol/semi2k/borrow_plan.hpp"

#include <random>

#include <gtest/gtest.h>

namespace spud::protocol::semi2k {
namespace {

using Kind = BitName::Kind;

/// What a name means for two numbers.
bool value(const BitName& name, std::uint64_t a, std::uint64_t b) {
  auto cut = [](std::uint64_t x, unsigned from, unsigned to) {
    x = to < 64 ? x & ((std::uint64_t{1} << to) - 1) : x;
    return from < 64 ? x >> from : 0;
  };
  unsigned from = 0, to = 0;
  switch (name.kind) {
    case Kind::kLess:
    case Kind::kEqual:
      from = 4 * name.at, to = from + 4;
      break;
    case Kind::kPartLess:
    case Kind::kPartEqual:
      from = name.at / 4 * 4, to = name.at;
      break;
    case Kind::kGroupLess:
    case Kind::kGroupEqual:
      from = 16 * name.at, to = from + 16;
      break;
    case Kind::kTopEqual:
      from = name.at / 16 * 16, to = name.at;
      break;
  }
  const auto x = cut(a, from, to), y = cut(b, from, to);
  const bool less = name.kind == Kind::kLess || name.kind == Kind::kPartLess || name.kind == Kind::kGroupLess;
  return less ? x < y : x == y;
}

bool value(const BorrowPlan::Sum& sum, std::uint64_t a, std::uint64_t b) {
  bool total = false;
  for (const auto& term : sum) {
    bool product = true;
    for (const auto& name : term) product = product && value(name, a, b);
    total = total != product;
  }
  return total;
}

std::vector<unsigned> all_positions() {
  std::vector<unsigned> out;
  for (unsigned at = 1; at <= 64; ++at) out.push_back(at);
  return out;
}

TEST(BorrowPlan, SumsUpToEveryBorrow) {
  std::mt19937_64 rng(4);
  for (TopDigits top : {TopDigits::kJoined, TopDigits::kApart}) {
    const BorrowPlan plan = plan_borrows(all_positions(), top);
    ASSERT_EQ(plan.borrows.size(), 64u);
    for (unsigned turn = 0; turn < 200; ++turn) {
      const std::uint64_t a = rng();
      std::uint64_t b = turn % 3 == 0 ? a : rng();
      if (turn % 3 == 1) b = a ^ std::uint64_t{1} << rng() % 64;
      for (unsigned at = 1; at <= 64; ++at) {
        const std::uint64_t mask = at == 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << at) - 1;
        ASSERT_EQ(value(plan.borrows[at - 1], a, b), (a & mask) < (b & mask)) << at;
      }
      for (const auto& [name, sum] : plan.joined) ASSERT_EQ(value(sum, a, b), value(name, a, b));
    }
  }
}

TEST(BorrowPlan, OpensExactlyWhatProductsNeed) {
  for (TopDigits top : {TopDigits::kJoined, TopDigits::kApart}) {
    for (const auto& positions :
         {std::vector<unsigned>{63}, {64}, {18, 64}, {4, 8, 12, 16, 20}, all_positions()}) {
      const BorrowPlan plan = plan_borrows(positions, top);
      std::set<BitName> needed;
      auto look = [&](const BorrowPlan::Sum& sum) {
        for (const auto& term : sum) {
          if (term.size() > 1) needed.insert(term.begin(), term.end());
        }
      };
      for (const auto& [name, sum] : plan.joined) look(sum);
      for (const auto& sum : plan.borrows) look(sum);
      std::set<BitName> opened = plan.first;
      opened.insert(plan.second.begin(), plan.second.end());
      EXPECT_EQ(opened, needed);
      for (const auto& name : plan.first) EXPECT_FALSE(name.is_joined());
      for (const auto& name : plan.second) EXPECT_TRUE(name.is_joined() && plan.joined.contains(name));
    }
  }
}

TEST(BorrowPlan, OfAShortNumberOpensNothing) {
  for (unsigned at : {1u, 2u, 3u, 4u}) EXPECT_EQ(plan_borrows({at}, TopDigits::kJoined).cost(), Cost{}) << at;
  EXPECT_EQ(plan_borrows({8}, TopDigits::kJoined).cost(), (Cost{1, 2, 1}));
  EXPECT_EQ(plan_borrows({63}, TopDigits::kJoined).cost(), (Cost{2, 33, 96}));
}

}  // namespace
}  // namespace spud::protocol::semi2k
