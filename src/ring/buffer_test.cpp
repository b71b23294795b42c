// SPDX-License-Identifier: Apache-2.0
#include "ring/buffer.hpp"

#include <cstdint>
#include <memory>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

namespace spud::ring {
namespace {

constexpr std::size_t kLarge = std::size_t{1} << 20;

TEST(Buffer, IsAlignedForVectors) {
  for (std::size_t bytes : {std::size_t{0}, std::size_t{1}, std::size_t{100}, kLarge, 9 * kLarge + 3}) {
    Buffer buffer(bytes);
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(buffer.data()) % 64, 0u) << bytes;
    EXPECT_EQ(buffer.size(), bytes);
  }
}

TEST(Buffer, HandsOutReleasedMemoryAgain) {
  std::byte* first = nullptr;
  {
    Buffer buffer(kLarge);
    first = buffer.data();
  }
  Buffer again(kLarge - 10);
  EXPECT_EQ(again.data(), first);
}

TEST(Buffer, NeverHandsOutMemoryThatIsInUse) {
  Buffer one(kLarge), two(kLarge);
  EXPECT_NE(one.data(), two.data());
}

TEST(Buffer, KeepsNoMoreThanItsLimitWhenNothingIsInUse) {
  {
    std::vector<std::unique_ptr<Buffer>> many;
    for (int i = 0; i < 64; ++i) many.push_back(std::make_unique<Buffer>(4 * kLarge));
  }
  EXPECT_LE(idle_buffer_bytes(), kIdleBytes);
}

TEST(Buffer, ServesThreads) {
  auto work = [] {
    for (int i = 1; i < 200; ++i) {
      Buffer buffer(kLarge + static_cast<std::size_t>(i) * 1000);
      buffer.data()[0] = std::byte{1};
      buffer.data()[buffer.size() - 1] = std::byte{2};
    }
  };
  std::thread other(work);
  work();
  other.join();
}

}  // namespace
}  // namespace spud::ring
