// SPDX-License-Identifier: Apache-2.0
#include "service/trace/shelf.hpp"

#include <gtest/gtest.h>

namespace spud::service::trace {
namespace {

const Name kFirst{JobId("a"), 1}, kSecond{JobId("a"), 2}, kThird{JobId("b"), 1};

TEST(TraceShelf, DropsTheOldestWhereThereIsNoMoreRoom) {
  Shelf shelf({100, Millis(1000)});
  EXPECT_TRUE(shelf.put(kFirst, 40, 1).empty());
  EXPECT_TRUE(shelf.put(kSecond, 40, 2).empty());
  EXPECT_EQ(shelf.put(kThird, 40, 3), std::vector{kFirst});
  EXPECT_FALSE(shelf.holds(kFirst));
  EXPECT_TRUE(shelf.holds(kSecond) && shelf.holds(kThird));
  EXPECT_EQ(shelf.bytes(), 80u);
}

TEST(TraceShelf, TakesALaterWordInPlaceOfTheFirst) {
  Shelf shelf({100, Millis(1000)});
  (void)shelf.put(kFirst, 40, 1);
  EXPECT_TRUE(shelf.put(kFirst, 90, 2).empty());
  EXPECT_EQ(shelf.bytes(), 90u);
  EXPECT_EQ(shelf.put(kSecond, 200, 3), (std::vector{kFirst, kSecond})) << "what never fits does not stay";
}

TEST(TraceShelf, ForgetsWhatIsOld) {
  Shelf shelf({100, Millis(1000)});
  (void)shelf.put(kFirst, 10, 0);
  (void)shelf.put(kSecond, 10, 500);
  EXPECT_TRUE(shelf.expire(999).empty());
  EXPECT_EQ(shelf.expire(1000), std::vector{kFirst});
  EXPECT_EQ(shelf.bytes(), 10u);
}

}  // namespace
}  // namespace spud::service::trace
