// SPDX-License-Identifier: Apache-2.0
#include "system/metrics/registry.hpp"

#include <ctime>
#include <map>
#include <regex>
#include <sstream>

#include <gmock/gmock.h>

#include "base/limits.hpp"
#include "system/metrics/catalogue.hpp"

namespace spud::metrics {
namespace {

using ::testing::HasSubstr;

constexpr CounterFamily kDone{"spud_done_total", "Things that are done.", "outcome"};
constexpr GaugeFamily kOpen{"spud_open", "Things that are open."};
constexpr HistogramFamily kTime{"spud_wait_seconds", "Time spent waiting.", 0.5, 3};

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

TEST(Registry, EscapesLabelValues) {
  Registry registry({"1", "node"});
  registry.counter(kDone, {"a\"b\\c\nd"}).add();
  EXPECT_THAT(registry.text(), HasSubstr(R"(spud_done_total{outcome="a\"b\\c\nd"} 1)"));
}

}  // namespace
}  // namespace spud::metrics
