// SPDX-License-Identifier: Apache-2.0
#include "service/dealer/tape_state.hpp"

#include <gtest/gtest.h>

namespace spud::service::dealer {
namespace {

crypto::Identity who(const std::string& party, crypto::Role role) {
  return {PartyId(party), party + ".spud", role, NodeId(party + "-0")};
}

wire::OpenTape open_of(unsigned rank) {
  wire::OpenTape open;
  open.job = JobId("j1");
  open.attempt = 1;
  open.device.name = DeviceId("d");
  for (auto party : {"alice", "bob"}) {
    auto id = who(party, crypto::Role::kCompute);
    open.device.compute.push_back({id.party, id.name, id.uri(), "h:1"});
  }
  for (auto party : {"carol", "dora"}) {
    auto dealer = who(party, crypto::Role::kDealer);
    open.device.dealers.push_back({dealer.party, dealer.name, dealer.uri(), "h:1"});
  }
  open.rank = Rank{rank};
  return open;
}
const auto kAlice = who("alice", crypto::Role::kCompute), kBob = who("bob", crypto::Role::kCompute);

TEST(TapeState, DealsWhenAllRanksAskForTheSame) {
  TapeState tape(open_of(1), Millis(100));
  EXPECT_EQ(*tape.join(kBob, open_of(1)), TapeState::Step::kWait);
  EXPECT_EQ(*tape.join(kAlice, open_of(0)), TapeState::Step::kDeal);
  EXPECT_TRUE(tape.check(Millis(200)));
}

TEST(TapeState, NamesWhoseDemandDiffers) {
  TapeState tape(open_of(0), Millis(100));
  ASSERT_TRUE(tape.join(kAlice, open_of(0)));
  auto other = open_of(1);
  other.demand.bytes[0] = std::byte{1};
  auto refused = tape.join(kBob, other);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().party, "bob");
}

TEST(TapeState, RefusesAnotherDeviceAndARankThatComesTwice) {
  TapeState tape(open_of(0), Millis(100));
  ASSERT_TRUE(tape.join(kAlice, open_of(0)));
  EXPECT_FALSE(tape.join(kAlice, open_of(0)));
  auto other = open_of(1);
  other.device.format.fraction_bits = 3;
  EXPECT_FALSE(tape.join(kBob, other));
}

TEST(TapeState, NamesWhoDidNotComeInTime) {
  TapeState tape(open_of(0), Millis(100));
  ASSERT_TRUE(tape.join(kAlice, open_of(0)));
  EXPECT_TRUE(tape.check(Millis(99)));
  auto late = tape.check(Millis(100));
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().party, "bob");
}

TEST(TapeMembers, ANodeAsksForItsOwnRankAtOneOfItsDealers) {
  const auto own = who("carol", crypto::Role::kDealer).uri();
  EXPECT_TRUE(check_members(kAlice, own, open_of(0)));
  EXPECT_TRUE(check_members(kAlice, who("dora", crypto::Role::kDealer).uri(), open_of(0)));
  EXPECT_EQ(check_members(kAlice, own, open_of(1)).error().code, ErrorCode::kDenied);
  EXPECT_EQ(check_members(kAlice, "spiffe://dave.spud/spud/dealer/d", open_of(0)).error().code,
            ErrorCode::kDenied);
}

TEST(TapeLedger, NeverDealsTwiceToAnAttemptEvenAfterARestart) {
  TapeLedger ledger;
  const auto key = attempt_key(open_of(0));
  EXPECT_EQ(key, attempt_key(open_of(1)));
  ASSERT_TRUE(ledger.enter(key));
  EXPECT_EQ(ledger.enter(key).error().code, ErrorCode::kConflict);
  TapeLedger fresh;
  fresh.reload(key);
  EXPECT_FALSE(fresh.enter(key));
}

}  // namespace
}  // namespace spud::service::dealer
