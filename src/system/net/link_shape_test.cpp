// SPDX-License-Identifier: Apache-2.0
#include "system/net/link_shape.hpp"

#include <gtest/gtest.h>

namespace spud::net {
namespace {

using std::chrono::milliseconds;

TEST(LinkShape, ReadsDelayAndRateInAnyOrder) {
  EXPECT_EQ(*LinkShape::parse("20ms,100mbit"), (LinkShape{milliseconds(20), 100'000'000}));
  EXPECT_EQ(*LinkShape::parse("1.5gbit,250us"), (LinkShape{Micros(250), 1'500'000'000}));
  EXPECT_EQ(*LinkShape::parse("0.5s"), (LinkShape{milliseconds(500), 0}));
  EXPECT_EQ(*LinkShape::parse("9kbit"), (LinkShape{Micros(0), 9000}));
  EXPECT_FALSE(LinkShape::parse("none")->active());
}

TEST(LinkShape, PrintsWhatItReads) {
  for (const char* text : {"20ms,100mbit", "250us", "1500mbit", "none", "1ms,1.5kbit", "1.005kbit"}) {
    EXPECT_EQ(LinkShape::parse(text)->str(), text);
  }
}

TEST(LinkShape, RefusesWhatIsNoLink) {
  for (const char* text : {"", "20", "ms", "20ms,", ",1mbit", "20ms,20ms", "1mbit,2mbit", "-1ms", "20 ms",
                           "20mb", "61s", "0mbit", "nanms", "infms", "2000gbit", "1e3ms"}) {
    EXPECT_FALSE(LinkShape::parse(text)) << text;
  }
}

TEST(LinkSchedule, DelayAloneMovesEveryByteEqually) {
  LinkSchedule link({milliseconds(20), 0});
  EXPECT_EQ(link.arrival(Micros(0), 1), milliseconds(20));
  EXPECT_EQ(link.arrival(Micros(5), 1u << 30), milliseconds(20) + Micros(5));
}

TEST(LinkSchedule, BytesQueueBehindEachOther) {
  LinkSchedule link({milliseconds(1), 8'000'000});  // a byte a microsecond
  EXPECT_EQ(link.arrival(Micros(0), 100), Micros(1100));
  EXPECT_EQ(link.arrival(Micros(0), 100), Micros(1200));
  EXPECT_EQ(link.arrival(Micros(5000), 100), Micros(6100)) << "an idle line saves nothing up";
}

TEST(LinkSchedule, LosesNoFractionOfAMicrosecond) {
  LinkSchedule link({Micros(0), 3'000'000});  // a byte takes 8/3 microseconds
  Micros last{0};
  for (int i = 0; i < 3000; ++i) last = link.arrival(Micros(0), 1);
  EXPECT_EQ(last, Micros(8000));
  LinkSchedule large({Micros(0), 1'000'000'000});
  EXPECT_EQ(large.arrival(Micros(0), std::size_t{8} << 30), Micros(68'719'476));
}

}  // namespace
}  // namespace spud::net
