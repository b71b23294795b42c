// SPDX-License-Identifier: Apache-2.0
#include "base/utc.hpp"

#include <gtest/gtest.h>

namespace spud {
namespace {

TEST(Utc, IsWrittenForPeopleAndForPrograms) {
  constexpr std::int64_t kMoment = 1'706'702'405;
  EXPECT_EQ(utc_text(kMoment, kUtcDate), "2024-01-31");
  EXPECT_EQ(utc_text(kMoment, kUtcTime), "2024-01-31 12:00:05");
  EXPECT_EQ(utc_text(kMoment, kUtcStamp), "2024-01-31T12:00:05Z");
  EXPECT_EQ(utc_text(-1, kUtcStamp), "1969-12-31T23:59:59Z");
}

}  // namespace
}  // namespace spud
