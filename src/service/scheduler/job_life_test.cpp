// SPDX-License-Identifier: Apache-2.0
// The life of a job: attempts, deadlines, turns, and what is kept of it.
#include "service/scheduler/retry.hpp"
#include "service/scheduler/stock_for_tests.hpp"

namespace spud::service::scheduler {
namespace {

const Error kGone{ErrorCode::kUnavailable, "broke off the connection", "", "", "bob", ""};
const Error kForbidden{ErrorCode::kDenied, "uses are spent", "", "", "bob", ""};

class JobLife : public StockOfADevice {
 protected:
  JobRequest request(const std::string& id) const {
    JobRequest request;
    request.id = JobId(id);
    request.device = device.name;
    request.device_digest = digest(device);
    request.outputs = {{"out0", PartyId("alice")}};
    return request;
  }
  void submit(const JobRequest& request) {
    auto submitted = jobs.submit(ann, request, device, clock);
    ASSERT_TRUE(submitted) << submitted.error().message();
  }
  std::vector<AttemptName> start() { return jobs.schedule(devices, registry, stock, now, clock).start; }
  JobEffects end(const AttemptName& name, const std::optional<Error>& problem) {
    return jobs.ended(name, {problem, {}, {}}, clock);
  }
  const Job& job(const std::string& id) const { return *jobs.find(JobId(id)); }
  /// A job of its own that has ended.
  void finish(const std::string& id) {
    submit(request(id));
    end(start().at(0), std::nullopt);
  }

