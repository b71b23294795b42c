// SPDX-License-Identifier: Apache-2.0
#include "service/status/page.hpp"

#include <algorithm>
#include <regex>

#include <gmock/gmock.h>

#include "base/base64.hpp"
#include "service/status/snapshot_for_tests.hpp"
#include "system/crypto/sha256.hpp"

namespace spud::service::status {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr char kHostile[] = "<script>alert(1)</script>\"'&><img src=x onerror=alert(1)>";

/// What a browser would do with the page's elements: every one that opens ends, in order.
std::string unbalanced(const std::string& page) {
  const std::regex tag("<(/?)([a-z][a-z0-9]*)((?:\"[^\"]*\"|[^\">])*)>");
  std::vector<std::string> open;
  const std::vector<std::string> empty{"meta", "link"};
  for (std::sregex_iterator it(page.begin(), page.end(), tag), end; it != end; ++it) {
    const auto& match = *it;
    const std::string name = match[2], more = match[3];
    if (std::ranges::find(empty, name) != empty.end() || more.ends_with("/")) continue;
    if (match[1].length() == 0) {
      open.push_back(name);
    } else if (open.empty() || open.back() != name) {
      return "</" + name + "> ends " + (open.empty() ? "nothing" : open.back());
    } else {
      open.pop_back();
    }
  }
  return open.empty() ? "" : open.back() + " does not end";
}

std::string between(const std::string& text, const std::string& from, const std::string& to) {
  const auto begin = text.find(from) + from.size();
  return text.substr(begin, text.find(to, begin) - begin);
}

TEST(Page, ShowsWhatASchedulerKnows) {
  const auto shown = page(test_snapshot());
  for (const auto* text : {"<title>spud scheduler main</title>",
                           "party operator",
                           "spud 0.1.0",
                           "up 3 h",
                           "not ready",
                           "train-7",
                           "running, round 30 of 90",
                           "about 12 s left",
                           "silent for 3 min 20 s",
                           "the link has ended (bob)",
                           "absent",
                           "zone=eu",
                           "1 of 4",
                           "16 GiB",
                           "3 of 8",
                           "target 8",
                           "the disk is nearly full",
                           "5 d",
                           "12 ms",
                           "4.8 MiB"}) {
    EXPECT_THAT(shown, HasSubstr(text));
  }
  EXPECT_EQ(unbalanced(shown), "");
}

TEST(Page, ShowsWhatANodeKnows) {
  const auto shown = page(test_node_snapshot());
  for (const auto* text : {"<title>spud node alice-0</title>", "train-7", "round 30 of 90", "900 MiB",
                           "reserved of 16 GiB", "5 GiB of shares, 1 upload under way", "burnt", "epoch 3"}) {
    EXPECT_THAT(shown, HasSubstr(text));
  }
  EXPECT_EQ(unbalanced(shown), "");
}

TEST(Page, ShowsWhatADealerKnows) {
  auto snapshot = test_snapshot();
  snapshot.role = "dealer";
  snapshot.view = DealerView{2, 3, 17, 4000, 9, 5, 6ull << 30};
  const auto shown = page(snapshot);
  for (const auto* text :
       {"2 tapes wait for their nodes", "<b>17</b>", "6 GiB since it started", "<b>4000</b>"})
    EXPECT_THAT(shown, HasSubstr(text));
  EXPECT_EQ(unbalanced(shown), "");
}

TEST(Page, NumbersStandUnderOneAnotherWithTheirHeads) {
  const auto shown = page(test_snapshot());
  EXPECT_THAT(shown, HasSubstr("role=\"columnheader\" class=\"number\">Sent</th>"));
  EXPECT_THAT(shown, HasSubstr("role=\"columnheader\">Device</th>"));
  EXPECT_THAT(shown, HasSubstr("td.number{text-align:right"));
}

TEST(Page, CertificatesThatNeedNobodyAreFoldedIntoALine) {
  auto snapshot = test_snapshot();
  constexpr std::int64_t kDay = 86'400, kNow = kTestNow / 1000;
  for (const auto* party : {"bob", "carol"})
    snapshot.certificates.push_back({std::string("ca ") + party, {kNow, kNow + 300 * kDay}});
  const auto shown = page(snapshot);
  const auto own = shown.find("<th scope=\"row\" role=\"rowheader\">own</th>"),
             fold = shown.find("<details id=\"certificates-fine\">"), bob = shown.find(">ca bob</th>");
  EXPECT_LT(own, fold);
  EXPECT_LT(fold, bob);
  EXPECT_THAT(between(shown, "<summary id=\"certificates-fine-line\">", "</summary>"),
              AllOf(HasSubstr("</span> 3</span> hold, the first until <time>2024-09-09")));
}

TEST(Page, PeersThatNobodyWatchesSaySo) {
  auto snapshot = test_snapshot();
  snapshot.peers = {{"alice/compute/alice", true, 0.000'043}, {"hospital-a/client"}, {"bob/compute/bob"}};
  const auto of_scheduler = page(snapshot);
  EXPECT_THAT(of_scheduler, AllOf(HasSubstr("43 µs"), HasSubstr("incoming</span>"), HasSubstr("idle</span>"),
                                  Not(HasSubstr("not tried"))));
  snapshot.role = "dealer";
  snapshot.view = DealerView{};
  EXPECT_THAT(page(snapshot), Not(HasSubstr("idle</span>")));
}

TEST(Page, AnAttemptSaysWhoDealsForIt) {
  auto snapshot = test_node_snapshot();
  auto& row = std::get<NodeView>(snapshot.view).work.attempts.rows[0];
  row.supply = "carol/dealer/carol";
  EXPECT_THAT(page(snapshot), HasSubstr("<span>carol/dealer/carol</span>"));
  row.supply.clear();
  EXPECT_THAT(page(snapshot), Not(HasSubstr("carol/dealer")));
}

TEST(Page, TapesWithoutBytesAreSeeds) {
  auto snapshot = test_node_snapshot();
  EXPECT_THAT(page(snapshot), HasSubstr("2 GiB of corrections on disk"));
  auto& tapes = *std::get<NodeView>(snapshot.view).tapes;
  tapes.bytes = 0;
  EXPECT_THAT(page(snapshot), HasSubstr("a seed each: the last party has their corrections"));
  tapes.by_state = {{"making", 1}};
  EXPECT_THAT(page(snapshot), Not(HasSubstr("a seed each")))
      << "the corrections of the first are on their way here";
}

TEST(Page, IsWholeWhenThereIsNothingToShow) {
  Snapshot snapshot;
  snapshot.role = "scheduler";
  snapshot.view = SchedulerView{};
  EXPECT_THAT(page(snapshot), HasSubstr("None has announced itself yet"));
  EXPECT_EQ(unbalanced(page(snapshot)), "");
  snapshot.view = NodeView{};
  EXPECT_EQ(unbalanced(page(snapshot)), "");
}

TEST(Page, EscapesEveryTextThatOthersChose) {
  auto snapshot = test_snapshot();
  snapshot.name = snapshot.party = snapshot.version = snapshot.silence = kHostile;
  snapshot.age_millis = 60'000;
  snapshot.checks = {{kHostile, false, kHostile}};
  snapshot.certificates = {{kHostile, {0, 1}}};
  snapshot.disks = {{kHostile, 1, 2}};
  snapshot.peers = {{kHostile}};
  snapshot.series = {{kHostile, kHostile, {1, 2}, 1000}};
  SchedulerView view;
  NodeRow node;
  node.party = node.name = node.role = node.address = node.compiler = kHostile;
  node.labels = {{kHostile, kHostile}};
  view.nodes = {{node}, 1};
  DeviceRow device;
  device.name = device.layout = device.protocol = device.owner = device.digest = kHostile;
  device.members = device.dealers = {{kHostile, kHostile}};
  view.devices = {{device}, 1};
  auto job = test_job(kHostile, JobState::kFailed);
  job.party = job.device = job.waiting = job.cause = kHostile;
  view.running = view.waiting = view.ended = {{job}, 1};
  StockRow stock;
  stock.device = stock.plan = stock.problem = kHostile;
  view.stock = {{stock}, 1};
  snapshot.view = view;
  AttemptRow attempt;
  attempt.job = attempt.device = attempt.supply = kHostile;
  NodeView node_view;
  node_view.work.attempts = {{attempt}, 1};
  node_view.tapes = TapesView{{{kHostile, 1}}};
  auto of_node = snapshot;
  of_node.view = node_view;
  for (const auto& shown : {page(snapshot), page(of_node)}) {
    const auto body = between(shown, "<body>", "<script>const") + between(shown, "<title>", "</title>");
    EXPECT_THAT(body, Not(HasSubstr("<script>alert")));
    EXPECT_THAT(body, Not(HasSubstr("<img")));
    EXPECT_THAT(body, HasSubstr("&lt;script&gt;alert(1)"));
    EXPECT_EQ(unbalanced(shown), "");
  }
}

TEST(Page, SaysHowManyRowsItLeavesOut) {
  auto snapshot = test_snapshot();
  auto& view = std::get<SchedulerView>(snapshot.view);
  EXPECT_THAT(page(snapshot), Not(HasSubstr(" more</p>")));
  view.nodes.total = 5000;
  EXPECT_THAT(page(snapshot), HasSubstr("and 4998 more</p>"));
}

TEST(Page, SaysThatItIsOldAndWhy) {
  auto snapshot = test_snapshot();
  snapshot.age_millis = 900;
  EXPECT_THAT(page(snapshot), Not(HasSubstr("This is as it was")));
  snapshot.age_millis = 42'000;
  snapshot.silence = "the service did not answer in time";
  EXPECT_THAT(page(snapshot), HasSubstr("This is as it was 42 s ago: the service did not answer in time"));
}

TEST(Page, ADrainingServiceSaysSo) {
  auto snapshot = test_snapshot();
  snapshot.draining = true;
  EXPECT_THAT(page(snapshot), HasSubstr("draining"));
}

TEST(Page, ItsPolicyNamesItsOwnScriptAndStyleAndNothingElse) {
  const auto shown = page(test_snapshot());
  const auto policy = content_policy();
  const auto digest = [](const std::string& text) { return base64(crypto::sha256(as_bytes(text)).bytes); };
  EXPECT_THAT(policy,
              HasSubstr("script-src 'sha256-" + digest(between(shown, "<script>", "</script>")) + "'"));
  EXPECT_THAT(policy, HasSubstr("style-src 'sha256-" + digest(between(shown, "<style>", "</style>")) + "'"));
  EXPECT_THAT(policy, HasSubstr("default-src 'none'"));
  EXPECT_THAT(policy, Not(HasSubstr("unsafe")));
  // What the policy would refuse.
  EXPECT_THAT(shown, Not(HasSubstr(" style=\"")));
  EXPECT_THAT(shown, Not(HasSubstr(" onclick")));
}

TEST(Page, EveryTableHasACaptionAndEveryCellAHead) {
  const auto shown = page(test_snapshot());
  auto count = [&](const std::string& what) {
    std::size_t found = 0;
    for (auto at = shown.find(what); at != std::string::npos; at = shown.find(what, at + 1)) ++found;
    return found;
  };
  EXPECT_GE(count("<table"), 8u);
  EXPECT_EQ(count("<table"), count("<caption>"));
  EXPECT_EQ(count("<th>") + count("<td>"), 0u);
  // A cell says its head itself where there are no columns.
  EXPECT_GE(count("<td "), 30u);
  EXPECT_EQ(count("<td "), count(" data-head=\""));
}

}  // namespace
}  // namespace spud::service::status
