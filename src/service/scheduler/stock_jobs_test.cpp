// SPDX-License-Identifier: Apache-2.0
// Jobs and the stock they use: who starts, who waits, who gets which tape.
#include "service/scheduler/stock_for_tests.hpp"

namespace spud::service::scheduler {
namespace {

class StockJobs : public StockOfADevice {
 protected:
  void submit(const std::string& id, Supply supply, std::int64_t at = 1) {
    JobRequest request;
    request.id = JobId(id);
    request.device = device.name;
    request.device_digest = digest(device);
    request.outputs = {{"out0", PartyId("alice")}};
    request.supply = supply;
    EXPECT_TRUE(jobs.submit(ann, request, device, at));
  }
  /// What starts, a while after everything before.
  std::vector<AttemptName> start() {
    clock += 2000;
    return jobs.schedule(devices, registry, stock, now, clock).start;
  }
  TapeChoice choose(const AttemptName& name) { return jobs.choose(name, demand, device, stock); }
  /// Its demand is known: the first attempt found no tape.
  void submit_known(const std::string& id, std::int64_t at = 1) {
    submit(id, Supply::kStock, at);
    auto name = start().at(0);
    auto choice = choose(name);
    ASSERT_FALSE(choice.tape);
    EXPECT_EQ(choice.effects.store.size(), 1u) << "the demand is kept";
    jobs.ended(name, {choice.tape.error(), {}, {}, true}, clock);
  }
  const Job& job(const std::string& id) const { return *jobs.find(JobId(id)); }
  void lose_the_dealer() {
    now += Millis(6000);
    for (const auto& node : {alice, bob}) {
      EXPECT_TRUE(registry.announce(node, {"host:1", "7", false, true}, now));
    }
  }

