// SPDX-License-Identifier: Apache-2.0
#include "service/status/history.hpp"

#include <gmock/gmock.h>

namespace spud::service::status {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

History history(std::size_t most = 3) {
  return History({{"jobs", "/s", Curve::Kind::kRate}, {"memory", "B", Curve::Kind::kLevel}}, most);
}

TEST(History, IsEmptyBeforeTwoSamples) {
  auto one = history();
  EXPECT_THAT(one.series()[0].values, IsEmpty());
  one.sample(Millis(0), {5, 100});
  EXPECT_THAT(one.series()[0].values, IsEmpty());
  EXPECT_EQ(one.series()[0].step_millis, 0);
}

TEST(History, ShowsCountsAsRatesAndLevelsAsTheyAre) {
  auto one = history();
  one.sample(Millis(0), {5, 100});
  one.sample(Millis(2000), {9, 120});
  one.sample(Millis(4000), {9, 90});
  EXPECT_THAT(one.series()[0].values, ElementsAre(2, 0));
  EXPECT_THAT(one.series()[1].values, ElementsAre(120, 90));
  EXPECT_EQ(one.series()[0].step_millis, 2000);
  EXPECT_EQ(one.series()[0].name, "jobs");
  EXPECT_EQ(one.series()[1].unit, "B");
}

TEST(History, KeepsTheLastAndNoMore) {
  auto one = history(2);
  for (int i = 0; i < 10; ++i) one.sample(Millis(1000 * i), {double(i * i), double(i)});
  EXPECT_THAT(one.series()[1].values, ElementsAre(8, 9));
  EXPECT_THAT(one.series()[0].values, ElementsAre(64 - 49, 81 - 64));
}

TEST(History, ACountThatFellHasNotGrown) {
  auto one = history();
  one.sample(Millis(0), {50, 0});
  one.sample(Millis(1000), {2, 0});
  EXPECT_THAT(one.series()[0].values, ElementsAre(0));
}

}  // namespace
}  // namespace spud::service::status
