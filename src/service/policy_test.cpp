// SPDX-License-Identifier: Apache-2.0
#include "service/policy.hpp"

#include <gtest/gtest.h>

namespace spud::service {
namespace {

const PartyId kAlice("alice"), kBob("bob");
const std::string kProgram(64, 'a');

Result<Policy> parse(const std::string& text) {
  return parse_policy(text, "p.yaml", kAlice, {kBob, kAlice});
}

Access access(std::int64_t now = 0, std::uint64_t uses = 0) {
  return {*Digest::from_hex(kProgram), {kAlice}, now, uses};
}

TEST(Policy, WithoutAFileOnlyTheOwnerReceives) {
  auto policy = parse("");
  ASSERT_TRUE(policy);
  EXPECT_EQ(policy->recipients, std::vector{kAlice});
  EXPECT_EQ(policy->holders, (std::vector{kAlice, kBob}));
  EXPECT_TRUE(policy->any_program);
  EXPECT_TRUE(allows(*policy, access(), "ages", kAlice));
  auto to_bob = access();
  to_bob.recipients = {kAlice, kBob};
  auto refused = allows(*policy, to_bob, "ages", kAlice);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().what, "results may not reach bob");
}

TEST(Policy, ReadsEveryKey) {
  auto policy = parse("recipients: [bob]\nprograms: [" + kProgram +
                      "]\nholders: [alice, bob, carol]\nexpires: 2030-01-31\nuses: 3\n");
  ASSERT_TRUE(policy) << policy.error().message();
  EXPECT_EQ(policy->expires_unix_millis, 1'896'048'000'000);
  EXPECT_EQ(policy->uses, 3u);
  EXPECT_EQ(policy->programs.size(), 1u);
}

TEST(Policy, ExpiresAtItsTimeExactly) {
  auto policy = *parse("expires: 1970-01-01T00:00:10Z");
  EXPECT_TRUE(allows(policy, access(9'999), "ages", kAlice));
  EXPECT_FALSE(allows(policy, access(10'000), "ages", kAlice));
}

TEST(Policy, AllowsSoManyUsesAndNoMore) {
  auto policy = *parse("uses: 2");
  EXPECT_TRUE(allows(policy, access(0, 1), "ages", kAlice));
  EXPECT_FALSE(allows(policy, access(0, 2), "ages", kAlice));
}

TEST(Policy, RefusesOtherPrograms) {
  auto policy = *parse("programs: [" + std::string(64, 'b') + "]");
  EXPECT_EQ(allows(policy, access(), "ages", kAlice).error().code, ErrorCode::kDenied);
  EXPECT_FALSE(allows(*parse("programs: []"), access(), "ages", kAlice)) << "an empty list allows none";
}

TEST(Policy, NamesTheFileAndKeyThatAreWrong) {
  for (auto text : {"expire: 2030-01-31", "uses: many", "uses: 0", "recipients: bob", "recipients: [B!]",
                    "programs: [12]", "expires: tomorrow", "expires: 2030-02-31", "[", "- a"}) {
    auto policy = parse(text);
    ASSERT_FALSE(policy) << text;
    EXPECT_EQ(policy.error().code, ErrorCode::kBadInput);
    EXPECT_EQ(policy.error().where.rfind("p.yaml", 0), 0u) << policy.error().message();
  }
}

}  // namespace
}  // namespace spud::service
