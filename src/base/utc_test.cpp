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

TEST(Utc, ASpanHasTheUnitsThatPeopleWouldUse) {
  EXPECT_EQ(span_text(-1), "0 ms");
  EXPECT_EQ(span_text(31), "31 ms");
  EXPECT_EQ(span_text(400), "0.4 s");
  EXPECT_EQ(span_text(1000), "1 s");
  EXPECT_EQ(span_text(9960), "9 s");
  EXPECT_EQ(span_text(45'000), "45 s");
  EXPECT_EQ(span_text(200'000), "3 min 20 s");
  EXPECT_EQ(span_text(7'500'000), "2 h 5 min");
  EXPECT_EQ(span_text(5 * 86'400'000 + 3 * 3'600'000), "5 d 3 h");
}

}  // namespace
}  // namespace spud
