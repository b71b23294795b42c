// SPDX-License-Identifier: Apache-2.0
#include "app/doctor/findings.hpp"

#include <gtest/gtest.h>

namespace spud::app {
namespace {

constexpr std::int64_t kDay = 86'400, kNow = 1'700'000'000;

TEST(Doctor, JudgesACertificatesTime) {
  EXPECT_EQ(judge_validity("c", {kNow - kDay, kNow + 100 * kDay}, kNow).verdict, Verdict::kOk);
  EXPECT_EQ(judge_validity("c", {kNow - 300 * kDay, kNow + 29 * kDay}, kNow).verdict, Verdict::kWarning);
  EXPECT_EQ(judge_validity("c", {kNow - kDay, kNow + 2 * kDay}, kNow).verdict, Verdict::kOk);
  EXPECT_EQ(judge_validity("c", {kNow - 2 * kDay, kNow + kDay - 60}, kNow).verdict, Verdict::kWarning)
      << "of short ones the last third";
  EXPECT_EQ(judge_validity("c", {kNow - kDay, kNow - 1}, kNow).verdict, Verdict::kFailed);
  EXPECT_EQ(judge_validity("c", {kNow + 1, kNow + kDay}, kNow).verdict, Verdict::kFailed);
  EXPECT_EQ(judge_validity("c", {kNow - kDay, kNow + 100 * kDay}, kNow).says,
            "valid until 2024-02-22, for 100 d");
}

TEST(Doctor, HoldsOnlyWhatIsSureAgainstAClock) {
  EXPECT_EQ(judge_offset("c", 1'999, 0).verdict, Verdict::kOk);
  EXPECT_EQ(judge_offset("c", -2'000, 0).verdict, Verdict::kWarning);
  EXPECT_EQ(judge_offset("c", 2'500, 600).verdict, Verdict::kOk) << "the message may have taken that long";
  EXPECT_EQ(judge_offset("c", 400'000, 50'000).verdict, Verdict::kFailed);
  EXPECT_EQ(judge_offset("c", -1'500, 20).says, "1.5 s behind ours, give or take 0.0 s");
}

TEST(Doctor, JudgesDisksAndLimits) {
  constexpr std::uint64_t kGiB = 1ull << 30;
  EXPECT_EQ(judge_space("d", kGiB, 2 * kGiB).verdict, Verdict::kFailed);
  EXPECT_EQ(judge_space("d", 3 * kGiB, 2 * kGiB).verdict, Verdict::kWarning);
  EXPECT_EQ(judge_space("d", 100 * kGiB, 2 * kGiB).verdict, Verdict::kOk);
  EXPECT_EQ(judge_sync("d", 0.1).verdict, Verdict::kOk);
  EXPECT_EQ(judge_sync("d", 35).verdict, Verdict::kWarning);
  EXPECT_EQ(judge_files("f", 1024).verdict, Verdict::kWarning);
  EXPECT_EQ(judge_files("f", 65'536).verdict, Verdict::kOk);
}

TEST(Doctor, TellsWhatItFindsAtOnceAndKeepsTheErrorsHintApart) {
  std::vector<std::string> told;
  Findings findings([&](const Finding& finding) { told.push_back(finding.check); });
  findings.ok("a", "well");
  findings.fail("b",
                Error{ErrorCode::kUnavailable, "nobody listens", "10.0.0.1:7100", "", "alice", "start it"});
  EXPECT_EQ(told, (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(findings.count(Verdict::kFailed), 1u);
  EXPECT_EQ(findings.all()[1].hint, "start it");
  EXPECT_EQ(findings.all()[1].says.find("start it"), std::string::npos);
  EXPECT_NE(findings.all()[1].says.find("nobody listens"), std::string::npos);
}

}  // namespace
}  // namespace spud::app
