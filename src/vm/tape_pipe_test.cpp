// SPDX-License-Identifier: Apache-2.0
#include "vm/tape_pipe.hpp"

#include <atomic>
#include <thread>

#include <gmock/gmock.h>

namespace spud::vm {
namespace {

using testing::HasSubstr;

Error reason(const char* what) {
  return {ErrorCode::kUnavailable, what, "tape", "", "", ""};
}

Bytes counting(std::size_t from, std::size_t size) {
  Bytes out(size);
  for (std::size_t i = 0; i < size; ++i) out[i] = static_cast<std::byte>(from + i);
  return out;
}

TEST(TapePipe, BringsAllBytesInOrderWhateverThePieces) {
  TapePipe pipe(64);
  constexpr std::size_t kTotal = 100'000;
  std::thread writer([&] {
    for (std::size_t at = 0, size = 1; at < kTotal; at += size, size = size % 97 + 1) {
      size = std::min(size, kTotal - at);
      ASSERT_TRUE(pipe.write(counting(at, size)).has_value());
    }
  });
  for (std::size_t at = 0, size = 1; at < kTotal; at += size, size = size % 61 + 3) {
    size = std::min(size, kTotal - at);
    Bytes got(size);
    ASSERT_TRUE(pipe.read(got).has_value());
    ASSERT_EQ(got, counting(at, size)) << at;
  }
  writer.join();
  EXPECT_EQ(pipe.waiting(), 0u);
}

TEST(TapePipe, HoldsNoMoreThanItsCapacityAndOneWrite) {
  TapePipe pipe(100);
  std::atomic<std::size_t> written{0};
  std::thread writer([&] {
    for (int i = 0; i < 50; ++i) {
      if (!pipe.write(counting(0, 30))) return;
      ++written;
    }
  });
  // The writer stands still at four pieces: 120 bytes ≥ 100. Each read of one piece lets one more in.
  while (written < 4) std::this_thread::yield();
  for (int i = 0; i < 20; ++i) {
    EXPECT_LT(pipe.waiting(), 100u + 30u);
    Bytes got(30);
    ASSERT_TRUE(pipe.read(got).has_value());
  }
  EXPECT_LE(written, 24u + 1u);
  pipe.close(reason("enough"));
  writer.join();
}

TEST(TapePipe, ServesAReadLargerThanItsCapacity) {
  TapePipe pipe(10);
  std::thread writer([&] {
    for (std::size_t at = 0; at < 1000; at += 5) ASSERT_TRUE(pipe.write(counting(at, 5)).has_value());
  });
  Bytes got(1000);
  ASSERT_TRUE(pipe.read(got).has_value());
  EXPECT_EQ(got, counting(0, 1000));
  writer.join();
}

TEST(TapePipe, TakesAWriteLargerThanItsCapacity) {
  TapePipe pipe(10);
  ASSERT_TRUE(pipe.write(counting(0, 1000)).has_value());
  Bytes got(999);
  ASSERT_TRUE(pipe.read(got).has_value());
  EXPECT_EQ(got, counting(0, 999));
  EXPECT_EQ(pipe.waiting(), 1u);
}

TEST(TapePipe, TellsTheReaderWhyTheWriterEnded) {
  TapePipe pipe(100);
  ASSERT_TRUE(pipe.write(counting(0, 21)).has_value());
  std::thread writer([&] { pipe.close(reason("the dealer is gone")); });
  Bytes got(10);
  EXPECT_TRUE(pipe.read(got).has_value()) << "what had arrived is still there";
  writer.join();
  EXPECT_TRUE(pipe.read(got).has_value());
  auto status = pipe.read(got);
  ASSERT_FALSE(status.has_value());
  EXPECT_THAT(status.error().message(), HasSubstr("the dealer is gone"));
  EXPECT_FALSE(pipe.read(got).has_value());
}

TEST(TapePipe, TellsTheWriterThatTheReaderEnded) {
  TapePipe pipe(10);
  ASSERT_TRUE(pipe.write(counting(0, 10)).has_value());
  std::thread reader([&] { pipe.close(reason("the attempt is over")); });
  auto status = pipe.write(counting(0, 1));  // full: it waits
  reader.join();
  ASSERT_FALSE(status.has_value());
  EXPECT_THAT(status.error().message(), HasSubstr("the attempt is over"));
}

TEST(TapePipe, KeepsTheFirstReason) {
  TapePipe pipe(10);
  pipe.close(reason("first"));
  pipe.close(reason("second"));
  Bytes got(1);
  EXPECT_THAT(pipe.read(got).error().message(), HasSubstr("first"));
}

}  // namespace
}  // namespace spud::vm
