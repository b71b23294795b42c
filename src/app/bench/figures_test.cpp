// SPDX-License-Identifier: Apache-2.0
#include "app/bench/figures.hpp"

#include <gtest/gtest.h>

namespace spud::app::bench {
namespace {

RunFigures run_of(double seconds, double cpu, std::uint64_t peak) {
  RunFigures run;
  run.seconds = seconds;
  run.rounds = 3;
  run.opened_bits = 80;
  run.tape_bytes = 100;
  run.roles["party0"] = {cpu, peak, {{"party1", 26}, {"party2", 28}}};
  run.roles[kDealerName] = {2 * cpu, peak / 2, {{"party2", 130}}};
  return run;
}

Row measured() {
  Row row;
  row.name = "mul";
  row.runs = {run_of(3, 0.3, 40), run_of(1, 0.1, 60), run_of(2, 0.5, 50)};
  row.max_abs_err = 0.25;
  return row;
}

TEST(Figures, MedianIsTheMiddleOrTheMeanOfTwo) {
  EXPECT_EQ(median({5}), 5);
  EXPECT_EQ(median({9, 1, 2}), 2);
  EXPECT_EQ(median({4, 1, 2, 9}), 3);
}

TEST(Figures, ARowHasEveryFieldThatScriptsReadByName) {
  const auto json = to_json(measured(), Setting{});
  EXPECT_EQ(json["name"], "mul");
  EXPECT_EQ(json["seconds"], 2.0);
  EXPECT_EQ(json["min"], 1.0);
  EXPECT_EQ(json["max"], 3.0);
  EXPECT_EQ(json["runs"], (std::vector<double>{3, 1, 2})) << "in the order they were run";
  EXPECT_EQ(json["cpu_seconds"]["party0"], 0.3);
  EXPECT_EQ(json["cpu_seconds"]["dealer"], 0.6);
  EXPECT_EQ(json["rounds"], 3);
  EXPECT_EQ(json["bytes_sent"]["party0"], 54);
  EXPECT_EQ(json["bytes_by_link"]["party0->party2"], 28);
  EXPECT_EQ(json["bytes_by_link"]["dealer->party2"], 130);
  EXPECT_EQ(json["tape_bytes"], 100);
  EXPECT_EQ(json["peak_rss"]["party0"], 60) << "of all runs";
  EXPECT_EQ(json["max_abs_err"], 0.25);
  EXPECT_EQ(json["threads"], 1);
  EXPECT_EQ(json["link"], "none");
  EXPECT_EQ(json["tape"], "live");
}

TEST(Figures, AProgramThatFailedHasItsErrorAndNothingElse) {
  Row row;
  row.name = "sort";
  row.error = Error{ErrorCode::kUnsupported, "cannot sort", "", "", "", ""};
  EXPECT_EQ(to_json(row, Setting{}), (nlohmann::json{{"name", "sort"}, {"error", "cannot sort"}}));
  EXPECT_NE(to_text({row}, Setting{}).find("cannot sort"), std::string::npos);
}

TEST(Figures, WhatWasNotCheckedSaysWhy) {
  auto row = measured();
  row.max_abs_err.reset();
  row.unchecked = "out of range";
  EXPECT_TRUE(to_json(row, Setting{})["max_abs_err"].is_null());
  EXPECT_EQ(to_json(row, Setting{})["unchecked"], "out of range");
  EXPECT_NE(to_text({row}, Setting{}).find("not checked: out of range"), std::string::npos);
}

TEST(Figures, TheTableSaysWhereTheClockRan) {
  Setting setting;
  EXPECT_NE(to_text({measured()}, setting).find("dealing included"), std::string::npos);
  setting.tape = TapeMode::kMemory;
  EXPECT_NE(to_text({measured()}, setting).find("dealing is outside"), std::string::npos);
}

}  // namespace
}  // namespace spud::app::bench
