// SPDX-License-Identifier: Apache-2.0
#include "service/config/moment.hpp"

#include <gtest/gtest.h>

namespace spud::service {
namespace {

TEST(Moment, IsFromNowOrADate) {
  EXPECT_EQ(*parse_moment("10m", 5000, "--deadline"), 605'000);
  EXPECT_EQ(*parse_moment("250ms", 5000, "--deadline"), 5250);
  EXPECT_EQ(*parse_moment("1970-01-02", 0, "--deadline"), 86'400'000);
  EXPECT_EQ(*parse_moment("1970-01-02T01:00Z", 0, "--deadline"), 90'000'000);
  EXPECT_EQ(*parse_moment("2026-01-31T12:00:01Z", 0, "--deadline"), 1'769'860'801'000);
}

TEST(Moment, RefusesAnythingElse) {
  for (const auto* text : {"", "soon", "10", "0s", "-5m", "2026-01-31T12:00:00", "2026-13-01", "10m "}) {
    auto moment = parse_moment(text, 0, "--deadline");
    ASSERT_FALSE(moment) << text;
    EXPECT_EQ(moment.error().where, "--deadline");
  }
}

}  // namespace
}  // namespace spud::service