  std::int64_t clock = 1000;
};

TEST_F(StockJobs, AJobThatWantsStockLearnsItsDemandThenWaits) {
  submit_known("j1");
  EXPECT_EQ(job("j1").state, JobState::kQueued);
  EXPECT_EQ(job("j1").demand, demand);
  EXPECT_TRUE(start().empty());
  EXPECT_NE(job("j1").waiting.find("0 ready"), std::string::npos) << job("j1").waiting;
  EXPECT_EQ(jobs.waiting_for_tapes(), (WaitingJobs{{{device.name, demand}, 1}}));
  order(2);
  EXPECT_TRUE(start().empty());
  EXPECT_NE(job("j1").waiting.find("plan " + plan.plan.brief()), std::string::npos);
  EXPECT_NE(job("j1").waiting.find("2 ordered"), std::string::npos);
  announce({tape(1)});
  auto started = start();
  ASSERT_EQ(started.size(), 1u);
  EXPECT_TRUE(jobs.waiting_for_tapes().empty());
  auto choice = choose(started[0]);
  ASSERT_TRUE(choice.tape && *choice.tape);
  EXPECT_EQ(**choice.tape, tape(1).id);
  EXPECT_EQ(job("j1").attempts.back().tape, tape(1).id) << "written before it is reserved";
}

TEST_F(StockJobs, TwoJobsDoNotStartForOneTape) {
  submit_known("j1", 1);
  submit_known("j2", 2);
  announce({tape(1)});
  auto started = start();
  ASSERT_EQ(started.size(), 1u);
  EXPECT_EQ(started[0].job, JobId("j1")) << "in the order of submission";
  EXPECT_TRUE(start().empty());
  EXPECT_NE(job("j2").waiting.find("1 promised"), std::string::npos) << job("j2").waiting;
  EXPECT_TRUE(*choose(started[0]).tape);
  announce({tape(1), tape(2)});
  EXPECT_EQ(start().size(), 1u);
}

TEST_F(StockJobs, AnAttemptDoesNotTakeWhatIsPromisedToAnother) {
  submit_known("j1");
  announce({tape(1)});
  auto first = start().at(0);
  submit("j2", Supply::kAny);
  auto second = start().at(0);
  auto live = choose(second);
  ASSERT_TRUE(live.tape);
  EXPECT_FALSE(*live.tape);
  EXPECT_TRUE(*choose(first).tape);
}

TEST_F(StockJobs, APromiseEndsWithItsAttempt) {
  submit_known("j1");
  submit_known("j2", 2);
  announce({tape(1)});
  auto first = start().at(0);
  ASSERT_TRUE(jobs.cancel(ann, first.job, clock));
  jobs.ended(first, {Error{}, {}, {}, false}, clock);
  EXPECT_EQ(start().at(0).job, JobId("j2"));
}

TEST_F(StockJobs, AnyTakesStockAndElseIsDealtLive) {
  announce({tape(1)});
  submit("j1", Supply::kAny);
  submit("j2", Supply::kAny, 2);
  auto started = start();
  ASSERT_EQ(started.size(), 2u);
  EXPECT_TRUE(*choose(started[0]).tape);
  auto live = choose(started[1]);
  ASSERT_TRUE(live.tape);
  EXPECT_FALSE(*live.tape);
}

TEST_F(StockJobs, LiveLeavesStockAlone) {
  announce({tape(1)});
  submit("j1", Supply::kLive);
  auto choice = choose(start().at(0));
  ASSERT_TRUE(choice.tape);
  EXPECT_FALSE(*choice.tape);
  EXPECT_EQ(stock.available(device, demand), 1u);
}

TEST_F(StockJobs, ChoosingTwiceIsOneChoiceAndALateOneNone) {
  announce({tape(1), tape(2)});
  submit("j1", Supply::kAny);
  auto name = start().at(0);
  auto first = choose(name), second = choose(name);
  EXPECT_EQ(*first.tape, *second.tape);
  jobs.ended(name, {}, clock);
  EXPECT_EQ(choose(name).tape.error().code, ErrorCode::kCancelled);
}

TEST_F(StockJobs, ADealerIsNotNeededWhereATapeIsReady) {
  submit_known("j1");
  announce({tape(1)});
  lose_the_dealer();
  EXPECT_EQ(start().size(), 1u);
  submit("j2", Supply::kAny);
  EXPECT_TRUE(start().empty()) << "its demand is not known, so it may need the dealer";
  submit("j3", Supply::kStock);
  EXPECT_EQ(start().at(0).job, JobId("j3")) << "it asks no dealer in any case";
}

TEST_F(StockJobs, AnAttemptThatCouldNotBeginIsTriedAgainAfterAMoment) {
  submit("j1", Supply::kAny);
  auto name = start().at(0);
  const Error gone{ErrorCode::kNotFound, "the tape is not here", "", "", "bob", ""};
  EXPECT_EQ(jobs.ended(name, {gone, {}, {}, true}, clock).store.size(), 1u);
  EXPECT_EQ(job("j1").state, JobState::kQueued);
  EXPECT_NE(job("j1").waiting.find("the tape is not here"), std::string::npos);
  EXPECT_EQ(job("j1").attempts.back().problem->party, "bob");
  EXPECT_TRUE(jobs.schedule(devices, registry, stock, now, clock + 1).start.empty());
  EXPECT_EQ(start().at(0).attempt, 2u);
}

TEST_F(StockJobs, AJobIsNotTriedAgainForEver) {
  submit("j1", Supply::kAny);
  const Error gone{ErrorCode::kNotFound, "the tape is not here", "", "", "bob", ""};
  for (unsigned i = 1; i <= kAttemptsPerJob; ++i) {
    auto started = start();
    ASSERT_EQ(started.size(), 1u);
    jobs.ended(started[0], {gone, {}, {}, true}, clock);
  }
  EXPECT_EQ(job("j1").state, JobState::kFailed);
}

/// An attempt whose nodes have agreed on a manifest.
class Reserving : public StockOfADevice {
 protected:
  Reserving() : attempt(device) {
    attempt.apply(Prepared{Rank{0}, manifest});
    attempt.apply(Prepared{Rank{1}, manifest});
  }
  template <class Effect>
  static const Effect* find(const std::vector<AttemptEffect>& effects) {
    for (const auto& effect : effects) {
      if (const auto* found = std::get_if<Effect>(&effect)) return found;
    }
    return nullptr;
  }
  const Fields manifest{{"plan", "abc"}, {"demand", demand.hex()}};
  AttemptState attempt;
};

TEST_F(Reserving, StartsWithTheManifestThatNamesTheTape) {
  auto reserve = attempt.apply(TapeChosen{tape(1).id});
  ASSERT_TRUE(find<ReserveNodes>(reserve));
  EXPECT_EQ(find<ReserveNodes>(reserve)->manifest, digest_fields("manifest", manifest));
  EXPECT_EQ(find<ReserveNodes>(reserve)->tape, tape(1).id);
  auto extended = manifest;
  extended.push_back({"tape", tape(1).id.str()});
  EXPECT_TRUE(attempt.apply(Reserved{Rank{0}, extended}).empty());
  auto start = attempt.apply(Reserved{Rank{1}, extended});
  ASSERT_TRUE(find<StartNodes>(start));
  EXPECT_EQ(find<StartNodes>(start)->manifest, digest_fields("manifest", extended));
}

TEST_F(Reserving, GoesBackToTheQueueWithoutATape) {
  auto end = attempt.apply(NoTape{Error{ErrorCode::kUnavailable, "none is free", "", "", "", ""}});
  ASSERT_TRUE(find<Finished>(end) && find<CancelNodes>(end));
  EXPECT_TRUE(find<Finished>(end)->again);
}

TEST_F(Reserving, GoesBackToTheQueueIfANodeHasNotGotTheTape) {
  attempt.apply(TapeChosen{tape(1).id});
  auto end = attempt.apply(Reserved{Rank{1}, fail(ErrorCode::kNotFound, "not here", "", "", "bob")});
  ASSERT_TRUE(find<Finished>(end) && find<CancelNodes>(end));
  EXPECT_TRUE(find<Finished>(end)->again);
  EXPECT_EQ(find<Finished>(end)->problem->party, "bob");
}

TEST_F(Reserving, FailsIfNodesDifferAboutTheTape) {
  attempt.apply(TapeChosen{tape(1).id});
  auto extended = manifest;
  extended.push_back({"digest of tape carol/dealer/1/1", "abc"});
  attempt.apply(Reserved{Rank{0}, extended});
  extended.back().value = "xyz";
  auto end = attempt.apply(Reserved{Rank{1}, extended});
  ASSERT_TRUE(find<Finished>(end));
  EXPECT_FALSE(find<Finished>(end)->again) << "somebody is at fault";
}

TEST_F(Reserving, IsCancelledLikeAnyOther) {
  attempt.apply(TapeChosen{tape(1).id});
  auto end = attempt.apply(CancelAsked{});
  ASSERT_TRUE(find<Finished>(end));
  EXPECT_FALSE(find<Finished>(end)->again);
  EXPECT_TRUE(attempt.apply(Reserved{Rank{0}, manifest}).empty());
}

TEST(ReservingAtADeviceWithoutADealer, NeedsNoTape) {
  Device device;
  device.name = DeviceId("r");
  device.compute = {{PartyId("a"), NodeId("a"), "id-a", "x:1"}, {PartyId("b"), NodeId("b"), "id-b", "y:1"}};
  AttemptState attempt(device);
  attempt.apply(Prepared{Rank{0}, Fields{{"plan", "abc"}}});
  auto start = attempt.apply(Prepared{Rank{1}, Fields{{"plan", "abc"}}});
  ASSERT_EQ(start.size(), 1u);
  EXPECT_TRUE(std::holds_alternative<StartNodes>(start[0]));
}

}  // namespace
}  // namespace spud::service::scheduler