  std::int64_t clock = 1'000'000;
};

TEST_F(JobLife, WhatMayMendIsTriedAgainAfterLongerAndLongerPauses) {
  auto four = request("j");
  four.max_attempts = 4;
  submit(four);
  std::int64_t pauses[] = {1000, 2000, 4000};
  std::uint32_t number = 1;
  for (auto pause : pauses) {
    auto name = start().at(0);
    EXPECT_EQ(name.attempt, number++);
    EXPECT_EQ(end(name, kGone).store, std::vector{JobId("j")}) << "it survives a restart";
    EXPECT_EQ(job("j").state, JobState::kQueued);
    EXPECT_EQ(job("j").retry_unix_millis, clock + pause);
    EXPECT_EQ(job("j").queued_unix_millis, clock) << "it waits since then";
    clock += pause - 1;
    EXPECT_TRUE(start().empty());
    const auto said = job("j").waiting;
    EXPECT_NE(said.find("attempt " + std::to_string(number) + " of 4 is due in 1 s"), std::string::npos)
        << said;
    EXPECT_NE(said.find("broke off the connection"), std::string::npos) << said;
    clock += 1;
  }
  end(start().at(0), kGone);
  EXPECT_EQ(job("j").state, JobState::kFailed);
  ASSERT_TRUE(job("j").problem);
  EXPECT_EQ(job("j").problem->what, "4 attempts have failed, the last: broke off the connection");
  EXPECT_EQ(job("j").problem->party, "bob");
  EXPECT_EQ(job("j").attempts.size(), 4u);
}

TEST_F(JobLife, AnotherTraceIsTheSameJob) {
  auto traced = request("j");
  traced.trace = {trace::made_up(JobId("x")), trace::span_id(trace::made_up(JobId("x")), "outer")};
  submit(traced);
  submit(request("j"));
  EXPECT_EQ(job("j").request.trace, traced.trace) << "the first one counts";
  submit(request("k"));
  EXPECT_EQ(job("k").request.trace.trace, trace::made_up(JobId("k"))) << "of a client that gives none";
}

TEST_F(JobLife, ARefusalIsNotTriedAgain) {
  submit(request("j"));
  end(start().at(0), kForbidden);
  EXPECT_EQ(job("j").state, JobState::kFailed);
  EXPECT_EQ(job("j").problem->what, "uses are spent");
}

TEST_F(JobLife, ARefusalEndsAJobThatWasTriedAgain) {
  submit(request("j"));
  end(start().at(0), kGone);
  clock += 1000;
  end(start().at(0), kForbidden);
  EXPECT_EQ(job("j").state, JobState::kFailed);
}

TEST_F(JobLife, OneAttemptIsOne) {
  auto once = request("j");
  once.max_attempts = 1;
  submit(once);
  end(start().at(0), kGone);
  EXPECT_EQ(job("j").state, JobState::kFailed);
  EXPECT_EQ(job("j").problem->what, "broke off the connection");
}

TEST_F(JobLife, ASubmissionOfAFailedJobHasAllAttemptsAgain) {
  auto twice = request("j");
  twice.max_attempts = 2;
  submit(twice);
  for (unsigned i = 0; i < 2; ++i, clock += 1000) end(start().at(0), kGone);
  ASSERT_EQ(job("j").state, JobState::kFailed);
  submit(twice);
  EXPECT_FALSE(job("j").problem);
  for (unsigned i = 0; i < 2; ++i, clock += 1000) end(start().at(0), kGone);
  EXPECT_EQ(job("j").state, JobState::kFailed);
  EXPECT_EQ(job("j").attempts.size(), 4u);
}

TEST_F(JobLife, AnAttemptThatCouldNotBeginDoesNotCount) {
  auto once = request("j");
  once.max_attempts = 1;
  submit(once);
  auto name = start().at(0);
  jobs.ended(name, {kGone, {}, {}, true}, clock);
  EXPECT_EQ(job("j").state, JobState::kQueued);
  EXPECT_EQ(job("j").failures, 0u);
}

TEST_F(JobLife, WhatNodesHaveNoRoomForIsTriedAgainEverLaterAndDoesNotCount) {
  auto once = request("j");
  once.max_attempts = 1;
  submit(once);
  const Error full{ErrorCode::kUnavailable, "1.5 GiB of the 2.0 GiB are in use", "", "", "bob", ""};
  for (std::int64_t turn = 0; turn < 200; ++turn) {
    const auto name = start().at(0);
    EXPECT_EQ(name.attempt, turn + 1) << "nodes may know the number";
    jobs.ended(name, {full, {}, {}, true}, clock);
    ASSERT_EQ(job("j").state, JobState::kQueued) << "however long it takes";
    const auto pause = std::min<std::int64_t>(1000ll << std::min<std::int64_t>(turn, 6), 30'000);
    const auto waits = job("j").retry_unix_millis - clock;
    EXPECT_TRUE(pause <= waits && waits <= pause + pause / 4) << waits;
    EXPECT_NE(job("j").waiting.find(full.what), std::string::npos) << job("j").waiting;
    clock += waits;
  }
  EXPECT_EQ(job("j").failures, 0u);
  EXPECT_EQ(job("j").queued_unix_millis, 0) << "it waits since it was submitted";
  EXPECT_EQ(job("j").attempts.size(), 1u) << "it does not fill up with them";
  end(start().at(0), std::nullopt);
  EXPECT_EQ(job("j").attempts.back().number, 201u);
  EXPECT_EQ(job("j").state, JobState::kDone);
}

TEST_F(JobLife, APauseOutlivesTheScheduler) {
  submit(request("j"));
  end(start().at(0), kGone);
  JobBook fresh;
  fresh.reload(*wire::decode_job(wire::encode(job("j"))));
  EXPECT_TRUE(fresh.schedule(devices, registry, stock, now, clock + 999).start.empty());
  auto started = fresh.schedule(devices, registry, stock, now, clock + 1000).start;
  ASSERT_EQ(started.size(), 1u);
  EXPECT_EQ(started[0].attempt, 2u);
}

TEST_F(JobLife, AClockThatWasSetBackMakesNoPauseLonger) {
  submit(request("j"));
  end(start().at(0), kGone);
  clock -= 3'600'000;
  EXPECT_EQ(start().size(), 1u);
}

TEST_F(JobLife, AQueuedJobFailsAtItsDeadline) {
  auto soon = request("j");
  soon.deadline_unix_millis = clock + 500;
  submit(soon);
  now += Millis(6000);  // nobody has announced itself, so it waits
  EXPECT_TRUE(start().empty());
  EXPECT_EQ(job("j").state, JobState::kQueued);
  clock += 500;
  auto effects = jobs.schedule(devices, registry, stock, now, clock);
  EXPECT_EQ(effects.store, std::vector{JobId("j")});
  EXPECT_EQ(job("j").state, JobState::kFailed);
  EXPECT_EQ(job("j").problem->code, ErrorCode::kTimeout);
  EXPECT_EQ(job("j").problem->what, "its deadline has passed");
  EXPECT_EQ(jobs.submit(ann, soon, device, clock).error().code, ErrorCode::kTimeout) << "it cannot be saved";
}

TEST_F(JobLife, AnAttemptPastTheDeadlineIsTheLast) {
  auto soon = request("j");
  soon.deadline_unix_millis = clock + 500;
  submit(soon);
  auto name = start().at(0);
  clock += 501;
  end(name, kGone);
  EXPECT_EQ(job("j").state, JobState::kFailed);
  EXPECT_EQ(job("j").problem->what, "its deadline has passed");
}

TEST_F(JobLife, ALateJobIsNotAccepted) {
  auto late = request("j");
  late.deadline_unix_millis = clock;
  EXPECT_EQ(jobs.submit(ann, late, device, clock).error().code, ErrorCode::kTimeout);
  EXPECT_EQ(jobs.find(JobId("j")), nullptr);
}

/// Of a device that takes one attempt after the other: in which order.
class Turns : public JobLife {
 protected:
  /// Fills the device, so that all that follow wait.
  Turns() {
    for (unsigned i = 0; i < kStandardSlots; ++i) submit(request("busy" + std::to_string(i)));
    for (const auto& name : start()) running.push_back(name);
  }
  void submit_at(const std::string& id, std::int32_t priority, std::int64_t after = 0) {
    auto wanted = request(id);
    wanted.priority = priority;
    EXPECT_TRUE(jobs.submit(ann, wanted, device, clock + after));
  }
  std::string next() {
    end(running.front(), std::nullopt);
    running.erase(running.begin());
    auto started = start();
    if (started.size() != 1) return std::to_string(started.size()) + " started";
    running.push_back(started[0]);
    return started[0].job.str();
  }
  std::vector<AttemptName> running;
};

TEST_F(Turns, AreByPriorityThenSubmission) {
  submit_at("second", 0, 2);
  submit_at("third", 0, 3);
  submit_at("last", -1, 1);
  submit_at("first", 1, 4);
  for (const auto* id : {"first", "second", "third", "last"}) EXPECT_EQ(next(), id);
}

TEST_F(Turns, ComeInTimeHoweverManyAreMoreImportant) {
  submit_at("humble", kLowestPriority);
  const auto far = (kHighestPriority - kLowestPriority) * JobShelf::kMillisPerPriority;
  submit_at("early", kHighestPriority, far - 1);
  submit_at("late", kHighestPriority, far + 1);
  for (const auto* id : {"early", "humble", "late"}) EXPECT_EQ(next(), id);
}

TEST_F(JobLife, WaitingJobsOfADeviceSayWhatTheyWaitFor) {
  now += Millis(6000);
  submit(request("a"));
  submit(request("b"));
  EXPECT_TRUE(start().empty());
  EXPECT_NE(job("a").waiting.find("silent"), std::string::npos);
  EXPECT_EQ(job("a").waiting, job("b").waiting);
}

TEST_F(JobLife, CancellingAQueuedAndAnEndedJob) {
  now += Millis(6000);
  submit(request("queued"));
  auto effects = jobs.cancel(ann, JobId("queued"), clock);
  ASSERT_TRUE(effects);
  EXPECT_EQ(effects->store.size(), 1u);
  EXPECT_TRUE(effects->cancel.empty()) << "nothing runs";
  EXPECT_EQ(job("queued").state, JobState::kCancelled);
  announce();
  EXPECT_TRUE(start().empty());
  finish("done");
  auto late = jobs.cancel(ann, JobId("done"), clock);
  ASSERT_TRUE(late);
  EXPECT_TRUE(late->store.empty());
  EXPECT_EQ(job("done").state, JobState::kDone);
  EXPECT_EQ(jobs.cancel(ann, JobId("nobody"), clock).error().code, ErrorCode::kDenied);
}

TEST_F(JobLife, CancellingAJobThatIsToBeTriedAgainIsItsEnd) {
  submit(request("j"));
  end(start().at(0), kGone);
  ASSERT_TRUE(jobs.cancel(ann, JobId("j"), clock));
  clock += 60'000;
  EXPECT_TRUE(start().empty());
  EXPECT_EQ(job("j").state, JobState::kCancelled);
}

TEST_F(JobLife, EndedJobsAreForgottenInTimeAndTheirIdsAreFree) {
  jobs = JobBook(10, Millis(60'000));
  finish("old");
  clock += 30'000;
  finish("young");
  submit(request("waits"));
  clock += 30'000;
  EXPECT_EQ(jobs.expire(clock).erase, std::vector{JobId("old")});
  EXPECT_EQ(jobs.find(JobId("old")), nullptr);
  EXPECT_NE(jobs.find(JobId("young")), nullptr);
  EXPECT_EQ(jobs.count(JobState::kDone), 1u);
  clock += 1'000'000;
  EXPECT_EQ(jobs.expire(clock).erase, std::vector{JobId("young")}) << "what has not ended stays";
  auto other = request("old");
  other.outputs = {{"out0", PartyId("bob")}};
  EXPECT_TRUE(jobs.submit(ann, other, device, clock));
}

TEST_F(JobLife, OnlySoManyEndedJobsAreKept) {
  jobs = JobBook(10, JobBook::kKeep, 3);
  for (unsigned i = 0; i < 5; ++i, ++clock) finish("j" + std::to_string(i));
  EXPECT_EQ(jobs.expire(clock).erase, (std::vector{JobId("j0"), JobId("j1")}));
  EXPECT_TRUE(jobs.expire(clock).erase.empty());
}

TEST_F(JobLife, ListsShowTheNewestFirstPageByPage) {
  for (unsigned i = 0; i < 5; ++i, ++clock) finish("j" + std::to_string(i));
  submit(request("waits"));
  auto ids = [&](const wire::ListJobs& wanted) {
    std::string text;
    for (const auto& job : jobs.list(ann, wanted)) text += job.request.id.str() + " ";
    return text;
  };
  EXPECT_EQ(ids({}), "waits j4 j3 j2 j1 j0 ");
  EXPECT_EQ(ids({2, {}, {}, {}}), "waits j4 ");
  EXPECT_EQ(ids({2, {}, {}, JobId("j4")}), "j3 j2 ");
  EXPECT_EQ(ids({0, {}, {}, JobId("j0")}), "");
  EXPECT_EQ(ids({0, JobState::kQueued, {}, {}}), "waits ");
  EXPECT_EQ(ids({2, JobState::kDone, {}, JobId("j3")}), "j2 j1 ");
  EXPECT_EQ(ids({0, {}, DeviceId("other"), {}}), "");
  EXPECT_TRUE(jobs.list(eve).empty());
}

TEST_F(JobLife, AListFitsAFrame) {
  jobs = JobBook();
  for (unsigned i = 0; i < limits::kJobsPerMessage; ++i) {
    auto wide = request("j" + std::to_string(i));
    for (unsigned k = 1; k < 200; ++k) wide.outputs.push_back({"out" + std::to_string(k), PartyId("alice")});
    submit(wide);
    ++clock;
  }
  const auto page = jobs.list(ann);
  ASSERT_GT(page.size(), 5u);
  ASSERT_LT(page.size(), limits::kJobsPerMessage);
  EXPECT_LT(wire::encode(wire::SchedulerAnswer(page)).size(), limits::kHeaderBytesPerFrame);
  EXPECT_EQ(jobs.list(ann, {0, {}, {}, page.back().request.id}).front().request.id,
            JobId("j" + std::to_string(limits::kJobsPerMessage - 1 - page.size())));
}

}  // namespace
}  // namespace spud::service::scheduler
