// SPDX-License-Identifier: Apache-2.0
#include "actors/door/reach.hpp"

#include <gtest/gtest.h>

namespace spud::actors {
namespace {

using Say = Reach::Say;

class ReachTest : public testing::Test {
 protected:
  Say works() { return reach.tried({}, clock.now()); }
  Say fails(const std::string& what) {
    return reach.tried(fail(ErrorCode::kUnavailable, what, "host:1"), clock.now());
  }

  ManualClock clock;
  Reach reach;
};

TEST_F(ReachTest, WhoWasNeverReachedIsToldAtTheSecondTryAndAgainWhileItLasts) {
  EXPECT_EQ(reach.reason(), "it was not reached yet");
  EXPECT_EQ(fails("connection refused"), Say::kNothing) << "services are started together";
  EXPECT_EQ(reach.reason(), "it was not reached yet: connection refused");
  EXPECT_EQ(fails("connection refused"), Say::kNotReached);
  for (const auto& step : {Millis(1), Reach::kRemind - Millis(2)}) {
    clock.advance(step);
    EXPECT_EQ(fails("connection refused"), Say::kNothing);
  }
  clock.advance(Millis(1));
  EXPECT_EQ(fails("connection refused"), Say::kNotReached);
  EXPECT_EQ(fails("connection refused"), Say::kNothing);
  EXPECT_EQ(reach.away(clock.now()), Reach::kRemind);
  EXPECT_EQ(works(), Say::kReached);
  EXPECT_EQ(works(), Say::kNothing);
  EXPECT_TRUE(reach.reached());
  EXPECT_EQ(reach.reason(), "");
}

TEST_F(ReachTest, AnotherCauseIsToldAtOnceAndTwoThatTakeTurnsOnceEach) {
  (void)fails("no such host");
  EXPECT_EQ(fails("no such host"), Say::kNotReached);
  EXPECT_EQ(fails("certificate of an unknown authority"), Say::kNotReached);
  EXPECT_EQ(fails("no such host"), Say::kNothing);
  EXPECT_EQ(fails("certificate of an unknown authority"), Say::kNothing);
  EXPECT_EQ(reach.reason(), "it was not reached yet: certificate of an unknown authority");
}

TEST_F(ReachTest, ALossIsToldAtOnceAndSoIsItsEnd) {
  EXPECT_EQ(works(), Say::kReached);
  EXPECT_EQ(fails("closed"), Say::kNotReached);
  EXPECT_EQ(reach.reason(), "it is not reached any more: closed");
  clock.advance(Millis(10));
  EXPECT_EQ(fails("closed"), Say::kNothing);
  EXPECT_EQ(reach.away(clock.now()), Millis(10));
  EXPECT_EQ(works(), Say::kBack);
  EXPECT_EQ(fails("closed"), Say::kNotReached) << "another loss";
}

TEST_F(ReachTest, CausesThatNeverRepeatDoNotFillTheLog) {
  (void)works();
  std::size_t told = 0;
  for (int i = 0; i < 1000; ++i) told += fails("cause " + std::to_string(i)) == Say::kNotReached ? 1 : 0;
  EXPECT_EQ(told, Reach::kCauses);
}

}  // namespace
}  // namespace spud::actors
