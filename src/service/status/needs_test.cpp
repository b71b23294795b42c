// SPDX-License-Identifier: Apache-2.0
#include "service/status/needs.hpp"

#include <gmock/gmock.h>

#include "service/status/page.hpp"
#include "service/status/snapshot_for_tests.hpp"

namespace spud::service::status {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

constexpr std::int64_t kDay = 86'400, kNow = kTestNow / 1000;

/// Nothing is wrong with it.
Snapshot well() {
  auto snapshot = test_snapshot();
  snapshot.checks = {{"store", true, ""}};
  snapshot.certificates = {{"own", {kNow - 10 * kDay, kNow + 355 * kDay}}};
  auto& view = std::get<SchedulerView>(snapshot.view);
  view.nodes.rows[0].presence = Presence::kPresent;
  view.nodes_present = 2;
  view.devices.rows[0].state = DeviceState::kReady;
  view.devices.rows[0].members[1].presence = Presence::kPresent;
  view.devices_ready = 1;
  view.waiting = {};
  view.stock.rows[0].ready = view.stock.rows[0].target;
  view.tapes_ready = view.tapes_target;
  return snapshot;
}

SchedulerView& view_of(Snapshot& snapshot) {
  return std::get<SchedulerView>(snapshot.view);
}

std::vector<std::string> texts(const Snapshot& snapshot) {
  std::vector<std::string> out;
  for (const auto& need : needs_of(snapshot)) out.push_back(need.text);
  return out;
}

TEST(Needs, AreNoneWhenAllIsWell) {
  EXPECT_THAT(texts(well()), IsEmpty());
  const auto shown = page(well());
  EXPECT_THAT(shown, AllOf(HasSubstr("Nothing here needs anybody."), Not(HasSubstr("Needs somebody"))));
  EXPECT_THAT(shown, HasSubstr("<span class=\"badge good\"><span aria-hidden=\"true\">✓</span> ready"));
  EXPECT_THAT(shown, AllOf(Not(HasSubstr("tile bad")), Not(HasSubstr("tile warn"))));
}

TEST(Needs, ReadinessThatFails) {
  auto snapshot = well();
  snapshot.checks.push_back({"scheduler", false, "it was not reached yet"});
  snapshot.checks.push_back({"draining", false, "it is shutting down"});
  EXPECT_THAT(texts(snapshot), ElementsAre("not ready: scheduler: it was not reached yet"));
}

TEST(Needs, AnAbsentNodeItsDeviceAndTheJobsThatWaitForIt) {
  auto snapshot = well();
  auto& view = view_of(snapshot);
  view.nodes.rows[0].presence = Presence::kAbsent;
  view.devices.rows[0].state = DeviceState::kWaiting;
  view.devices.rows[0].members[1].presence = Presence::kAbsent;
  view.devices.rows[0].waiting = 1;
  snapshot.peers = {{"bob/compute/bob-0", false}};
  EXPECT_THAT(texts(snapshot),
              ElementsAre("node bob/bob-0 is absent: heard 3 min 20 s ago",
                          "device demo waits for bob/bob-0 (absent), and 1 job waits for it"));
  const auto shown = page(snapshot);
  EXPECT_THAT(shown, HasSubstr("ready, but see below"));
  EXPECT_THAT(shown, HasSubstr("<div class=\"tile bad\"><dt>Nodes present"));
  EXPECT_THAT(shown, HasSubstr("<div class=\"tile bad\"><dt>Devices ready"));
  // Before all figures.
  EXPECT_LT(shown.find("Needs somebody"), shown.find("<dl class=\"tiles\">"));
}

TEST(Needs, ANodeThatAnAttemptBlamesIsAbsentHoweverLittleAgoItWasHeard) {
  auto snapshot = well();
  auto& row = view_of(snapshot).nodes.rows[0];
  row.presence = Presence::kAbsent;
  row.silent_millis = 400;
  EXPECT_THAT(texts(snapshot), ElementsAre("node bob/bob-0 is absent: heard just now"));
  row.silent_millis = -1;
  EXPECT_THAT(texts(snapshot),
              ElementsAre("node bob/bob-0 has not announced itself since the scheduler started"));
}

TEST(Needs, AServiceThatDoesNotAnswerIsNotSaidToBeWell) {
  auto snapshot = well();
  snapshot.silence = "the service did not answer in time";
  snapshot.age_millis = 600'000;
  EXPECT_THAT(page(snapshot), AllOf(Not(HasSubstr("Nothing here needs anybody.")),
                                    HasSubstr("ready, but see"), HasSubstr("This is as it was 10 min ago")));
  // Somebody else has asked a moment ago.
  snapshot.heard = false;
  snapshot.age_millis = 400;
  EXPECT_THAT(page(snapshot), AllOf(Not(HasSubstr("Nothing here needs anybody.")),
                                    HasSubstr("Not all of it has answered yet: the service did not")));
}

TEST(Needs, ASchedulerThatIsNotReachedIsSaidOnce) {
  auto snapshot = well();
  snapshot.checks.push_back({"scheduler", false, "it was not reached yet"});
  snapshot.peers = {{"operator/scheduler/main", false}, {"bob/compute/bob-0", false}};
  EXPECT_THAT(texts(snapshot), ElementsAre("not ready: scheduler: it was not reached yet",
                                           "bob/compute/bob-0 cannot be reached"));
}

TEST(Needs, ANodeThatIsGoneForGoodNeedsNobody) {
  auto snapshot = well();
  view_of(snapshot).nodes.rows[0].presence = Presence::kGone;
  snapshot.peers = {{"bob/compute/bob-0", false}};
  EXPECT_THAT(texts(snapshot), IsEmpty());
}

TEST(Needs, ADeviceWithoutADealerIsAWarning) {
  auto snapshot = well();
  view_of(snapshot).devices.rows[0].state = DeviceState::kNoDealer;
  EXPECT_THAT(texts(snapshot), ElementsAre("device demo has no dealer: it runs from stock alone"));
  EXPECT_EQ(needs_of(snapshot).at(0).tone, Tone::kWarn);
}

TEST(Needs, AJobThatWaitsLong) {
  auto snapshot = well();
  auto& waiting = view_of(snapshot).waiting;
  waiting = {{test_job("train-8", JobState::kQueued)}, 1};
  waiting.rows[0].waiting = "4 of 4 slots in use";
  waiting.rows[0].queued_unix_millis = kTestNow - kLongWaitMillis + 1;
  EXPECT_THAT(texts(snapshot), IsEmpty());
  --waiting.rows[0].queued_unix_millis;
  EXPECT_THAT(texts(snapshot), ElementsAre("job train-8 has waited for 10 min: 4 of 4 slots in use"));
  EXPECT_THAT(page(snapshot), HasSubstr("<div class=\"tile warn\"><dt>Jobs running"));
  waiting.rows[0].queued_unix_millis = kTestNow - 1000;
  EXPECT_THAT(texts(snapshot), IsEmpty()) << "it ran in between";
}

TEST(Needs, StockThatCannotBeMadeOrThatJobsWaitFor) {
  auto snapshot = well();
  auto& row = view_of(snapshot).stock.rows[0];
  row.waiting = 0;
  row.ready = 3;
  view_of(snapshot).tapes_ready = 3;
  EXPECT_THAT(texts(snapshot), IsEmpty()) << "it is being made";
  row.making = false;
  EXPECT_THAT(texts(snapshot), IsEmpty()) << "it has its turn: a device makes one tape at a time";
  EXPECT_THAT(page(snapshot), HasSubstr("<div class=\"tile busy\"><dt>Tapes ready"));
  row.ready = 0;
  row.waiting = 2;
  EXPECT_THAT(texts(snapshot), ElementsAre("stock of plan aaaaaaaaaaaa on demo is used up, and 2 jobs wait"));
  EXPECT_THAT(page(snapshot), HasSubstr("<div class=\"tile warn\"><dt>Tapes ready"));
  row.problem = "resource: no room";
  EXPECT_THAT(texts(snapshot), ElementsAre(HasSubstr("is held up: resource: no room")));
  EXPECT_THAT(page(snapshot), HasSubstr("<div class=\"tile bad\"><dt>Tapes ready"));
}

TEST(Needs, APeerThatIsDownAndNoneThatNobodyWatches) {
  auto snapshot = well();
  snapshot.peers = {{"alice/compute/alice", false}, {"bob/compute/bob", true}, {"hospital-a/client"}};
  EXPECT_THAT(texts(snapshot), ElementsAre("alice/compute/alice cannot be reached"));
}

TEST(Needs, ACertificateThatIsDueOrEnds) {
  auto snapshot = well();
  snapshot.certificates = {{"own", {kNow - 360 * kDay, kNow + kDay}},
                           {"ca bob", {kNow - 340 * kDay, kNow + 25 * kDay}},
                           {"ca alice", {kNow - 10 * kDay, kNow + 355 * kDay}}};
  const auto needs = needs_of(snapshot);
  EXPECT_THAT(texts(snapshot),
              ElementsAre("its own certificate ends in 1 d", "certificate of ca bob ends in 25 d"));
  EXPECT_EQ(needs.at(0).tone, Tone::kBad);
  EXPECT_EQ(needs.at(1).tone, Tone::kWarn);
}

TEST(Needs, ADiskThatIsLowSaysSoOnce) {
  auto snapshot = well();
  snapshot.disks = {{"store", 100 << 20, 256 << 20}};
  snapshot.checks.push_back({"disk", false, "the disk is nearly full"});
  EXPECT_THAT(texts(snapshot),
              ElementsAre("the disk of the store has 100 MiB left: no new work is taken below 256 MiB"));
}

TEST(Needs, OfManyOfAKindTheFirstAreNamedAndAllCounted) {
  auto snapshot = well();
  snapshot.peers.clear();
  for (int i = 0; i < 50; ++i) snapshot.peers.push_back({"p" + std::to_string(i), false});
  const auto said = texts(snapshot);
  EXPECT_THAT(said, SizeIs(4));
  EXPECT_EQ(said.back(), "and 47 more peers");
}

TEST(Needs, WhatIsBrokenIsNamedBeforeWhatIsSlow) {
  auto snapshot = well();
  auto& rows = view_of(snapshot).stock.rows;
  rows[0].ready = 0;
  rows[0].waiting = 1;
  rows.resize(4, rows[0]);
  rows[3].problem = "resource: no room";
  const auto needs = needs_of(snapshot);
  ASSERT_THAT(needs, SizeIs(4));
  EXPECT_THAT(needs[0].text, HasSubstr("held up"));
  EXPECT_EQ(needs[3].text, "and 1 more plans whose stock is short");
  EXPECT_EQ(needs[3].tone, Tone::kWarn);
}

TEST(Needs, EachLeadsToItsRow) {
  auto snapshot = test_snapshot();
  snapshot.disks = {{"store", 1, 2}};
  snapshot.peers.push_back({"eve/compute/eve <0>", false});
  auto& view = view_of(snapshot);
  view.waiting.rows.push_back(test_job("long & <old>", JobState::kQueued));
  view.waiting.rows.back().device = "other";
  view.waiting.rows.back().queued_unix_millis -= kLongWaitMillis;
  view.stock.rows[0].problem = "no room";
  const auto needs = needs_of(snapshot);
  EXPECT_THAT(needs, SizeIs(7));
  const auto shown = page(snapshot);
  for (const auto& need : needs) {
    EXPECT_THAT(shown, HasSubstr(" id=\"" + need.anchor + "\"")) << need.text;
    EXPECT_THAT(shown, HasSubstr("href=\"#" + need.anchor + "\"")) << need.text;
  }
}

}  // namespace
}  // namespace spud::service::status
