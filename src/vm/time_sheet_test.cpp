// SPDX-License-Identifier: Apache-2.0
#include "vm/time_sheet.hpp"

#include <thread>

#include <gtest/gtest.h>

#include "vm/tape_pipe.hpp"

namespace spud::vm {
namespace {

using protocol::Account;
constexpr Account kFirst{1}, kSecond{2};

/// Computes until the clock has moved so far.
void work(std::chrono::microseconds span) {
  const auto end = std::chrono::steady_clock::now() + span;
  while (std::chrono::steady_clock::now() < end) {
  }
}

class Bits final : public protocol::PostedOpening {
 public:
  Bits(std::size_t bytes, Account payer) : bytes_(bytes) { account = payer; }
  std::uint64_t bits() const override { return 8 * bytes_; }
  std::size_t byte_count() const override { return bytes_; }
  ByteView outgoing() const override { return {}; }
  MutableBytes lend() override { return {}; }
  bool may_lend() const override { return false; }
  void add(ByteView) override {}
  void complete() override {}

 private:
  std::size_t bytes_;
};

TEST(TimeSheet, PutsWhatPassesToWhoeverComputes) {
  const auto before = std::chrono::steady_clock::now();
  TimeSheet sheet;
  sheet.open(3);
  sheet.began(kFirst);
  work(std::chrono::microseconds(2000));
  sheet.turn_to(kSecond);
  work(std::chrono::microseconds(500));
  sheet.turn_to(kFirst);
  sheet.ended(kFirst, 4);
  sheet.close();
  const auto& rows = sheet.rows();
  EXPECT_GE(rows[1].computing, 2'000'000u);
  EXPECT_GE(rows[2].computing, 500'000u);
  const auto all = std::chrono::steady_clock::now() - before;
  EXPECT_LE(rows[0].computing + rows[1].computing + rows[2].computing,
            static_cast<std::uint64_t>(all.count()))
      << "nothing counts twice";
  EXPECT_EQ(rows[1].runs, 1u);
  EXPECT_EQ(rows[1].rounds, 4u);
  EXPECT_GE(rows[1].ended - rows[1].began, 2'500'000u);
  EXPECT_EQ(rows[2].runs, 0u) << "it was never begun";
}

TEST(TimeSheet, SplitsARoundAmongThoseWhoOpenedInIt) {
  const auto before = std::chrono::steady_clock::now();
  TimeSheet sheet;
  sheet.open(3);
  sheet.waits();
  work(std::chrono::microseconds(3000));
  auto mine = std::make_shared<Bits>(10'000, kFirst), theirs = std::make_shared<Bits>(10'000, kSecond);
  theirs->sender = Rank{1};
  const std::vector<std::shared_ptr<protocol::PostedOpening>> openings{mine, theirs};
  sheet.resumes(openings, Rank{0});
  sheet.close();
  const auto& rows = sheet.rows();
  EXPECT_GE(rows[1].waiting + rows[2].waiting, 2'999'000u);
  EXPECT_NEAR(static_cast<double>(rows[1].waiting), static_cast<double>(rows[2].waiting), 2.0);
  EXPECT_EQ(rows[1].sent_bytes, 10'000u);
  EXPECT_EQ(rows[2].sent_bytes, 0u) << "another party alone sends it";
  const auto all = std::chrono::steady_clock::now() - before;
  EXPECT_LE(rows[0].computing + rows[1].waiting + rows[2].waiting, static_cast<std::uint64_t>(all.count()))
      << "waiting is not computing";
}

TEST(TimeSheet, TellsWaitingForTheDealerFromComputing) {
  TapePipe pipe(1 << 20);
  TimeSheet sheet;
  sheet.watch(&pipe);
  sheet.open(2);
  sheet.began(kFirst);
  std::thread dealer([&] {
    while (!pipe.starved()) std::this_thread::yield();
    work(std::chrono::microseconds(2000));
    EXPECT_TRUE(pipe.write(Bytes(8)));
  });
  Bytes out(8);
  ASSERT_TRUE(pipe.read(out));
  dealer.join();
  sheet.close();
  EXPECT_GE(sheet.rows()[1].dealer, 2'000'000u);
  EXPECT_EQ(sheet.rows()[1].dealer, pipe.waited_nanos());
}

}  // namespace
}  // namespace spud::vm
