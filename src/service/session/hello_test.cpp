// SPDX-License-Identifier: Apache-2.0
#include "service/session/hello.hpp"

#include <gtest/gtest.h>

namespace spud::service::session {
namespace {

Terms terms(unsigned own) {
  Terms terms;
  terms.job = JobId("j1");
  terms.attempt = 2;
  terms.device.name = DeviceId("d");
  terms.device.compute = {{PartyId("alice"), NodeId("a0"), "id-a", ""},
                          {PartyId("bob"), NodeId("b0"), "id-b", ""}};
  terms.own = Rank{own};
  terms.manifest = {{"job", "j1"}, {"plan", "abc"}};
  return terms;
}

TEST(Hello, PeersOfOneAttemptAgree) {
  EXPECT_TRUE(check_hello(terms(0), "id-b", hello(terms(1))));
}

TEST(Hello, NamesTheFieldThatDiffersAndWhoSentIt) {
  auto peer = hello(terms(1));
  peer.manifest[1].value = "xyz";
  auto refused = check_hello(terms(0), "id-b", peer);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().party, "bob");
  EXPECT_EQ(refused.error().what, "manifest differs in plan: xyz instead of abc");
}

TEST(Hello, RefusesAMissingField) {
  auto peer = hello(terms(1));
  peer.manifest.pop_back();
  EXPECT_EQ(check_hello(terms(0), "id-b", peer).error().what,
            "manifest differs in plan: nothing instead of abc");
}

TEST(Hello, RefusesACertificateOfAnotherRank) {
  EXPECT_EQ(check_hello(terms(0), "id-m", hello(terms(1))).error().code, ErrorCode::kDenied);
  EXPECT_FALSE(check_hello(terms(0), "id-a", hello(terms(0)))) << "our own rank";
}

TEST(Hello, RefusesAnotherAttempt) {
  auto peer = hello(terms(1));
  peer.attempt = 1;
  EXPECT_EQ(check_hello(terms(0), "id-b", peer).error().party, "bob");
}

TEST(Hello, RefusesAnotherVersionOfTheLinkByName) {
  auto peer = hello(terms(1));
  peer.version = wire::kLinkVersion + 1;
  const auto refused = check_hello(terms(0), "id-b", peer);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().party, "bob");
  EXPECT_EQ(refused.error().code, ErrorCode::kUnsupported);
}

TEST(Blame, AnErrorWithoutAPartyIsOurs) {
  EXPECT_EQ(blame(Error{ErrorCode::kResource, "disk full", "", "", "", ""}, terms(1)).party, "bob");
  EXPECT_EQ(blame(Error{ErrorCode::kTimeout, "silent", "", "", "alice", ""}, terms(1)).party, "alice");
}

}  // namespace
}  // namespace spud::service::session
