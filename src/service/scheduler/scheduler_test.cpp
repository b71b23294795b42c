// SPDX-License-Identifier: Apache-2.0
#include <set>

#include <gtest/gtest.h>

#include "service/scheduler/attempt_state.hpp"
#include "service/scheduler/job_book.hpp"

namespace spud::service::scheduler {
namespace {

using crypto::Identity;
using crypto::Role;

Identity who(const std::string& party, Role role, const std::string& name) {
  return {PartyId(party), party + ".spud", role, NodeId(name)};
}
const Identity kAnn = who("alice", Role::kClient, "ann");
const Identity kBen = who("bob", Role::kClient, "ben");

class Cluster : public ::testing::Test {
 protected:
  Cluster() {
    for (const auto& node : {who("alice", Role::kCompute, "alice-0"), who("bob", Role::kCompute, "bob-0")}) {
      EXPECT_TRUE(registry.announce(node, {"host:1", "7", false}, now));
    }
    EXPECT_TRUE(registry.announce(who("carol", Role::kDealer, "carol-0"), {"host:2", "", false}, now));
  }
  wire::CreateDevice wish() const {
    return {DeviceId("d"),
            Layout::kOutsourcing,
            Protocol::kSemi2k,
            {64, 18},
            {PartyId("alice"), PartyId("bob")},
            {}};
  }
  Device make() { return *devices.create(kAnn, wish(), registry, now); }
  JobRequest request(const Device& device, const std::string& id = "j1") const {
    JobRequest request;
    request.id = JobId(id);
    request.device = device.name;
    request.device_digest = digest(device);
    request.inputs = {{"in0", DatasetId("ages")}};
    request.outputs = {{"out0", PartyId("alice")}};
    return request;
  }
  /// A job that runs.
  AttemptName run(const Device& device) {
    EXPECT_TRUE(jobs.submit(kAnn, request(device), device, 1));
    auto effects = jobs.schedule(devices, registry, stock, now, 2);
    EXPECT_EQ(effects.start.size(), 1u);
    return effects.start.at(0);
  }

  const Digest demand = digest_fields("demand", {{"of", "a test"}});
  const Fields manifest{{"plan", "abc"}, {"demand", demand.hex()}};

