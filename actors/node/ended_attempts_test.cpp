// SPDX-License-Identifier: Apache-2.0
#include "actors/node/ended_attempts.hpp"

#include <gtest/gtest.h>

namespace spud::actors {
namespace {

JobId job(std::size_t i) {
  return JobId("job" + std::to_string(i));
}

TEST(EndedAttempts, TellTheCauseOfTheAttemptThatIsNamed) {
  EndedAttempts ended;
  ended.remember(job(1), 1, Error{ErrorCode::kTimeout, "first", "", "", "carol", ""});
  ended.remember(job(1), 2, Error{ErrorCode::kTimeout, "second", "", "", "dave", ""});
  ASSERT_NE(ended.cause(job(1), 1), nullptr);
  EXPECT_EQ(ended.cause(job(1), 1)->party, "carol");
  EXPECT_EQ(ended.cause(job(1), 2)->party, "dave");
  EXPECT_EQ(ended.cause(job(1), 3), nullptr);
  EXPECT_EQ(ended.cause(job(2), 1), nullptr);
}

TEST(EndedAttempts, ForgetTheOldest) {
  EndedAttempts ended;
  for (std::size_t i = 0; i <= EndedAttempts::kRemembered; ++i) ended.remember(job(i), 1, Error{});
  EXPECT_EQ(ended.cause(job(0), 1), nullptr);
  EXPECT_NE(ended.cause(job(1), 1), nullptr);
  EXPECT_NE(ended.cause(job(EndedAttempts::kRemembered), 1), nullptr);
}

}  // namespace
}  // namespace spud::actors
