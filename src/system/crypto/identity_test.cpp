// SPDX-License-Identifier: Apache-2.0
#include "system/crypto/identity.hpp"

#include <gtest/gtest.h>

namespace spud::crypto {
namespace {

TEST(Identity, SurvivesItsUri) {
  for (Role role : {Role::kCompute, Role::kDealer, Role::kScheduler, Role::kClient}) {
    Identity identity{PartyId(), "alice.spud", role, NodeId("alice-0")};
    auto parsed = parse_uri(identity.uri());
    ASSERT_TRUE(parsed) << identity.uri();
    EXPECT_EQ(*parsed, identity);
  }
}

TEST(Identity, RefusesEveryOtherForm) {
  const std::string good = "spiffe://alice.spud/spud/compute/alice-0";
  ASSERT_TRUE(parse_uri(good));
  for (std::string bad :
       {std::string(""), std::string("spiffe://"), std::string("http://alice.spud/spud/compute/alice-0"),
        std::string("spiffe://Alice.spud/spud/compute/alice-0"),
        std::string("spiffe:///spud/compute/alice-0"), std::string("spiffe://alice.spud/spud/compute/"),
        std::string("spiffe://alice.spud/spud/compute"), std::string("spiffe://alice.spud/spud/root/alice-0"),
        std::string("spiffe://alice.spud/spdu/compute/alice-0"),
        std::string("spiffe://alice.spud/spud/compute/alice/0"),
        std::string("spiffe://alice.spud:1/spud/compute/a"), good + "/", good + "?x", good + "#x", good + " ",
        good + std::string(1, '\0'), std::string("spiffe://u@alice.spud/spud/compute/a"),
        std::string("SPIFFE://alice.spud/spud/compute/a")}) {
    EXPECT_FALSE(parse_uri(bad)) << bad;
  }
}

TEST(Identity, ErrorsDoNotRepeatControlCharacters) {
  auto parsed = parse_uri("spiffe://\x1b[31m\n");
  ASSERT_FALSE(parsed);
  EXPECT_EQ(parsed.error().what.find('\x1b'), std::string::npos);
  EXPECT_EQ(parsed.error().what.find('\n'), std::string::npos);
}

}  // namespace
}  // namespace spud::crypto