  Millis now{1000};
  NodeRegistry registry{Millis(5000)};
  DeviceBook devices;
  JobBook jobs;
  StockBook stock;
};

TEST_F(Cluster, ListsNodesThatGetNoWorkAsAbsentUntilTheyAnnounceThemselves) {
  auto absent = [&](Millis later) {
    std::set<std::string> names;
    for (const auto& node : registry.list(now + later)) {
      if (node.absent) names.insert(node.member.node.str());
    }
    return names;
  };
  const auto device = make();
  EXPECT_EQ(absent(Millis(5000)), std::set<std::string>{});
  registry.doubt(device, PartyId("bob"));
  EXPECT_EQ(absent(Millis(0)), std::set<std::string>{"bob-0"}) << "missed by an attempt";
  EXPECT_TRUE(
      registry.announce(who("bob", Role::kCompute, "bob-0"), {"host:1", "7", false}, now + Millis(1)));
  EXPECT_EQ(absent(Millis(1)), std::set<std::string>{});
  EXPECT_EQ(absent(Millis(5001)), (std::set<std::string>{"alice-0", "carol-0"})) << "silent for too long";
}

TEST_F(Cluster, AnnouncingAgainChangesNothingThatIsStored) {
  auto again =
      registry.announce(who("alice", Role::kCompute, "alice-0"), {"host:1", "7", false}, now + Millis(1));
  ASSERT_TRUE(again);
  EXPECT_FALSE(*again);
  auto moved =
      registry.announce(who("alice", Role::kCompute, "alice-0"), {"host:9", "7", false}, now + Millis(1));
  ASSERT_TRUE(moved && *moved);
  EXPECT_EQ((*moved)->member.address, "host:9");
}

TEST_F(Cluster, WhatANodesClockShowsIsHeldBesideTheSchedulers) {
  wire::Announce said{"host:1", "7", false};
  ASSERT_TRUE(registry.announce(who("alice", Role::kCompute, "alice-0"), said, now, 1'700'000'000'000));
  EXPECT_FALSE(wire::clock_offset_millis(registry.list(now).at(0))) << "an older node does not say";
  said.unix_millis = 1'699'999'997'500;
  ASSERT_TRUE(registry.announce(who("alice", Role::kCompute, "alice-0"), said, now, 1'700'000'000'000));
  EXPECT_EQ(wire::clock_offset_millis(registry.list(now).at(0)), -2500);
}

TEST_F(Cluster, AClientCannotRegisterAsANode) {
  auto refused = registry.announce(kAnn, {"host:1", "7", false}, now);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kDenied);
}

TEST_F(Cluster, DeviceTakesOneNodeAPartyAndAnotherPartysDealer) {
  auto device = make();
  EXPECT_EQ(device.compute[1].node, NodeId("bob-0"));
  EXPECT_EQ(device.dealers.at(0).party, PartyId("carol"));
  auto twice = wish();
  twice.name = DeviceId("e");
  twice.parties = {PartyId("alice"), PartyId("alice")};
  EXPECT_EQ(devices.create(kAnn, twice, registry, now).error().code, ErrorCode::kDenied);
  auto dealer = wish();
  dealer.name = DeviceId("e");
  dealer.dealers = {PartyId("bob")};
  EXPECT_EQ(devices.create(kAnn, dealer, registry, now).error().code, ErrorCode::kDenied);
}

TEST_F(Cluster, DeviceRequestIsRepeatableAndItsNameTaken) {
  auto device = make();
  EXPECT_EQ(digest(make()), digest(device));
  auto other = wish();
  other.format.fraction_bits = 10;
  EXPECT_EQ(devices.create(kAnn, other, registry, now).error().code, ErrorCode::kConflict);
  EXPECT_EQ(devices.create(kBen, wish(), registry, now).error().code, ErrorCode::kConflict);
}

TEST_F(Cluster, DeviceNamesThePartyWithoutANode) {
  auto far = wish();
  far.parties = {PartyId("alice"), PartyId("dave")};
  auto device = devices.create(kAnn, far, registry, now);
  ASSERT_FALSE(device);
  EXPECT_EQ(device.error().party, "dave");
}

TEST_F(Cluster, OnlyItsMakerDropsADevice) {
  make();
  EXPECT_EQ(devices.drop(kBen, DeviceId("d")).error().code, ErrorCode::kDenied);
  EXPECT_TRUE(devices.drop(kAnn, DeviceId("d")));
  EXPECT_TRUE(devices.drop(kAnn, DeviceId("d")));
}

TEST(DeviceDigest, CoversIdentitiesButNotAddresses) {
  Device device;
  device.name = DeviceId("d");
  device.compute = {{PartyId("a"), NodeId("a"), "id-a", "x:1"}, {PartyId("b"), NodeId("b"), "id-b", "y:1"}};
  auto moved = device;
  moved.compute[0].address = "z:1";
  EXPECT_EQ(digest(device), digest(moved));
  auto swapped = device;
  swapped.compute[0].identity = "id-evil";
  EXPECT_NE(digest(device), digest(swapped));
}

TEST_F(Cluster, SubmittingTwiceIsOneJob) {
  auto device = make();
  ASSERT_EQ(jobs.submit(kAnn, request(device), device, 1)->store.size(), 1u);
  EXPECT_TRUE(jobs.submit(kAnn, request(device), device, 2)->store.empty());
  EXPECT_EQ(jobs.list(kAnn).size(), 1u);
}

TEST_F(Cluster, AnotherRequestUnderTheSameIdIsAConflict) {
  auto device = make();
  ASSERT_TRUE(jobs.submit(kAnn, request(device), device, 1));
  auto other = request(device);
  other.outputs[0].recipient = PartyId("bob");
  EXPECT_EQ(jobs.submit(kAnn, other, device, 1).error().code, ErrorCode::kConflict);
  EXPECT_EQ(jobs.submit(kBen, request(device), device, 1).error().code, ErrorCode::kConflict);
}

TEST_F(Cluster, AJobForAnotherDeviceDigestIsRefused) {
  auto device = make();
  auto stale = request(device);
  stale.device_digest.bytes[0] ^= std::byte{1};
  EXPECT_EQ(jobs.submit(kAnn, stale, device, 1).error().code, ErrorCode::kConflict);
}

TEST_F(Cluster, AJobWaitsForASilentNodeAndSaysSo) {
  auto device = make();
  ASSERT_TRUE(jobs.submit(kAnn, request(device), device, 1));
  auto later = now + Millis(6000);
  EXPECT_TRUE(jobs.schedule(devices, registry, stock, later, 2).start.empty());
  EXPECT_NE(jobs.show(kAnn, JobId("j1"))->waiting.find("silent for 6 s"), std::string::npos);
}

TEST_F(Cluster, TheLongestWaitIsOfAJobThatMayNotBeTheNext) {
  auto device = make();
  EXPECT_EQ(jobs.longest_wait(5000), Millis(0));
  ASSERT_TRUE(jobs.submit(kAnn, request(device, "old"), device, 1000));
  auto urgent = request(device, "urgent");
  urgent.priority = kHighestPriority;
  ASSERT_TRUE(jobs.submit(kAnn, urgent, device, 4000));
  EXPECT_EQ(jobs.longest_wait(5000), Millis(4000));
  const auto started = jobs.schedule(devices, registry, stock, now, 5000).start;
  EXPECT_EQ(jobs.longest_wait(6000), Millis(0));
  for (const auto& name : started)
    jobs.ended(name, {Error{ErrorCode::kUnavailable, "the link has ended", "", "", "bob", ""}, {}, {}}, 7000);
  EXPECT_EQ(jobs.longest_wait(7500), Millis(500)) << "since its attempt failed";
}

TEST_F(Cluster, AJobWaitsWhileCompilersDiffer) {
  auto device = make();
  ASSERT_TRUE(registry.announce(who("bob", Role::kCompute, "bob-0"), {"host:1", "8", false}, now));
  ASSERT_TRUE(jobs.submit(kAnn, request(device), device, 1));
  EXPECT_TRUE(jobs.schedule(devices, registry, stock, now, 2).start.empty());
  EXPECT_NE(jobs.show(kAnn, JobId("j1"))->waiting.find("compilers differ"), std::string::npos);
}

TEST_F(Cluster, AFailedJobSubmittedAgainMakesANewAttempt) {
  auto device = make();
  auto first = run(device);
  jobs.ended(first, {Error{ErrorCode::kDenied, "not allowed", "", "", "bob", ""}, {}, {}}, 3);
  EXPECT_EQ(jobs.show(kAnn, first.job)->state, JobState::kFailed);
  ASSERT_TRUE(jobs.submit(kAnn, request(device), device, 4));
  auto second = jobs.schedule(devices, registry, stock, now, 5).start.at(0);
  EXPECT_EQ(second.attempt, 2u);
  jobs.ended(first, {}, 6);
  EXPECT_EQ(jobs.show(kAnn, first.job)->state, JobState::kRunning)
      << "a late end of attempt 1 is not that of 2";
  jobs.ended(second, {}, 7);
  EXPECT_EQ(jobs.show(kAnn, first.job)->state, JobState::kDone);
  EXPECT_TRUE(jobs.submit(kAnn, request(device), device, 8)->store.empty())
      << "done is answered, not run again";
}

TEST_F(Cluster, OnlySoManyAttemptsOfADeviceRunAtOnce) {
  auto device = make();
  for (unsigned i = 0; i <= kStandardSlots; ++i) {
    ASSERT_TRUE(jobs.submit(kAnn, request(device, "j" + std::to_string(i)), device, i));
  }
  EXPECT_EQ(jobs.schedule(devices, registry, stock, now, 9).start.size(), kStandardSlots);
  jobs.ended({JobId("j0"), 1}, {}, 10);
  EXPECT_EQ(jobs.schedule(devices, registry, stock, now, 11).start.size(), 1u);
}

TEST_F(Cluster, CancellingEndsTheRunningAttempt) {
  auto device = make();
  auto name = run(device);
  EXPECT_EQ(jobs.cancel(kBen, name.job, 3).error().code, ErrorCode::kDenied);
  EXPECT_EQ(jobs.cancel(kAnn, name.job, 3)->cancel, std::vector{name});
  jobs.ended(name, {}, 4);
  EXPECT_EQ(jobs.show(kAnn, name.job)->state, JobState::kCancelled);
}

TEST_F(Cluster, StrangersDoNotLearnThatAJobExists) {
  auto device = make();
  run(device);
  auto there = jobs.show(kBen, JobId("j1")), nowhere = jobs.show(kBen, JobId("j2"));
  EXPECT_EQ(there.error().code, ErrorCode::kDenied);
  EXPECT_EQ(there.error().code, nowhere.error().code);
  EXPECT_TRUE(jobs.list(kBen).empty());
}

TEST_F(Cluster, ReloadedJobsKeepRunning) {
  auto device = make();
  auto name = run(device);
  JobBook fresh;
  fresh.reload(*jobs.find(name.job));
  EXPECT_EQ(fresh.running(), std::vector{name});
}

template <class Effect>
const Effect* find(const std::vector<AttemptEffect>& effects) {
  for (const auto& effect : effects) {
    if (const auto* found = std::get_if<Effect>(&effect)) return found;
  }
  return nullptr;
}

TEST_F(Cluster, AttemptPreparesComparesStartsAndEnds) {
  AttemptState attempt(make());
  EXPECT_TRUE(attempt.begin().empty());
  EXPECT_TRUE(attempt.apply(Prepared{Rank{1}, manifest}).empty());
  auto chosen = attempt.apply(Prepared{Rank{0}, manifest});
  ASSERT_TRUE(find<ChooseTape>(chosen));
  EXPECT_EQ(find<ChooseTape>(chosen)->demand, demand);
  EXPECT_FALSE(find<StartNodes>(chosen));
  auto start = attempt.apply(TapeChosen{});
  ASSERT_TRUE(find<StartNodes>(start));
  EXPECT_EQ(find<StartNodes>(start)->manifest, digest_fields("manifest", manifest));
  EXPECT_TRUE(find<AwaitNode>(attempt.apply(Started{Rank{0}, {}})));
  EXPECT_TRUE(attempt.apply(Started{Rank{0}, {}}).empty()) << "said twice";
  EXPECT_TRUE(find<AwaitNode>(attempt.apply(Started{Rank{1}, {}})));
  wire::AttemptStatus done{wire::AttemptState::kDone, {}, {{"rounds", 3}}};
  EXPECT_TRUE(attempt.apply(NodeEnded{Rank{0}, done}).empty());
  auto end = attempt.apply(NodeEnded{Rank{1}, done});
  ASSERT_TRUE(find<Finished>(end));
  EXPECT_FALSE(find<Finished>(end)->problem);
  EXPECT_EQ(find<Finished>(end)->reports.size(), 2u);
}

TEST_F(Cluster, WhatANodeCannotTakeNowHasNotBegunAndWhatItRefusesHasEnded) {
  for (auto code : {ErrorCode::kUnavailable, ErrorCode::kResource}) {
    for (bool refused : {true, false}) {
      AttemptState attempt(make());
      auto end = attempt.apply(
          Prepared{Rank{1}, std::unexpected(Error{code, "memory", "", "", "bob", ""}), refused});
      ASSERT_TRUE(find<Finished>(end) && find<CancelNodes>(end));
      EXPECT_EQ(find<Finished>(end)->again, refused && code == ErrorCode::kUnavailable)
          << "a node that cannot be reached is an attempt that failed";
      EXPECT_FALSE(find<Finished>(end)->manifest);
    }
  }
}

TEST_F(Cluster, AnAttemptStartsWithTheManifestThatNamesWhoDealsLive) {
  const auto device = make();
  AttemptState attempt(device);
  attempt.apply(Prepared{Rank{0}, manifest});
  attempt.apply(Prepared{Rank{1}, manifest});
  const auto dealer = device.dealers.at(0).identity;
  auto start = attempt.apply(TapeChosen{{}, dealer});
  ASSERT_TRUE(find<StartNodes>(start));
  EXPECT_EQ(find<StartNodes>(start)->dealer, dealer);
  auto named = manifest;
  named.push_back({"dealer", dealer});
  EXPECT_EQ(find<StartNodes>(start)->manifest, digest_fields("manifest", named));
}

TEST_F(Cluster, AttemptNamesTheFieldAndPartyThatDiffer) {
  AttemptState attempt(make());
  attempt.apply(Prepared{Rank{0}, Fields{{"job", "j"}, {"plan", "abc"}}});
  auto end = attempt.apply(Prepared{Rank{1}, Fields{{"job", "j"}, {"plan", "xyz"}}});
  ASSERT_TRUE(find<CancelNodes>(end) && find<Finished>(end));
  EXPECT_EQ(find<Finished>(end)->problem->party, "bob");
  EXPECT_NE(find<Finished>(end)->problem->what.find("differs in plan"), std::string::npos);
}

TEST_F(Cluster, AttemptEndsWithTheFirstProblemAndIgnoresTheRest) {
  AttemptState attempt(make());
  attempt.apply(Prepared{Rank{0}, manifest});
  attempt.apply(Prepared{Rank{1}, manifest});
  attempt.apply(TapeChosen{});
  attempt.apply(Started{Rank{0}, {}});
  auto end = attempt.apply(Started{Rank{1}, fail(ErrorCode::kUnavailable, "gone", "", "", "bob")});
  EXPECT_EQ(find<Finished>(end)->problem->party, "bob");
  EXPECT_EQ(find<CancelNodes>(end)->cause.party, "bob") << "the other nodes learn who is at fault";
  EXPECT_TRUE(attempt.apply(NodeEnded{Rank{0}, fail(ErrorCode::kTimeout, "late")}).empty());
}

TEST_F(Cluster, AnAttemptThatNotAllPrepareInTimeIsNobodys) {
  AttemptState attempt(make());
  attempt.apply(Prepared{Rank{0}, manifest});
  auto end = attempt.apply(PrepareLate{Millis(60'000)});
  ASSERT_TRUE(find<CancelNodes>(end) && find<Finished>(end)) << "alice is free again";
  const auto& problem = *find<Finished>(end)->problem;
  EXPECT_EQ(problem.what, "bob-0 did not prepare it within 60 s");
  EXPECT_EQ(problem.party, "bob");
  EXPECT_EQ(problem.code, ErrorCode::kTimeout) << "so that the job goes back to the queue";
  EXPECT_TRUE(attempt.apply(Prepared{Rank{1}, manifest}).empty()) << "too late";
}

TEST_F(Cluster, AnAttemptThatAllHavePreparedIsNotLate) {
  AttemptState attempt(make());
  attempt.apply(Prepared{Rank{0}, manifest});
  attempt.apply(Prepared{Rank{1}, manifest});
  EXPECT_TRUE(attempt.apply(PrepareLate{Millis(60'000)}).empty());
  EXPECT_FALSE(attempt.finished());
}

TEST_F(Cluster, ResumedAttemptAsksAllNodesAndFailsIfOneForgot) {
  auto attempt = AttemptState::resumed(make());
  EXPECT_EQ(attempt.begin().size(), 2u);
  attempt.apply(NodeEnded{Rank{0}, wire::AttemptStatus{wire::AttemptState::kDone, {}, {}}});
  auto end = attempt.apply(NodeEnded{Rank{1}, wire::AttemptStatus{wire::AttemptState::kUnknown, {}, {}}});
  EXPECT_EQ(find<Finished>(end)->problem->party, "bob");
}

}  // namespace
}  // namespace spud::service::scheduler
