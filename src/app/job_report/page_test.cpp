// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include "app/job_report/figures.hpp"
#include "app/job_report/report.hpp"
#include "app/trace/export.hpp"
#include "service/trace/job_spans.hpp"

namespace spud::app::job_report {
namespace {

using service::trace::InstructionRow;
using service::trace::Part;
using testing::HasSubstr;
using testing::Not;

constexpr std::int64_t kStart = 1'700'000'000'000'000;
const std::string kHostile = "<script>alert('\"&')</script>";

/// A job of two attempts, the second of which ran on two nodes.
class AReport : public ::testing::Test {
 protected:
  AReport() {
    job.request.id = JobId("training-7");
    job.request.device = DeviceId("demo");
    job.request.outputs = {{"out0", PartyId("alice")}};
    job.party = PartyId("hospital");
    job.state = service::JobState::kDone;
    job.submitted_unix_millis = kStart / 1000;
    job.ended_unix_millis = kStart / 1000 + 9000;
    job.attempts.push_back({1,
                            kStart / 1000 + 500,
                            kStart / 1000 + 2000,
                            {},
                            Error{ErrorCode::kUnavailable, "broke off", "", "", "bob", ""},
                            {}});
    job.attempts.push_back({2, kStart / 1000 + 3000, kStart / 1000 + 9000, {}, {}, {}});
  }
  service::trace::SpanId id(const std::string& what) const {
    return service::trace::span_id(service::trace_of(job.request), what);
  }
  Part node(const std::string& party, const std::string& peer) const {
    Part part{
        service::trace_of(job.request), job.request.id, 2, PartyId(party), "node", NodeId(party + "-0")};
    part.spans = {
        {id(party), id("attempt"), "attempt 2", kStart + 3'000'000, kStart + 8'900'000},
        {id(party + "c"), id(party), "compile", kStart + 3'000'000, kStart + 3'500'000},
        {id(party + "w"), id(party), "wait", kStart + 3'500'000, kStart + 4'000'000},
        {id(party + "r"), id(party), "running", kStart + 4'000'000, kStart + 8'000'000},
    };
    part.spans[1].attributes = {{"foretold_rounds", std::int64_t{12}},
                                {"foretold_instructions", std::int64_t{34}}};
    part.spans[3].attributes = {{"rounds", std::int64_t{12}},
                                {"sent_bytes." + peer, std::int64_t{4096}},
                                {"received_bytes." + peer, std::int64_t{2048}},
                                {"waited_nanos." + peer, std::int64_t{1'500'000'000}}};
    part.run = part.spans[3].id;
    part.instructions = {{1, 0, "dot", "dot.3", 1, kStart + 4'000'000, kStart + 6'000'000, 500'000'000,
                          1'000'000'000, 0, 8, 4000},
                         {2, 0, "compare", "compare.4", 5, kStart + 6'000'000, kStart + 8'000'000,
                          1'000'000'000, 500'000'000, 250'000'000, 4, 96}};
    return part;
  }
  service::trace::Timeline timeline(std::vector<service::trace::Missing> missing = {}) const {
    return service::trace::align(job,
                                 {{service::trace::job_spans(job, PartyId("operator"), NodeId("s")), {}},
                                  {node("alice", "bob"), {0, 200}},
                                  {node("bob", "alice"), {0, 200}}},
                                 std::move(missing), kStart + 20'000'000);
  }

  service::Job job;
};

TEST_F(AReport, ShowsWhereTheTimeWentAndForWhomWasWaited) {
  const auto page = html_text(timeline());
  for (const auto* text :
       {"training-7", "hospital", "demo", "alice, bob", "broke off", "waiting for bob 1.50 s",
        "computing 1.50 s", "waiting for the dealer 250 ms", "The dearest instructions", "compare.4",
        "Foretold and measured", "alice ↔ bob", "4 KiB", "The last attempt, 2"})
    EXPECT_THAT(page, HasSubstr(text));
}

TEST_F(AReport, LoadsAndRunsNothing) {
  const auto page = html_text(timeline());
  EXPECT_THAT(page, HasSubstr("default-src 'none'"));
  for (const auto* text : {"<script", "http://", "https://", "url(", "@import", " src=", " href="})
    EXPECT_THAT(page, Not(HasSubstr(text)));
}

TEST_F(AReport, EscapesWhateverOthersHaveNamed) {
  job.attempts[0].problem->what = kHostile;
  job.problem = Error{ErrorCode::kUnavailable, kHostile, kHostile, "", kHostile, kHostile};
  job.state = service::JobState::kFailed;
  job.waiting = kHostile;
  job.party = PartyId(kHostile);
  job.request.device = DeviceId(kHostile);
  job.request.outputs = {{"out0", PartyId(kHostile)}};
  auto told = timeline({{2, PartyId(kHostile), kHostile, NodeId(kHostile), kHostile}});
  told.notes = {kHostile};
  for (auto& one : told.parts) {
    auto& part = one.part;
    part.party = PartyId(kHostile + part.party.str());
    part.name = NodeId(kHostile);
    for (auto& span : part.spans) {
      if (span.name != "running" && span.name != "compile") span.name = kHostile;
      span.problem = kHostile;
      span.attributes.push_back({"party", kHostile});
      span.attributes.push_back({"party", std::int64_t{7}});
      span.attributes.push_back({"sent_bytes." + kHostile, std::int64_t{7}});
      span.attributes.push_back({"waited_nanos." + kHostile, std::int64_t{7'000'000}});
    }
    for (auto& row : part.instructions) row.operation = row.origin = kHostile;
  }
  const auto page = html_text(told);
  EXPECT_THAT(page, Not(HasSubstr("<script")));
  EXPECT_THAT(page, Not(HasSubstr("alert('")));
  EXPECT_THAT(page, HasSubstr("&lt;script&gt;alert(&#39;&quot;&amp;&#39;)"));
}

TEST_F(AReport, SaysWhosePartIsMissing) {
  const auto page =
      html_text(timeline({{2, PartyId("dave"), "node", NodeId("dave-0"), "could not be reached"}}));
  EXPECT_THAT(page, HasSubstr("of attempt 2: node dave-0 of dave: could not be reached"));
  EXPECT_THAT(page, HasSubstr("alice, bob, dave"));
}

TEST_F(AReport, HasTimesAboveItsLanesAndALabelForEach) {
  auto scheduler = node("operator", "x");
  scheduler.service = "scheduler";
  scheduler.instructions.clear();
  scheduler.spans = {{id("s"), id("attempt"), "attempt 2", kStart + 3'000'000, kStart + 9'000'000},
                     {id("sa"), id("s"), "start", kStart + 3'000'000, kStart + 8'900'000},
                     {id("sb"), id("s"), "start", kStart + 3'000'000, kStart + 8'950'000}};
  scheduler.spans[1].attributes = {{"party", std::string("alice")}};
  scheduler.spans[2].attributes = {{"party", std::string("bob")}};
  const auto page = html_text(service::trace::align(
      job, {{scheduler, {}}, {node("alice", "bob"), {0, 200}}, {node("bob", "alice"), {0, 200}}}, {},
      kStart + 20'000'000));
  const auto lanes = page.find("class=\"lanes\""), axis = page.find("class=\"axis\"");
  EXPECT_LT(axis, lanes);
  EXPECT_NE(page.find("class=\"axis\"", lanes), std::string::npos);
  // Six seconds: a line each.
  EXPECT_THAT(page, HasSubstr("background-size:16.67% 100%"));
  EXPECT_THAT(page, HasSubstr("left:66.67%\">4 s</span>"));
  for (const auto* text : {"asks alice: start", "asks bob: start", "compile, wait, running"})
    EXPECT_THAT(page, HasSubstr(std::string("<div class=\"what\">") + text));
}

TEST_F(AReport, TheRestOfARunHasAColourOfItsOwn) {
  const auto page = html_text(timeline());
  EXPECT_THAT(page, HasSubstr("rest of a run: sending, waking up</li>"));
  const auto where = page.find("Where the run's time went");
  EXPECT_NE(page.find("<rect class=\"rest\"", where), std::string::npos);
  EXPECT_EQ(page.find("<rect class=\"ask\"", where), std::string::npos);
}

TEST_F(AReport, FiguresComeBeforeWhatIsMissingAndTheCauseBeforeFigures) {
  job.state = service::JobState::kFailed;
  job.problem = Error{ErrorCode::kUnavailable, "broke off", "", "", "bob", ""};
  const auto page = html_text(timeline({{2, PartyId("dave"), "node", NodeId("dave-0"), "away"}}));
  const auto figures = page.find("class=\"totals\"");
  EXPECT_LT(page.find("Why it failed"), figures);
  EXPECT_LT(figures, page.find("Parts that are missing"));
}

TEST_F(AReport, OfARunningJobGoesUpToNow) {
  job.state = service::JobState::kRunning;
  job.ended_unix_millis = job.attempts.back().ended_unix_millis = 0;
  auto alice = node("alice", "bob");
  alice.spans[0].end_micros = alice.spans[3].end_micros = 0;
  alice.instructions.clear();
  const auto told = service::trace::align(
      job, {{service::trace::job_spans(job, PartyId("operator"), NodeId("s")), {}}, {alice, {0, 200}}}, {},
      kStart + 20'000'000);
  const auto page = html_text(told);
  EXPECT_THAT(page, HasSubstr("The job has not ended"));
  EXPECT_THAT(page, HasSubstr("running: 16.0 s, and goes on"));
}

TEST_F(AReport, OfAJobThatNeverBeganIsAPageToo) {
  job.attempts.clear();
  job.state = service::JobState::kQueued;
  job.ended_unix_millis = 0;
  job.waiting = "node alice-0 is away";
  const auto told = service::trace::align(
      job, {{service::trace::job_spans(job, PartyId("operator"), NodeId("s")), {}}}, {}, kStart + 20'000'000);
  EXPECT_THAT(html_text(told), HasSubstr("node alice-0 is away"));
}

TEST(ReportFigures, AreShort) {
  EXPECT_EQ(duration_text(820), "820 µs");
  EXPECT_EQ(duration_text(12'400), "12.4 ms");
  EXPECT_EQ(duration_text(3'210'000), "3.21 s");
  EXPECT_EQ(duration_text(245'000'000), "4 min 5 s");
  EXPECT_EQ(count_text(1234567), "1\u202f234\u202f567");
  EXPECT_EQ(moment_text(0), "–");
  EXPECT_EQ(moment_text(1'700'000'000'123'456), "2023-11-14 22:13:20.123");
}

}  // namespace
}  // namespace spud::app::job_report
