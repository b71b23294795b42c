// SPDX-License-Identifier: Apache-2.0
#include "service/scheduler/retry.hpp"

#include <gtest/gtest.h>

namespace spud::service::scheduler {
namespace {

TEST(Retry, IsForAbsenceAndDelayNeverForRefusals) {
  for (auto code : {ErrorCode::kUnavailable, ErrorCode::kTimeout, ErrorCode::kCancelled}) {
    EXPECT_TRUE(may_mend(code)) << to_string(code);
  }
  for (auto code : {ErrorCode::kBadInput, ErrorCode::kUnsupported, ErrorCode::kNotFound, ErrorCode::kConflict,
                    ErrorCode::kDenied, ErrorCode::kPeerFault, ErrorCode::kCorrupt, ErrorCode::kResource,
                    ErrorCode::kInternal}) {
    EXPECT_FALSE(may_mend(code)) << to_string(code);
  }
}

TEST(Retry, WaitsTwiceAsLongEachTimeUpToHalfAMinute) {
  const std::int64_t seconds[] = {0, 1, 2, 4, 8, 16, 30, 30};
  for (std::uint32_t failures = 0; failures < 8; ++failures) {
    EXPECT_EQ(retry_pause(failures), Millis(1000 * seconds[failures])) << failures;
  }
  EXPECT_EQ(retry_pause(4'000'000'000u), kLongestRetryPause);
}

}  // namespace
}  // namespace spud::service::scheduler
