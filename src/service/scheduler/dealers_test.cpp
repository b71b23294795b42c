// SPDX-License-Identifier: Apache-2.0
// Devices that name two dealers: one that is away stops nothing.
#include "service/scheduler/stock_for_tests.hpp"

namespace spud::service::scheduler {
namespace {

/// A device of which Carol deals, and Dora too.
class TwoDealers : public StockOfADevice {
 protected:
  TwoDealers() {
    hear(dora);
    device = *devices.create(ann, wish(), registry, now);
  }
  static wire::CreateDevice wish() {
    return {DeviceId("two"),
            Layout::kOutsourcing,
            Protocol::kSemi2k,
            {64, 18},
            {PartyId("alice"), PartyId("bob")},
            {PartyId("carol"), PartyId("dora")}};
  }
  void hear(const crypto::Identity& dealer, bool draining = false) {
    EXPECT_TRUE(registry.announce(dealer, {"host:3", "", draining}, now));
  }
  std::string dealer_of_next() {
    auto orders = due();
    if (orders.size() != 1) return std::to_string(orders.size()) + " orders";
    last = orders[0];
    return last.dealer.party.str();
  }
  void fail_last() {
    stock.failed(last, Error{ErrorCode::kTimeout, "no tape", "", "", "", ""}, now);
    now += StockBook::kLongestPause;
    announce();
    hear(dora);
  }
  Result<AttemptName> start(const std::string& id, Supply supply) {
    JobRequest request;
    request.id = JobId(id);
    request.device = device.name;
    request.device_digest = digest(device);
    request.outputs = {{"out0", PartyId("alice")}};
    request.supply = supply;
    EXPECT_TRUE(jobs.submit(ann, request, device, 1));
    auto started = jobs.schedule(devices, registry, stock, now, 1);
    if (started.start.empty()) return fail(ErrorCode::kUnavailable, jobs.find(JobId(id))->waiting);
    return started.start.at(0);
  }

  const crypto::Identity dora = who("dora", crypto::Role::kDealer, "dora-0");
  TapeOrder last;
};

TEST_F(TwoDealers, AreThoseThatWereAskedForInThatOrder) {
  ASSERT_EQ(device.dealers.size(), 2u);
  EXPECT_EQ(device.dealers[0].party, PartyId("carol"));
  EXPECT_EQ(device.dealers[1].identity, dora.uri());
  EXPECT_EQ(digest(*devices.create(ann, wish(), registry, now)), digest(device)) << "asked again";
  auto other = wish();
  other.dealers = {PartyId("dora"), PartyId("carol")};
  EXPECT_EQ(devices.create(ann, other, registry, now).error().code, ErrorCode::kConflict);
  other.dealers.pop_back();
  EXPECT_EQ(devices.create(ann, other, registry, now).error().code, ErrorCode::kConflict);
  other.dealers.clear();
  EXPECT_TRUE(devices.create(ann, other, registry, now)) << "whoever leaves the choice takes what there is";
}

TEST_F(TwoDealers, APartyNamedTwiceDealsByTwoNodes) {
  auto twice = wish();
  twice.name = DeviceId("twice");
  twice.dealers = {PartyId("carol"), PartyId("carol")};
  EXPECT_EQ(devices.create(ann, twice, registry, now).error().party, "carol") << "there is one only";
  hear(who("carol", crypto::Role::kDealer, "carol-1"));
  auto made = devices.create(ann, twice, registry, now);
  ASSERT_TRUE(made) << made.error().message();
  EXPECT_EQ(made->dealers[0].node, NodeId("carol-1")) << "the other deals for a device already";
  EXPECT_EQ(made->dealers[1].node, NodeId("carol-0"));
}

TEST_F(TwoDealers, OneThatFailedAnAttemptIsPassedOverByTheNext) {
  Job job;
  job.attempts.resize(1);
  job.attempts[0].problem = Error{ErrorCode::kTimeout, "beats, and deals nothing", "tape", "", "carol", ""};
  EXPECT_EQ(blamed_dealer(job, device), "") << "that is this attempt";
  job.attempts.resize(2);
  EXPECT_EQ(registry.reach_dealer(device, now, blamed_dealer(job, device))->party, PartyId("dora"));
  job.attempts[0].problem->party = "alice";
  EXPECT_EQ(blamed_dealer(job, device), "");
  job.attempts[0].problem.reset();
  EXPECT_EQ(blamed_dealer(job, device), "");
}

TEST_F(TwoDealers, TheFirstThatTakesWorkIsReached) {
  EXPECT_EQ(registry.reach_dealer(device, now)->party, PartyId("carol"));
  EXPECT_EQ(registry.reach_dealer(device, now, carol.uri())->party, PartyId("dora"));
  hear(carol, true);
  EXPECT_EQ(registry.reach_dealer(device, now)->party, PartyId("dora")) << "carol drains";
  EXPECT_EQ(registry.reach_dealer(device, now, dora.uri())->party, PartyId("dora")) << "there is no other";
  EXPECT_EQ(registry.reach_dealer(device, now)->address, "host:3") << "where it said last that it is";
  hear(dora, true);
  auto none = registry.reach_dealer(device, now);
  ASSERT_FALSE(none);
  for (const auto* name : {"carol-0 is shutting down", "dora-0 is shutting down"}) {
    EXPECT_NE(none.error().what.find(name), std::string::npos) << none.error().message();
  }
}

TEST_F(TwoDealers, AJobStartsWithEitherAndWaitsWithoutBoth) {
  hear(carol, true);
  EXPECT_TRUE(start("j1", Supply::kLive));
  hear(dora, true);
  auto waits = start("j2", Supply::kLive);
  ASSERT_FALSE(waits);
  EXPECT_NE(waits.error().what.find("none of its dealers"), std::string::npos) << waits.error().message();
}

TEST_F(TwoDealers, ATapeIsMadeByTheFirstThatTakesWork) {
  order(2);
  EXPECT_EQ(dealer_of_next(), "carol");
  EXPECT_EQ(last.dealer.identity, carol.uri());
  stock.made(last, tape(1));
  hear(carol, true);
  EXPECT_EQ(dealer_of_next(), "dora");
}

TEST_F(TwoDealers, AfterAFailureTheOtherComesFirst) {
  order(9);
  ASSERT_EQ(dealer_of_next(), "carol");
  fail_last();
  ASSERT_EQ(dealer_of_next(), "dora");
  stock.made(last, tape(1));
  EXPECT_EQ(dealer_of_next(), "dora") << "carol would fail again, for all we know";
  fail_last();
  EXPECT_EQ(dealer_of_next(), "carol");
  fail_last();
  hear(dora, true);
  EXPECT_EQ(dealer_of_next(), "carol") << "the other is away";
  fail_last();
  order(1);
  EXPECT_EQ(dealer_of_next(), "carol") << "whoever orders anew begins anew";
}

TEST_F(TwoDealers, TapesOfEitherServe) {
  auto theirs = tape(1), hers = tape(1);
  hers.id.party = dora.party;
  hers.id.node = dora.name;
  announce({theirs, hers});
  EXPECT_EQ(stock.available(device, demand), 2u);
  EXPECT_EQ(stock.take(device, demand, {JobId("j1"), 1})->party, carol.party);
  EXPECT_EQ(stock.take(device, demand, {JobId("j2"), 1})->party, dora.party);
  EXPECT_TRUE(agree_on_tape(device, device.dealers[1], demand, {hers, hers}));
  EXPECT_FALSE(agree_on_tape(device, device.dealers[0], demand, {hers, hers})) << "of the one who was asked";
}

}  // namespace
}  // namespace spud::service::scheduler
