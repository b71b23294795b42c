// SPDX-License-Identifier: Apache-2.0
// docs/metrics.md: every metric that spud publishes. After a change that is meant, SPUD_WRITE_METRICS=1
// writes it anew.
#include "system/metrics/catalogue.hpp"

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <regex>
#include <set>
#include <sstream>
#include <string>

#include <gtest/gtest.h>

#include "system/metrics/process.hpp"

namespace spud::metrics {
namespace {

std::string read(const char* path) {
  std::ifstream in(path);
  return {std::istreambuf_iterator<char>(in), {}};
}

std::string type_of(const Description& family) {
  switch (family.kind) {
    case Kind::kCounter:
      return "counter";
    case Kind::kGauge:
      return "gauge";
    case Kind::kHistogram:
      return "histogram";
  }
  return {};
}

std::string unit_of(const Description& family) {
  if (family.name.ends_with("_timestamp_seconds")) return "Unix time in seconds";
  for (const char* unit : {"seconds", "bytes"}) {
    const auto name = std::string("_") + unit;
    if (family.name.ends_with(name) || family.name.ends_with(name + "_total")) return unit;
  }
  return "";
}

std::string labels_of(const Description& family) {
  std::ostringstream out;
  for (const Label& label : family.labels) {
    if (label.name.empty()) continue;
    if (&label != family.labels.data()) out << "; ";
    out << "`" << label.name << "`: ";
    if (!label.closed) {
      out << label.values;
      continue;
    }
    out << "`" << std::regex_replace(std::string(label.values), std::regex(" "), "`, `") << "`";
  }
  return out.str();
}

/// The range of a histogram's buckets, in words.
std::string buckets_of(const Description& family) {
  if (family.kind != Kind::kHistogram) return {};
  const auto& histogram = static_cast<const HistogramFamily&>(family);
  std::ostringstream out;
  double last = histogram.first_bucket;
  for (std::size_t i = 1; i < histogram.bucket_count; ++i) last *= 2;
  out << " " << histogram.bucket_count << " buckets, doubling, from " << histogram.first_bucket << " to "
      << last << ".";
  return out.str();
}

struct Section {
  Publishers publishers;
  const char* title;
};
constexpr Section kSections[] = {
    {kEvery, "All services"}, {kScheduler, "Schedulers"}, {kNode, "Compute nodes"}, {kDealer, "Dealers"}};

std::string table() {
  std::ostringstream out;
  out << "# Metrics\n\n"
         "Every service publishes these at `/metrics` of its operations port, in Prometheus' text format, "
         "and "
         "nothing else. Written from\n`src/system/metrics/catalogue.hpp` by `SPUD_WRITE_METRICS=1 "
         "build/release/tests/metrics_test --gtest_filter='Catalogue.*'`, and\ncompared by the same test "
         "otherwise.\n\n"
         "* A family is there from the start of a service, with its name and meaning; where this page names "
         "all values of its labels,\n  every series is there at zero.\n"
         "* Nothing here depends on a value, a share or a program's text: names of parties and services, "
         "counts, bytes and times only. No\n  label has a name that clients choose.\n"
         "* Of a family no more than 256 series are kept; what comes beyond is counted under `other`.\n"
         "* A counter begins at zero with its process.\n";
  for (const auto& section : kSections) {
    out << "\n## " << section.title << "\n\n| name | type | labels | unit | meaning |\n"
        << "| --- | --- | --- | --- | --- |\n";
    for (const Description* family : family::kCatalogue) {
      if (family->publishers != section.publishers) continue;
      out << "| `" << family->name << "` | " << type_of(*family) << " | " << labels_of(*family) << " | "
          << unit_of(*family) << " | " << family->help << buckets_of(*family) << " |\n";
    }
    if (section.publishers != kEvery) continue;
    for (const auto& family : process_families()) {
      out << "| `" << family.name << "` | "
          << (family.type == prometheus::MetricType::Counter ? "counter" : "gauge") << " | | | "
          << family.help << " |\n";
    }
  }
  return out.str();
}

TEST(Catalogue, IsTheOneInTheDocs) {
  const char* path = "docs/metrics.md";
  const auto found = table();
  if (std::getenv("SPUD_WRITE_METRICS") != nullptr) std::ofstream(path) << found;
  EXPECT_EQ(found, read(path));
}

TEST(Catalogue, HasEveryFamilyOnceAndEverySectionIsWritten) {
  std::set<std::string> listed;
  for (const Description* family : family::kCatalogue) {
    EXPECT_TRUE(listed.insert(std::string(family->name)).second) << family->name;
    EXPECT_TRUE(std::ranges::any_of(kSections, [&](const Section& section) {
      return section.publishers == family->publishers;
    })) << family->name;
  }
  // The list is written by hand beside the families.
  std::set<std::string> defined;
  const auto text = read("src/system/metrics/catalogue.hpp");
  const std::regex name("\"(spud_[a-z_]+)\"");
  for (std::sregex_iterator it(text.begin(), text.end(), name), end; it != end; ++it)
    defined.insert((*it)[1]);
  EXPECT_EQ(listed, defined);
}

}  // namespace
}  // namespace spud::metrics
