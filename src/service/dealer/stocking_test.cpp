// SPDX-License-Identifier: Apache-2.0
#include "service/dealer/stocking.hpp"

#include <gtest/gtest.h>

namespace spud::service::dealer {
namespace {

Digest number(unsigned n) {
  Digest digest;
  digest.bytes[0] = static_cast<std::byte>(n);
  return digest;
}

const Error kLeft{ErrorCode::kUnavailable, "left", "", "", "bob", ""};

TEST(Stocking, IsReadyWhenAllHaveStoredIt) {
  Stocking tape(3);
  tape.dealt({100, number(1)});
  EXPECT_EQ(tape.missing(), Rank{0});
  for (unsigned i : {0u, 2u, 0u}) ASSERT_TRUE(tape.stored(Rank{i}, number(1)));
  EXPECT_FALSE(tape.ready()) << "one came twice";
  EXPECT_EQ(tape.missing(), Rank{1});
  ASSERT_TRUE(tape.stored(Rank{1}, number(1)));
  EXPECT_TRUE(tape.ready());
  EXPECT_EQ(tape.missing(), std::nullopt);
}

TEST(Stocking, OneFailureDecidesForAll) {
  Stocking tape(2);
  tape.dealt({100, number(1)});
  ASSERT_TRUE(tape.stored(Rank{0}, number(1)));
  tape.fail(kLeft);
  EXPECT_FALSE(tape.stored(Rank{1}, number(1)));
  EXPECT_FALSE(tape.ready());
  EXPECT_EQ(tape.failure()->party, "bob");
}

TEST(Stocking, AReadyTapeStaysReady) {
  Stocking tape(1);
  tape.dealt({0, number(1)});
  ASSERT_TRUE(tape.stored(Rank{0}, number(1)));
  tape.fail(kLeft);
  EXPECT_TRUE(tape.ready());
  EXPECT_FALSE(tape.failure());
}

TEST(Stocking, AnotherDigestOrOneBeforeTheEndFailsTheTape) {
  Stocking early(2);
  EXPECT_FALSE(early.stored(Rank{0}, number(1)));
  EXPECT_TRUE(early.failure());
  Stocking other(2);
  other.dealt({100, number(1)});
  EXPECT_FALSE(other.stored(Rank{0}, number(2)));
  EXPECT_EQ(other.failure()->code, ErrorCode::kPeerFault);
}

}  // namespace
}  // namespace spud::service::dealer
