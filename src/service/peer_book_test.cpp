// SPDX-License-Identifier: Apache-2.0
#include "service/peer_book.hpp"

#include <gmock/gmock.h>

namespace spud::service {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(PeerBook, KeepsTheRoundTripOfAPeerThatWorksUntilItFails) {
  PeerBook book;
  EXPECT_EQ(book.worked("bob", 0.02, Millis(0)), (PeerBook::Standing{true, 0.02}));
  EXPECT_EQ(book.worked("bob", std::nullopt, Millis(1)), (PeerBook::Standing{true, 0.02}));
  EXPECT_EQ(book.worked("bob", 0.03, Millis(2)), (PeerBook::Standing{true, 0.03}));
  EXPECT_EQ(book.failed("bob", Millis(3)), PeerBook::Standing{});
  EXPECT_EQ(book.worked("bob", std::nullopt, Millis(4)), (PeerBook::Standing{true, std::nullopt}));
}

TEST(PeerBook, ForgetsWhomNobodyHasToDoWithAnyMore) {
  PeerBook book;
  book.worked("bob", 0.02, Millis(0));
  book.worked("dave", std::nullopt, Millis(0));
  const auto last = PeerBook::kKept - Millis(1);
  EXPECT_THAT(book.forget(last), IsEmpty());
  book.worked("dave", std::nullopt, last);
  EXPECT_THAT(book.forget(PeerBook::kKept), ElementsAre("bob"));
  EXPECT_THAT(book.forget(PeerBook::kKept), IsEmpty());
  EXPECT_THAT(book.forget(last + PeerBook::kKept), ElementsAre("dave"));
  EXPECT_EQ(book.worked("bob", std::nullopt, last), (PeerBook::Standing{true, std::nullopt}));
}

TEST(PeerBook, MissesAPeerAsLongAsItFailsAgainAndAgain) {
  PeerBook book;
  book.worked("bob", 0.02, Millis(0));
  const auto pause = PeerBook::kMissed - Millis(1);
  Millis now(0);
  for (; now < 2 * PeerBook::kKept; now += pause) {
    book.failed("bob", now);
    EXPECT_THAT(book.forget(now + pause), IsEmpty());
  }
  book.worked("bob", std::nullopt, now);
  EXPECT_THAT(book.forget(now + PeerBook::kMissed), IsEmpty()) << "it works";
}

TEST(PeerBook, ForgetsAPeerThatFailedAndThatNobodyTriedSince) {
  PeerBook book;
  book.worked("bob", 0.02, Millis(0));
  book.failed("bob", Millis(1000));
  EXPECT_THAT(book.forget(Millis(999) + PeerBook::kMissed), IsEmpty());
  EXPECT_THAT(book.forget(Millis(1000) + PeerBook::kMissed), ElementsAre("bob"));
}

TEST(PeerBook, WhoIsTriedSeldomIsMissedUntilItIsTriedAgain) {
  const Millis seldom = 3 * PeerBook::kMissed;
  PeerBook book(seldom);
  book.failed("bob", Millis(0));
  EXPECT_THAT(book.forget(seldom - Millis(1)), IsEmpty());
  EXPECT_THAT(book.forget(seldom), ElementsAre("bob"));
}

}  // namespace
}  // namespace spud::service
