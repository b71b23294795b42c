// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include "service/status/json.hpp"
#include "service/status/scheduler_view.hpp"
#include "service/status/snapshot_for_tests.hpp"
#include "service/status/text.hpp"

namespace spud::service::status {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

wire::NodeStatus node(const std::string& party) {
  wire::NodeStatus one;
  one.member = {PartyId(party), NodeId(party + "-0"),
                "spiffe://" + party + ".spud/spud/compute/" + party + "-0", party + ":7000"};
  one.role = "compute";
  one.silent_millis = 100;
  return one;
}

Device device() {
  Device one;
  one.name = DeviceId("demo");
  one.owner = PartyId("hospital-a");
  one.compute = {node("alice").member, node("bob").member};
  one.dealers = {node("carol").member, node("dora").member};
  return one;
}

DeviceState state(wire::Nodes nodes) {
  SchedulerView view;
  show_nodes_and_devices(view, nodes, {device()});
  return view.devices.rows.at(0).state;
}

TEST(SchedulerRows, ADeviceIsReadyWhileItsNodesAndOneDealerAre) {
  wire::Nodes nodes{node("alice"), node("bob"), node("carol"), node("dora")};
  EXPECT_EQ(state(nodes), DeviceState::kReady);
  nodes[2].absent = true;
  EXPECT_EQ(state(nodes), DeviceState::kReady);
  nodes[3].draining = true;
  EXPECT_EQ(state(nodes), DeviceState::kNoDealer);
  nodes[0].gone = true;
  EXPECT_EQ(state(nodes), DeviceState::kWaiting);
  EXPECT_EQ(state({}), DeviceState::kWaiting);
}

TEST(SchedulerRows, NodesThatAreAwayComeFirst) {
  wire::Nodes nodes{node("alice"), node("bob"), node("carol"), node("dave")};
  nodes[1].gone = true;
  nodes[2].absent = true;
  nodes[3].draining = true;
  SchedulerView view;
  show_nodes_and_devices(view, nodes, {}, 3);
  std::vector<std::string> parties;
  for (const auto& row : view.nodes.rows) parties.push_back(row.party);
  EXPECT_THAT(parties, ElementsAre("carol", "dave", "alice"));
  EXPECT_EQ(view.nodes.total, 4u);
  EXPECT_EQ(view.nodes.left_out(), 1u);
  EXPECT_EQ(view.nodes_present, 1u);
}

Job job(const std::string& id, JobState state, std::int64_t submitted = 1000) {
  Job one;
  one.request.id = JobId(id);
  one.state = state;
  one.submitted_unix_millis = submitted;
  if (state != JobState::kQueued) {
    one.attempts.resize(1);
    one.attempts[0].number = 1;
    one.attempts[0].started_unix_millis = submitted + 5;
  }
  if (has_ended(state)) one.ended_unix_millis = submitted + 500;
  return one;
}

std::vector<std::string> ids(const Table<JobRow>& table) {
  std::vector<std::string> out;
  for (const auto& row : table.rows) out.push_back(row.id);
  return out;
}

TEST(SchedulerRows, JobsAreShownInTheOrderOfTheirTurns) {
  auto urgent = job("urgent", JobState::kQueued, 3000);
  urgent.request.priority = 1;
  const wire::Jobs jobs{job("late", JobState::kQueued, 2000),
                        job("early", JobState::kQueued),
                        urgent,
                        job("runs", JobState::kRunning),
                        job("done", JobState::kDone),
                        job("failed", JobState::kFailed, 9000),
                        job("runs", JobState::kRunning)};
  SchedulerView listed;
  show_jobs(listed, jobs);
  EXPECT_THAT(ids(listed.waiting), ElementsAre("urgent", "early", "late"));
  EXPECT_THAT(ids(listed.running), ElementsAre("runs"));
  EXPECT_THAT(ids(listed.ended), ElementsAre("failed", "done"));

  scheduler::JobShelf shelf;
  for (const auto& one : jobs) shelf.put(one);
  SchedulerView shelved;
  show_jobs(shelved, shelf, [](const Job&) { return JobProgress{Phase::kLoading, 0, 0, 0, 0, 0}; });
  EXPECT_EQ(ids(shelved.waiting), ids(listed.waiting));
  EXPECT_EQ(ids(shelved.ended), ids(listed.ended));
  EXPECT_EQ(shelved.running.rows.at(0).progress->phase, Phase::kLoading);
}

TEST(SchedulerRows, AJobWaitsSinceItWasSubmittedOrItsLastAttemptFailed) {
  auto one = job("j", JobState::kQueued, 1000);
  EXPECT_EQ(row_of(one).queued_unix_millis, one.submitted_unix_millis);
  one.queued_unix_millis = one.submitted_unix_millis + 7'200'000;
  EXPECT_EQ(row_of(one).queued_unix_millis, one.queued_unix_millis);
}

TEST(SchedulerRows, AllJobsThatWaitForADeviceAreCounted) {
  scheduler::JobShelf shelf;
  for (int i = 0; i < 300; ++i) {
    auto one = job("q" + std::to_string(i), JobState::kQueued, i);
    one.request.device = DeviceId(i < 250 ? "other" : "demo");
    shelf.put(one);
  }
  SchedulerView view;
  for (const auto* name : {"demo", "idle"}) view.devices.rows.emplace_back().name = name;
  show_jobs(view, shelf, [](const Job&) { return std::nullopt; });
  EXPECT_EQ(view.devices.rows[0].waiting, 50u) << "though the first hundred are another's";
  EXPECT_EQ(view.devices.rows[1].waiting, 0u);
}

TEST(SchedulerRows, StockThatIsHeldUpComesFirst) {
  wire::StockKind whole, short_of, held;
  whole.device = short_of.device = held.device = DeviceId("demo");
  short_of.target = short_of.waiting = 1;
  held.problem = Error{ErrorCode::kResource, "no room", "", "", "", ""};
  SchedulerView view;
  show_stock(view, {whole, short_of, held}, kRows);
  EXPECT_EQ(view.stock.rows[0].problem, "resource: no room");
  EXPECT_EQ(view.stock.rows[1].waiting, 1u);
}

TEST(SchedulerRows, OfManyJobsTheFirstAreShownAndAllCounted) {
  scheduler::JobShelf shelf;
  for (int i = 0; i < 500; ++i) shelf.put(job("q" + std::to_string(i), JobState::kQueued, i));
  for (int i = 0; i < 500; ++i) shelf.put(job("d" + std::to_string(i), JobState::kDone, i));
  SchedulerView view;
  show_jobs(view, shelf, [](const Job&) { return std::nullopt; });
  EXPECT_EQ(view.waiting.rows.size(), kRows);
  EXPECT_EQ(view.waiting.total, 500u);
  EXPECT_EQ(view.ended.rows.size(), kEndedRows);
  EXPECT_EQ(view.ended.rows.at(0).id, "d499");
}

TEST(SchedulerRows, ACauseNamesNoDatasetAndNoPolicy) {
  auto failed = job("failed", JobState::kFailed);
  failed.problem = Error{ErrorCode::kDenied,
                         "program is not allowed",
                         "policy of ages, owned by hospital-a",
                         "one of 1234",
                         "alice",
                         "the owner can push the data again under another policy"};
  const auto cause = row_of(failed).cause;
  EXPECT_EQ(cause, "denied: program is not allowed (alice)");
  failed.problem->what = std::string(5000, 'x');
  EXPECT_LT(row_of(failed).cause.size(), 300u);
}

TEST(StatusJson, SaysTheSameAsTheSnapshot) {
  const auto json = to_json(test_snapshot());
  EXPECT_EQ(json["version"], kVersion);
  EXPECT_EQ(json["service"]["role"], "scheduler");
  EXPECT_EQ(json["ready"], false);
  EXPECT_EQ(json["checks"][1]["reason"], "the disk is nearly full");
  const auto& running = json["scheduler"]["running"];
  EXPECT_EQ(running["total"], 1);
  EXPECT_EQ(running["rows"][0]["progress"]["of_rounds"], 90);
  EXPECT_EQ(running["rows"][0]["progress"]["rest_millis"], 12'000);
  EXPECT_EQ(json["scheduler"]["nodes"]["rows"][0]["state"], "absent");
  EXPECT_EQ(json["scheduler"]["stock"]["rows"][0]["target"], 8);
  EXPECT_EQ(to_json(test_node_snapshot())["node"]["datasets"]["count"], 12);
  EXPECT_EQ(to_json(test_node_snapshot())["node"]["tapes"]["by_state"]["ready"], 6);
}

TEST(StatusJson, TextThatIsNoUtf8IsStillJson) {
  auto snapshot = test_snapshot();
  snapshot.name = "\xff\xfe";
  EXPECT_TRUE(nlohmann::json::accept(text_of(to_json(snapshot))));
}

TEST(StatusText, FiguresAreForPeople) {
  EXPECT_EQ(bytes_text(0), "0 B");
  EXPECT_EQ(bytes_text(812), "812 B");
  EXPECT_EQ(bytes_text(1024), "1 KiB");
  EXPECT_EQ(bytes_text(3.14 * (1 << 30)), "3.1 GiB");
  EXPECT_EQ(bytes_text(1023.9 * 1024), "1 MiB");
  EXPECT_EQ(value_text(1.25, "/s"), "1.2/s");
  EXPECT_EQ(value_text(2048, "B/s"), "2 KiB/s");
  EXPECT_EQ(value_text(9999, "/s"), "9999/s");
  EXPECT_EQ(value_text(56'700, "/s"), "57 k/s");
  EXPECT_EQ(value_text(5'670'000, "/s"), "5.7 M/s");
  EXPECT_EQ(round_trip_text(0), "< 1 µs");
  EXPECT_EQ(round_trip_text(0.000'043), "43 µs");
  EXPECT_EQ(round_trip_text(0.000'999'9), "1 ms");
  EXPECT_EQ(round_trip_text(0.002'31), "2.3 ms");
  EXPECT_EQ(round_trip_text(1.25), "1.2 s");
  EXPECT_EQ(heard_text(-1), "never");
  EXPECT_EQ(heard_text(20), "just now");
  EXPECT_EQ(heard_text(3000), "3 s ago");
  EXPECT_EQ(member_text("alice", "alice"), "alice");
  EXPECT_EQ(members_text({{"alice", "a0", Presence::kPresent}, {"bob", "b0", Presence::kGone}}),
            "alice/a0, bob/b0 (gone)");
}

TEST(StatusText, ProgressIsNothingBeforeTheRunAndAllAfterIt) {
  EXPECT_EQ(share_done({Phase::kLoading, 0, 9, 0, 90, 0}), 0);
  EXPECT_NEAR(share_done({Phase::kRunning, 3, 9, 45, 90, 1}), 0.5, 1e-9);
  EXPECT_EQ(share_done({Phase::kRunning, 3, 9, 95, 90, 1}), 1);
  EXPECT_NEAR(share_done({Phase::kRunning, 3, 9, 0, 0, 1}), 1.0 / 3, 1e-9);
  EXPECT_EQ(share_done({Phase::kStoring, 9, 9, 90, 90, 1}), 1);
}

}  // namespace
}  // namespace spud::service::status
