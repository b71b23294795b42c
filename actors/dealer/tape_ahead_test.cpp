// SPDX-License-Identifier: Apache-2.0
#include "actors/dealer/tape_ahead.hpp"

#include <gtest/gtest.h>

namespace spud::actors {
namespace {

/// A way onward that a test opens and breaks.
class Way final : public correlation::TapeWriter {
 public:
  Status write(ByteView bytes) override {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return open_ || broken_; });
    if (broken_) return fail(ErrorCode::kUnavailable, "the way is broken");
    arrived_.insert(arrived_.end(), bytes.begin(), bytes.end());
    return {};
  }
  void open() {
    std::lock_guard lock(mutex_);
    open_ = true;
    changed_.notify_all();
  }
  void break_off() {
    std::lock_guard lock(mutex_);
    broken_ = true;
    changed_.notify_all();
  }
  Bytes arrived() {
    std::lock_guard lock(mutex_);
    return arrived_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  Bytes arrived_;
  bool open_ = false, broken_ = false;
};

Bytes counting(std::size_t from, std::size_t size) {
  Bytes out(size);
  for (std::size_t i = 0; i < size; ++i) out[i] = static_cast<std::byte>((from + i) * 31 >> 3);
  return out;
}

TEST(TapeAhead, CarriesAllInOrderWhateverThePieces) {
  Way way;
  way.open();
  TapeAhead ahead(way, 1000);
  constexpr std::size_t kTotal = 200'000;
  for (std::size_t at = 0, size = 1; at < kTotal; at += size, size = size % 977 + 1) {
    size = std::min(size, kTotal - at);
    ASSERT_TRUE(ahead.write(counting(at, size)));
  }
  ASSERT_TRUE(ahead.finish());
  EXPECT_EQ(way.arrived(), counting(0, kTotal));
}

TEST(TapeAhead, CarriesAPieceLargerThanItsCapacity) {
  Way way;
  way.open();
  TapeAhead ahead(way, 10);
  ASSERT_TRUE(ahead.write(counting(0, 3u << 20)));
  ASSERT_TRUE(ahead.finish());
  EXPECT_EQ(way.arrived(), counting(0, 3u << 20));
}

TEST(TapeAhead, TakesItsCapacityWhileNothingMovesAndNoMore) {
  Way way;
  TapeAhead ahead(way, 100);
  // The way is closed: a block of four pieces is on it, three more are being gathered, and the one that fills
  // the next block waits for the way.
  for (int i = 0; i < 7; ++i) ASSERT_TRUE(ahead.write(counting(0, 25)));
  std::optional<bool> passed;
  std::thread eighth([&] { passed = ahead.write(counting(0, 25)).has_value() && !way.arrived().empty(); });
  way.open();
  eighth.join();
  EXPECT_EQ(passed, true);
  EXPECT_TRUE(ahead.finish());
  EXPECT_EQ(way.arrived().size(), 200u);
}

TEST(TapeAhead, SaysWhyNothingMovesAnyMore) {
  Way way;
  TapeAhead ahead(way, 100);
  ASSERT_TRUE(ahead.write(counting(0, 100)));
  std::thread breaker([&] { way.break_off(); });
  auto written = ahead.write(counting(0, 100));  // waits for room, which never comes
  breaker.join();
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().code, ErrorCode::kUnavailable);
  EXPECT_EQ(ahead.finish().error().message(), written.error().message());
}

TEST(TapeAhead, EndsWithoutCarryingTheRest) {
  Way way;
  {
    TapeAhead ahead(way, 100);
    ASSERT_TRUE(ahead.write(counting(0, 50)));
    ASSERT_TRUE(ahead.write(counting(0, 50)));
    way.break_off();
  }
  EXPECT_TRUE(way.arrived().empty());
}

}  // namespace
}  // namespace spud::actors
