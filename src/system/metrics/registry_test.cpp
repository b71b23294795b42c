// SPDX-License-Identifier: Apache-2.0
#include "system/metrics/registry.hpp"

#include <ctime>
#include <map>
#include <regex>
#include <set>
#include <sstream>

#include <gmock/gmock.h>

#include "base/limits.hpp"
#include "system/metrics/catalogue.hpp"

namespace spud::metrics {
namespace {

using ::testing::HasSubstr;

constexpr CounterFamily kDone{kNode, "spud_done_total", "Things that are done.", any("outcome", "how")};
constexpr GaugeFamily kOpen{kNode, "spud_open", "Things that are open."};
constexpr GaugeFamily kAway{kNode, "spud_away", "Things that may go.", any("thing", "its name")};
constexpr HistogramFamily kTime{kNode, "spud_wait_seconds", "Time spent waiting.", 0.5, 3};

/// A family as the text format states it.
struct Parsed {
  std::string help, type;
  std::map<std::string, double> samples;  ///< by name and labels as written
};

std::map<std::string, Parsed> parse(const std::string& text) {
  std::map<std::string, Parsed> families;
  std::istringstream lines(text);
  const std::regex comment("# (HELP|TYPE) (\\S+) (.+)"),
      sample("([a-zA-Z_:][a-zA-Z0-9_:]*)(\\{.*\\})? (\\S+)");
  std::string current;
  for (std::string line; std::getline(lines, line);) {
    std::smatch match;
    if (std::regex_match(line, match, comment)) {
      current = match[2];
      (match[1] == "HELP" ? families[current].help : families[current].type) = match[3];
    } else if (std::regex_match(line, match, sample)) {
      EXPECT_TRUE(match[1].str().starts_with(current)) << line;
      families[current].samples[match[1].str() + match[2].str()] = std::stod(match[3]);
    } else {
      ADD_FAILURE() << "not the text format: " << line;
    }
  }
  return families;
}

TEST(Registry, WritesCountersGaugesAndHistograms) {
  Registry registry({"1.2.3", "node"});
  registry.counter(kDone, {"ok"}).add();
  registry.counter(kDone, {"ok"}).add(2);
  registry.gauge(kOpen).set(5);
  registry.gauge(kOpen).add(-1);
  registry.histogram(kTime).observe(0.7);
  auto families = parse(registry.text());
  EXPECT_EQ(families["spud_done_total"].samples["spud_done_total{outcome=\"ok\"}"], 3);
  EXPECT_EQ(families["spud_open"].samples["spud_open"], 4);
  auto& wait = families["spud_wait_seconds"].samples;
  EXPECT_EQ(wait["spud_wait_seconds_bucket{le=\"0.5\"}"], 0);
  EXPECT_EQ(wait["spud_wait_seconds_bucket{le=\"1\"}"], 1);
  EXPECT_EQ(wait["spud_wait_seconds_bucket{le=\"+Inf\"}"], 1);
  EXPECT_EQ(wait["spud_wait_seconds_count"], 1);
  EXPECT_EQ(families["spud_build_info"].samples["spud_build_info{role=\"node\",version=\"1.2.3\"}"], 1);
}

TEST(Registry, EveryFamilyHasHelpTypeAndAProperName) {
  Registry registry({"1", "node"});
  registry.counter(family::kJobs, {"done"}).add();
  registry.gauge(family::kNodes, {"ready"}).set(1);
  registry.histogram(family::kAttemptSeconds).observe(1);
  auto families = parse(registry.text());
  EXPECT_GE(families.size(), 9u);
  const std::regex name("(spud|process)(_[a-z0-9]+)+");
  for (const auto& [family, parsed] : families) {
    EXPECT_TRUE(std::regex_match(family, name)) << family;
    EXPECT_FALSE(parsed.help.empty()) << family;
    EXPECT_EQ(family.ends_with("_total"), parsed.type == "counter") << family << " is a " << parsed.type;
    EXPECT_FALSE(parsed.samples.empty()) << family;
  }
}

TEST(Registry, ReportsTheProcessItself) {
  auto families = parse(Registry({"1", "node"}).text());
  EXPECT_GT(families["process_resident_memory_bytes"].samples["process_resident_memory_bytes"], 1e6);
  EXPECT_GE(families["process_open_fds"].samples["process_open_fds"], 3);
  EXPECT_GE(families["process_cpu_seconds_total"].samples["process_cpu_seconds_total"], 0);
  double start = families["process_start_time_seconds"].samples["process_start_time_seconds"];
  double now = static_cast<double>(std::time(nullptr));
  EXPECT_LE(start, now + 1);
  EXPECT_GT(start, now - 3600);
}

TEST(Registry, CountsValuesBeyondTheLimitAsOther) {
  Registry registry({"1", "node"});
  const std::size_t count = 2 * limits::kSeriesPerMetric;
  for (std::size_t i = 0; i < count; ++i) registry.counter(kDone, {std::to_string(i)}).add();
  auto samples = parse(registry.text())["spud_done_total"].samples;
  EXPECT_EQ(samples.size(), limits::kSeriesPerMetric);
  EXPECT_EQ(samples["spud_done_total{outcome=\"0\"}"], 1);
  EXPECT_EQ(samples["spud_done_total{outcome=\"other\"}"], count - limits::kSeriesPerMetric + 1);
}

TEST(Registry, TouchesWhatTheServicePublishesAtZero) {
  Registry registry({"1", "dealer"});
  registry.touch(kDealer);
  auto families = parse(registry.text());
  EXPECT_TRUE(families.contains("spud_dealt_tape_bytes_total"));
  EXPECT_FALSE(families.contains("spud_jobs_total"));
  auto& handshakes = families["spud_tls_handshakes_total"].samples;
  EXPECT_EQ(handshakes.size(), 4u);
  EXPECT_TRUE(handshakes.contains("spud_tls_handshakes_total{outcome=\"failed\",side=\"client\"}"));
  for (const auto& [series, value] : handshakes) EXPECT_EQ(value, 0) << series;
  EXPECT_EQ(families["spud_store_sync_seconds"].samples["spud_store_sync_seconds_count"], 0);
  // Peers are not known yet.
  EXPECT_EQ(families["spud_peer_up"].type, "gauge");
  EXPECT_TRUE(families["spud_peer_up"].samples.empty());
}

TEST(Registry, WritesEveryFamilyOnceWhateverComesAndGoes) {
  Registry registry({"1", "node"});
  registry.touch(kNode);
  registry.set(family::kPeerUp, {"bob/compute/bob"}, 1);
  EXPECT_EQ(parse(registry.text())["spud_peer_up"].samples.size(), 1u);
  registry.remove(family::kPeerUp, {"bob/compute/bob"});
  const auto text = registry.text();
  EXPECT_TRUE(parse(text)["spud_peer_up"].samples.empty());
  std::set<std::string> heads;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with("# TYPE")) continue;
    EXPECT_TRUE(heads.insert(line).second) << line;
  }
}

