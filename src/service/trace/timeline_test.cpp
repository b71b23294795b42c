// SPDX-License-Identifier: Apache-2.0
#include "service/trace/timeline.hpp"

#include <algorithm>

#include <gmock/gmock.h>

#include "service/trace/job_spans.hpp"

namespace spud::service::trace {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr std::int64_t kStart = 1'700'000'000'000'000;

/// A job of one attempt: asked at 0, prepared by alice from 10 to 30 ms, by the scheduler's clock.
class ATimeline : public ::testing::Test {
 protected:
  ATimeline() {
    job.request.id = JobId("j");
    job.party = PartyId("ann");
    job.state = JobState::kRunning;
    job.submitted_unix_millis = kStart / 1000;
    job.attempts.push_back({1, kStart / 1000 + 1, 0, {}, {}, {}});
    scheduler = {trace_of(job.request), JobId("j"), 1, PartyId("operator"), "scheduler", NodeId("s")};
    scheduler.spans = {{id("attempt"), job_span(job.request), "attempt 1", kStart + 1000, kStart + 90'000},
                       {id("prepare"), id("attempt"), "prepare", kStart + 2000, kStart + 40'000}};
    scheduler.spans[1].attributes = {{"node", std::string("alice-0")}};
  }
  SpanId id(const std::string& what) const { return span_id(trace_of(job.request), what); }
  /// Alice's part by a clock that is so far ahead.
  Part alice(std::int64_t ahead) const {
    Part part{trace_of(job.request), JobId("j"), 1, PartyId("alice"), "node", NodeId("alice-0")};
    part.spans = {{id("top"), id("attempt"), "attempt 1", kStart + ahead + 10'000, kStart + ahead + 80'000},
                  {id("compile"), id("top"), "compile", kStart + ahead + 10'000, kStart + ahead + 30'000}};
    return part;
  }
  Timeline aligned(std::vector<Told> told) {
    told.push_back({job_spans(job, PartyId("operator"), NodeId("s")), {}});
    told.push_back({scheduler, {}});
    return align(job, std::move(told), {}, kStart + 200'000);
  }
  static const Span& find(const Timeline& timeline, const std::string& service, const std::string& name) {
    for (const auto& told : timeline.parts) {
      if (told.part.service != service) continue;
      const auto found = std::ranges::find(told.part.spans, name, &Span::name);
      if (found != told.part.spans.end()) return *found;
    }
    throw std::out_of_range(name);
  }

  Job job;
  Part scheduler;
};

TEST_F(ATimeline, TakesOffHowFarAClockIsAhead) {
  const auto timeline = aligned({{alice(5'000'000), {5'000'200, 500}}});
  EXPECT_EQ(find(timeline, "node", "compile").start_micros, kStart + 10'000 - 200);
  ASSERT_EQ(timeline.notes.size(), 1u);
  EXPECT_THAT(timeline.notes[0], HasSubstr("alice's clock was 5000.2 ms ahead of the scheduler's"));
  EXPECT_THAT(timeline.notes[0], HasSubstr("0.5 ms"));
}

TEST_F(ATimeline, SaysNothingOfClocksThatAgree) {
  const auto timeline = aligned({{alice(0), {100, 300}}});
  EXPECT_THAT(timeline.notes, IsEmpty());
  EXPECT_EQ(find(timeline, "node", "compile").start_micros, kStart + 10'000)
      << "what is less than its own error is not taken off";
}

// Now it agrees; when the attempt ran it was an hour off.
TEST_F(ATimeline, BelievesTheMessagesOfAClockThatWasSetSince) {
  constexpr std::int64_t kHour = 3'600'000'000;
  const auto timeline = aligned({{alice(kHour), {0, 300}}});
  const auto& compile = find(timeline, "node", "compile");
  const auto& asked = find(timeline, "scheduler", "prepare");
  EXPECT_GE(compile.start_micros, asked.start_micros);
  EXPECT_LE(compile.end_micros, asked.end_micros);
  ASSERT_FALSE(timeline.notes.empty());
  EXPECT_THAT(timeline.notes[0], HasSubstr("was set or has drifted"));
}

TEST_F(ATimeline, SaysWhenNoClockFits) {
  auto part = alice(0);
  part.spans[1].end_micros += 60'000;  // it compiled for longer than was waited for it
  const auto timeline = aligned({{part, {0, 300}}});
  ASSERT_FALSE(timeline.notes.empty());
  EXPECT_THAT(timeline.notes[0], HasSubstr("went astray"));
}

TEST_F(ATimeline, DoesNotTakeTheEndOfAFailedAttemptForAnAnswer) {
  auto part = alice(0);
  part.spans[1].end_micros += 60'000;
  scheduler.spans[1].problem = "another node has failed";
  EXPECT_THAT(aligned({{part, {0, 300}}}).notes, IsEmpty());
}

TEST_F(ATimeline, NeverShowsNegativeTimesInSilence) {
  auto part = alice(0);
  part.spans.push_back({id("back"), id("top"), "running", kStart + 50'000, kStart + 45'000});
  part.spans.push_back({id("early"), id("compile"), "early", kStart + 2000, kStart + 45'000});
  const auto timeline = aligned({{part, {0, 300}}});
  const auto& back = find(timeline, "node", "running");
  EXPECT_EQ(back.end_micros, back.start_micros);
  EXPECT_THAT(timeline.notes, testing::Contains(HasSubstr("went back by 5.0 ms during 'running'")));
  EXPECT_THAT(timeline.notes, testing::Contains(HasSubstr("'early' at alice begins 8.0 ms before")));
}

TEST_F(ATimeline, PutsPartsOfAMissingParentUnderTheJob) {
  auto part = alice(0);
  part.spans[0].parent = id("never told");
  const auto timeline = aligned({{part, {0, 300}}});
  EXPECT_EQ(find(timeline, "node", "attempt 1").parent, job_span(job.request));
}

TEST_F(ATimeline, LeavesOutWhatBelongsToAnotherTrace) {
  auto part = alice(0);
  part.trace = made_up(JobId("another"));
  const auto timeline = aligned({{part, {0, 300}}});
  EXPECT_TRUE(
      std::ranges::none_of(timeline.parts, [](const Told& one) { return one.part.service == "node"; }));
}

TEST_F(ATimeline, EndsWhatGoesOnNowAndSaysSo) {
  Part part = alice(0);
  part.spans[0].end_micros = 0;
  part.run = part.spans[1].id;
  part.instructions = {
      {3, 2, "dot", "dot.3", 1, kStart + 11'000, kStart + 12'000, 400'000, 500'000, 0, 2, 64},
      {2, 0, "while", "loop", 1, kStart + 11'000, kStart + 13'000}};
  const auto spans = all_spans(part, kStart + 99'000);
  EXPECT_EQ(spans[0].end_micros, kStart + 99'000);
  EXPECT_EQ(spans[0].attributes.back().name, "unfinished");
  ASSERT_EQ(spans.size(), 4u);
  EXPECT_EQ(spans[3].parent, part.run);
  EXPECT_EQ(spans[2].parent, spans[3].id) << "the loop around it";
}

TEST(JobSpans, HoldWhatAJobWaitedFor) {
  Job job;
  job.request.id = JobId("j");
  job.state = JobState::kDone;
  job.submitted_unix_millis = 1000;
  job.ended_unix_millis = 9000;
  job.attempts.push_back({1, 1500, 3000, {}, Error{}, {}});
  job.attempts.push_back({2, 5000, 9000, {}, {}, {}});
  const auto part = job_spans(job, PartyId("operator"), NodeId("s"));
  std::vector<std::string> names;
  for (const auto& span : part.spans) names.push_back(span.name);
  EXPECT_THAT(names, ElementsAre("job j", "queued", "waits for the next attempt"));
  EXPECT_EQ(part.spans[2].start_micros, 3'000'000);
  EXPECT_EQ(part.spans[2].end_micros, 5'000'000);
  EXPECT_EQ(part.spans[1].parent, part.spans[0].id);
  EXPECT_FALSE(part.spans[0].parent.is_set());
}

}  // namespace
}  // namespace spud::service::trace
