// SPDX-License-Identifier: Apache-2.0
#include "app/top/screen.hpp"

#include <gmock/gmock.h>

#include "app/top/columns.hpp"
#include "service/status/snapshot_for_tests.hpp"

namespace spud::app::top {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::Each;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

Heard heard() {
  return {"sched:7000", service::status::kTestNow, true, service::status::test_scheduler_view()};
}

std::string joined(const std::vector<std::string>& lines) {
  std::string text;
  for (const auto& line : lines) text += line + "\n";
  return text;
}

TEST(Screen, ShowsJobsNodesDevicesAndStock) {
  const auto text = joined(screen(heard(), {200}));
  for (const auto* shown : {"spud top  sched:7000  2023-11-14 22:13:20 UTC",
                            "nodes 1 of 2 present",
                            "1 running and 1 waiting",
                            "train-7",
                            "####--------",
                            "  round 30 of 90",
                            "12 s",
                            "train-8",
                            "has been silent",
                            "train-6",
                            "failed",
                            "unavailable: the link has ended (bob)",
                            "alice/alice-0",
                            "zone=eu",
                            "1 of 4",
                            "demo",
                            "bob/bob-0 (absent)",
                            "aaaaaaaaaaaa",
                            "3 of 8",
                            "making"}) {
    EXPECT_THAT(text, HasSubstr(shown));
  }
  EXPECT_THAT(text, Not(HasSubstr("\033")));
}

TEST(Screen, FitsWhateverTheTerminalIs) {
  auto many = heard();
  auto& view = many.view;
  for (int i = 0; i < 80; ++i) {
    view.running.rows.push_back(view.running.rows[0]);
    view.nodes.rows.push_back(view.nodes.rows[1]);
    view.waiting.rows.push_back(view.waiting.rows[0]);
  }
  view.running.total = view.nodes.total = view.waiting.total = 1000;
  for (std::size_t width : {1u, 10u, 40u, 80u, 132u, 300u}) {
    for (std::size_t height : {1u, 5u, 24u, 60u, 200u}) {
      const auto lines = screen(many, {width, height});
      EXPECT_LE(lines.size(), height);
      for (const auto& line : lines) EXPECT_LE(width_of(line), width) << line;
    }
  }
}

TEST(Screen, EveryPartHasSomeRowsOnASmallTerminal) {
  auto many = heard();
  for (int i = 0; i < 80; ++i) many.view.running.rows.push_back(many.view.running.rows[0]);
  many.view.running.total = 81;
  const auto lines = screen(many, {120, 30});
  const auto text = joined(lines);
  for (const auto* part : {"RUNNING 81", "WAITING 1", "ENDED", "NODE", "DEVICE", "STOCK", "train-8", "demo"})
    EXPECT_THAT(text, HasSubstr(part));
  EXPECT_THAT(text, HasSubstr(" more\n"));
}

TEST(Screen, ColoursAndBlocksOnlyWhereTheyAreWanted) {
  const auto coloured = joined(screen(heard(), {.width = 200, .colours = true, .blocks = true}));
  EXPECT_THAT(coloured, AllOf(HasSubstr("\033[32mpresent\033[0m"), HasSubstr("████░░░░░░░░")));
}

TEST(Screen, SaysThatNobodyAnswersAndHowOldThisIs) {
  auto old = heard();
  old.age_millis = 61'000;
  EXPECT_THAT(joined(screen(old, {200})), Not(HasSubstr("no answer")));
  old.silence = "cannot connect";
  EXPECT_THAT(
      joined(screen(old, {200})),
      AllOf(HasSubstr("no answer, this is as it was 1 min 1 s ago: cannot connect"), HasSubstr("train-7")));
  Heard never;
  EXPECT_THAT(screen(never, {200}), Contains("asking"));
  never.silence = "cannot connect";
  EXPECT_THAT(screen(never, {200}), Contains("no answer, cannot connect"));
}

TEST(Screen, TotalsThatAreTheLeastThereIsSaySo) {
  auto many = heard();
  many.view.waiting.total = 200;
  many.more_waiting = true;
  EXPECT_THAT(joined(screen(many, {200})), AllOf(HasSubstr("1 running and 200+ waiting"),
                                                 HasSubstr("WAITING 200+"), HasSubstr("RUNNING 1 ")));
}

Heard heard_of(const service::status::Snapshot& snapshot) {
  Heard heard{"127.0.0.1:7101", service::status::kTestNow, true};
  heard.service = snapshot;
  return heard;
}

service::status::Snapshot dealer() {
  auto snapshot = service::status::test_snapshot();
  snapshot.role = "dealer";
  snapshot.checks.pop_back();
  snapshot.view = service::status::DealerView{1, 2, 30, 40, 50, 6, 7ull << 30};
  return snapshot;
}

TEST(ScreenOfAService, ShowsReadinessCertificatesDisksAndPeersOfEveryRole) {
  for (const auto& snapshot :
       {service::status::test_snapshot(), service::status::test_node_snapshot(), dealer()}) {
    const auto text = joined(screen(heard_of(snapshot), {200}));
    for (const auto* shown : {"spud top  127.0.0.1:7101  2023-11-14 22:13:20 UTC", "up 3 h", "READINESS",
                              "store", "holds", "CERTIFICATE", "ca alice", "2023-11-19", "5 d", "STORE",
                              "3 GiB", "1 GiB", "PEER", "up", "12 ms", "4.8 MiB", "6.7 MiB"}) {
      EXPECT_THAT(text, HasSubstr(shown)) << snapshot.role;
    }
  }
}

TEST(ScreenOfAService, ShowsItsOwnView) {
  EXPECT_THAT(joined(screen(heard_of(service::status::test_snapshot()), {200})),
              AllOf(HasSubstr("scheduler main of operator, spud 0.1.0, up 3 h, not ready"),
                    HasSubstr("the disk is nearly full"), HasSubstr("nodes 1 of 2 present"),
                    HasSubstr("train-8"), HasSubstr("alice/alice-0")));
  EXPECT_THAT(
      joined(screen(heard_of(service::status::test_node_snapshot()), {200})),
      AllOf(HasSubstr("node alice-0 of alice"), HasSubstr("1 attempts of 4"), HasSubstr("datasets 12"),
            HasSubstr("6 ready"), HasSubstr("train-7"), HasSubstr("round 30 of 90")));
  auto of_dealer = dealer();
  EXPECT_THAT(
      joined(screen(heard_of(of_dealer), {200})),
      AllOf(HasSubstr(", ready"), HasSubstr("30 dealt, 7 GiB sent"), HasSubstr("last tape 50 of epoch 6")));
  of_dealer.draining = true;
  of_dealer.silence = "it did not answer";
  of_dealer.age_millis = 7000;
  EXPECT_THAT(joined(screen(heard_of(of_dealer), {200})),
              AllOf(HasSubstr(", draining"), HasSubstr("what follows is 7 s old: it did not answer")));
  of_dealer.heard = false;
  EXPECT_THAT(joined(screen(heard_of(of_dealer), {200})),
              HasSubstr("not all of it has answered yet: it did not answer"));
}

TEST(ScreenOfAService, JudgesAsItsPageDoes) {
  auto snapshot = dealer();
  constexpr std::int64_t kDay = 86'400, kNow = service::status::kTestNow / 1000;
  snapshot.certificates = {{"own", {kNow - 364 * kDay, kNow + kDay}}};
  snapshot.peers = {{"bob", true, 0.000'043}, {"hospital-a/client"}};
  const auto text = joined(screen(heard_of(snapshot), {.width = 200, .colours = true}));
  EXPECT_THAT(text, AllOf(HasSubstr("\033[31m1 d"), HasSubstr("43 us"), HasSubstr("incoming")));
}

TEST(ScreenOfAService, FitsAndNothingInItMovesTheCursor) {
  const std::string name = "\033[2J\033]0;x\a\r\n\x7f\xc2\x9b\xe2\x80\xae\xff";
  for (auto snapshot : {service::status::test_snapshot(), service::status::test_node_snapshot(), dealer()}) {
    snapshot.name = snapshot.party = snapshot.version = snapshot.silence = name;
    snapshot.checks.push_back({name, false, name});
    snapshot.certificates[0].name = snapshot.disks[0].name = snapshot.peers[0].peer = name;
    if (auto* view = std::get_if<service::status::NodeView>(&snapshot.view)) {
      view->work.attempts.rows[0].job = view->work.attempts.rows[0].supply = name;
      view->tapes->by_state[name] = 1;
    }
    const auto heard = heard_of(snapshot);
    for (const auto& line : screen(heard, {400}))
      for (char c : line) EXPECT_TRUE(c >= ' ' && c <= '~') << line;
    for (std::size_t width : {1u, 20u, 80u}) {
      for (std::size_t height : {1u, 8u, 24u}) {
        const auto lines = screen(heard, {width, height});
        EXPECT_LE(lines.size(), height);
        for (const auto& line : lines) EXPECT_LE(width_of(line), width) << line;
      }
    }
  }
}

TEST(Screen, NothingInANameMovesTheCursorOrTurnsTheText) {
  auto hostile = heard();
  const std::string name = "\033[2J\033]0;x\a\r\n\x7f\xc2\x9b\xe2\x80\xae\xff train";
  auto& view = hostile.view;
  view.running.rows[0].id = view.running.rows[0].device = view.running.rows[0].party = name;
  view.waiting.rows[0].waiting = view.ended.rows[0].cause = name;
  view.nodes.rows[0].address = view.nodes.rows[0].compiler = view.nodes.rows[0].party = name;
  view.nodes.rows[0].labels = {{name, name}};
  view.devices.rows[0].name = view.devices.rows[0].members[0].name = name;
  view.stock.rows[0].problem = view.stock.rows[0].device = name;
  hostile.silence = hostile.scheduler = name;
  for (const auto& line : screen(hostile, {400})) {
    for (char c : line) EXPECT_TRUE(c >= ' ' && c <= '~') << line;
  }
  EXPECT_EQ(plain("a\033[2Jb\xe2\x80\xae"), "a?[2Jb?");
}

TEST(ColumnsOfText, TheWidestThatMayGiveWayDoes) {
  Columns columns({{"NAME"}, {"WHY", false, 4}, {"COUNT", true}});
  columns.row({{"job-1"}, {"because of something"}, {"7"}});
  EXPECT_THAT(columns.lines(60, 9, false)[1], StartsWith("job-1  because of something"));
  const auto narrow = columns.lines(24, 9, false);
  EXPECT_EQ(narrow[1], "job-1  because o~      7");
  EXPECT_EQ(columns.lines(9, 9, false)[1], "job-1  b~");
  EXPECT_THAT(columns.lines(24, 0, false), Each(StartsWith("NAME")));
}

}  // namespace
}  // namespace spud::app::top
