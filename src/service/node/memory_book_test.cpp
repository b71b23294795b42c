// SPDX-License-Identifier: Apache-2.0
#include "service/node/memory_book.hpp"

#include <gtest/gtest.h>

namespace spud::service::node {
namespace {

constexpr std::uint64_t kMiB = 1 << 20;

struct Memory : testing::Test {
  MemoryBook book{2048 * kMiB, "alice"};
  JobId a{"a"}, b{"b"};
};

TEST_F(Memory, RefusesForGoodWhatNeverFitsAndNamesBothFigures) {
  const auto refused = book.admit(a, 1, 3174 * kMiB);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kResource);
  EXPECT_EQ(refused.error().what, "needs about 3.1 GiB of memory, this node has 2.0 GiB for jobs");
  EXPECT_EQ(refused.error().party, "alice");
  EXPECT_EQ(book.in_use(), 0u);
}

TEST_F(Memory, SendsAwayForNowWhatDoesNotFitBesideOthers) {
  ASSERT_TRUE(book.admit(a, 1, 1536 * kMiB));
  const auto later = book.admit(b, 1, 1024 * kMiB);
  ASSERT_FALSE(later);
  EXPECT_EQ(later.error().code, ErrorCode::kUnavailable);
  EXPECT_EQ(later.error().what,
            "needs about 1.0 GiB of memory, 1.5 GiB of the 2.0 GiB that this node has for jobs are in use");
  EXPECT_TRUE(book.admit(b, 2, 512 * kMiB)) << "to the last byte";
  book.release(a, 1);
  EXPECT_EQ(book.in_use(), 512 * kMiB);
}

TEST_F(Memory, ReleasesAnAttemptOnceAndNoOther) {
  ASSERT_TRUE(book.admit(a, 2, kMiB));
  book.release(a, 1);
  EXPECT_EQ(book.in_use(), kMiB) << "late news of an older one";
  book.release(a, 2);
  book.release(a, 2);
  EXPECT_EQ(book.in_use(), 0u);
}

TEST_F(Memory, ALaterAttemptWaitsForTheEarlierToEnd) {
  ASSERT_TRUE(book.admit(a, 1, 1536 * kMiB));
  EXPECT_EQ(book.admit(a, 2, 1024 * kMiB).error().code, ErrorCode::kUnavailable);
  EXPECT_TRUE(book.admit(a, 1, 1024 * kMiB)) << "the same again is not one more";
  EXPECT_EQ(book.in_use(), 1024 * kMiB);
  book.release(a, 1);
  EXPECT_TRUE(book.admit(a, 2, 1024 * kMiB));
}

}  // namespace
}  // namespace spud::service::node