TEST(Registry, ForgetsASeriesAndGivesItsPlaceToAnother) {
  Registry registry({"1", "node"});
  for (std::size_t i = 0; i + 1 < limits::kSeriesPerMetric; ++i) registry.set(kAway, {std::to_string(i)}, 1);
  registry.remove(kAway, {"0"});
  registry.remove(kAway, {"0"});
  registry.remove(kAway, {"never there"});
  registry.set(kAway, {"new"}, 7);
  auto samples = parse(registry.text())["spud_away"].samples;
  EXPECT_FALSE(samples.contains("spud_away{thing=\"0\"}"));
  EXPECT_EQ(samples["spud_away{thing=\"new\"}"], 7);
  EXPECT_FALSE(samples.contains("spud_away{thing=\"other\"}"));
}

TEST(Registry, LooksBeforeItWritesAsLongAsTheHandleIsThere) {
  Registry registry({"1", "node"});
  int looks = 0;
  {
    auto looking = registry.look([&] { registry.gauge(kOpen).set(++looks); });
    EXPECT_THAT(registry.text(), HasSubstr("spud_open 1\n"));
    auto moved = std::move(looking);
    EXPECT_THAT(registry.text(), HasSubstr("spud_open 2\n"));
  }
  EXPECT_THAT(registry.text(), HasSubstr("spud_open 2\n"));
  EXPECT_EQ(looks, 2);
}

TEST(Follower, AddsWhatATotalHasGrownBy) {
  Registry registry({"1", "node"});
  Follower follower(registry.counter(kDone, {"ok"}));
  for (double total : {3.0, 3.0, 10.0}) follower.follow(total);
  EXPECT_THAT(registry.text(), HasSubstr("spud_done_total{outcome=\"ok\"} 10\n"));
  // Whoever counts has begun anew.
  for (double total : {0.0, 4.0}) follower.follow(total);
  EXPECT_THAT(registry.text(), HasSubstr("spud_done_total{outcome=\"ok\"} 14\n"));
}

TEST(Registry, TellsCountersAndGaugesAsValues) {
  Registry registry({"1", "node"});
  registry.counter(kDone, {"ok"}).add(3);
  registry.gauge(kOpen).set(-2);
  registry.histogram(kTime).observe(0.7);
  std::map<std::string, double> values;
  for (const auto& sample : registry.samples()) {
    values[sample.family + (sample.labels.contains("outcome") ? " " + sample.labels.at("outcome") : "")] =
        sample.value;
  }
  EXPECT_EQ(values["spud_done_total ok"], 3);
  EXPECT_EQ(values["spud_open"], -2);
  EXPECT_GT(values["process_resident_memory_bytes"], 1e6);
  EXPECT_FALSE(values.contains("spud_wait_seconds"));
}

TEST(Registry, EscapesLabelValues) {
  Registry registry({"1", "node"});
  registry.counter(kDone, {"a\"b\\c\nd"}).add();
  EXPECT_THAT(registry.text(), HasSubstr(R"(spud_done_total{outcome="a\"b\\c\nd"} 1)"));
}

}  // namespace
}  // namespace spud::metrics
