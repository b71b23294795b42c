// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "service/job.hpp"

namespace spud::service {
namespace {

JobProgress running(std::uint64_t rounds, std::uint64_t of, std::uint64_t millis) {
  return {Phase::kRunning, 0, 0, rounds, of, millis};
}

TEST(JobProgress, TheRestIsAtTheRateSoFar) {
  EXPECT_EQ(rest_millis(running(25, 100, 1000)), 3000u);
  EXPECT_EQ(rest_millis(running(100, 100, 1000)), 0u);
  JobProgress local{Phase::kRunning, 10, 40, 0, 0, 500};
  EXPECT_EQ(rest_millis(local), 1500u) << "a program without rounds goes by instructions";
}

TEST(JobProgress, TheRestIsUnknownBeforeAndAfterTheRunAndWithoutATotal) {
  EXPECT_FALSE(rest_millis(running(0, 100, 0)));
  EXPECT_FALSE(rest_millis(running(101, 100, 1000))) << "more than was foretold";
  EXPECT_FALSE(rest_millis({Phase::kRunning, 5, 0, 7, 0, 1000}));
  auto storing = running(100, 100, 1000);
  storing.phase = Phase::kStoring;
  EXPECT_FALSE(rest_millis(storing));
}

TEST(JobProgress, OfTwoNodesTheSlowerIsTheOneBehind) {
  const auto behind = running(3, 100, 0), ahead = running(4, 100, 0);
  EXPECT_EQ(slower(behind, ahead), behind);
  EXPECT_EQ(slower(ahead, behind), behind);
  const JobProgress loading{Phase::kLoading, 0, 0, 0, 0, 0};
  EXPECT_EQ(slower(ahead, loading), loading);
}

}  // namespace
}  // namespace spud::service
