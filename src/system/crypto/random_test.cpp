// SPDX-License-Identifier: Apache-2.0
#include "system/crypto/random.hpp"

#include <gtest/gtest.h>

namespace spud::crypto {
namespace {

TEST(OsRandom, FillsEverySizeWithFreshBytes) {
  OsRandom random;
  Bytes a(1000), b(1000);
  ASSERT_TRUE(random.fill(a));
  ASSERT_TRUE(random.fill(b));
  EXPECT_NE(a, b);
  EXPECT_NE(Bytes(a.end() - 16, a.end()), Bytes(16));
  EXPECT_TRUE(random.fill({}));
}

TEST(SeededRandom, RepeatsForASeedAndDiffersBetweenCallsAndSeeds) {
  SeededRandom first(7), again(7), other(8);
  Bytes a(32), b(32), c(32), d(32);
  ASSERT_TRUE(first.fill(a) && first.fill(b) && again.fill(c) && other.fill(d));
  EXPECT_EQ(a, c);
  EXPECT_NE(a, b);
  EXPECT_NE(a, d);
}

}  // namespace
}  // namespace spud::crypto
