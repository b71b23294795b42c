// SPDX-License-Identifier: Apache-2.0
#include "system/crypto/prg.hpp"

#include <thread>

#include <gtest/gtest.h>

namespace spud::crypto {
namespace {

Prg counting_prg() {
  Seed seed;
  for (std::size_t i = 0; i < Seed::kBytes; ++i) seed.writable()[i] = static_cast<std::byte>(i);
  return Prg(seed);
}

Bytes make(const Prg& prg, std::uint64_t stream, std::size_t size) {
  Bytes out(size);
  prg.fill(stream, out);
  return out;
}

TEST(Prg, MatchesAesOfTheCounterComputedElsewhere) {
  Prg prg = counting_prg();
  EXPECT_EQ(
      to_hex(make(prg, 0x0102030405060708, 48)),
      "ea5bc33f680e093e88a3278653cf32f14ae9e0fea1279996411e644b9a9e34ba2662fbbd3bce54d5f9f55ce57041cf32");
  EXPECT_EQ(to_hex(make(prg, 0, 16)), "1cecb351aa452e23fa8df6a013460eb2");
}

TEST(Prg, EveryLengthIsAPrefixOfTheStreamWhereverItLies) {
  Prg prg = counting_prg();
  Bytes whole = make(prg, 5, 40'000);
  for (std::size_t size : {0, 1, 15, 16, 17, 31, 4095, 8191, 8192, 8193, 39'999}) {
    Bytes out(size + 3, std::byte{0xee});
    prg.fill(5, MutableBytes(out).subspan(1, size));
    EXPECT_TRUE(std::equal(out.begin() + 1, out.end() - 2, whole.begin())) << size;
    EXPECT_EQ(out.front(), std::byte{0xee});
    EXPECT_EQ(out[size + 1], std::byte{0xee}) << size;
  }
}

TEST(Prg, StreamsAndSeedsDiffer) {
  Prg prg = counting_prg();
  EXPECT_NE(make(prg, 1, 64), make(prg, 2, 64));
  EXPECT_NE(make(prg, 1, 64), make(Prg(Seed()), 1, 64));
}

TEST(Prg, FillFromContinuesTheStreamAtABlock) {
  Prg prg = counting_prg();
  Bytes whole = make(prg, 9, 20'000), part(20'000 - 16 * 700);
  prg.fill_from(9, 700, part);
  EXPECT_TRUE(std::equal(part.begin(), part.end(), whole.begin() + 16 * 700));
}

TEST(Prg, FillOverwritesWhatWasThere) {
  Prg prg = counting_prg();
  Bytes out(100, std::byte{0xff});
  prg.fill(3, out);
  EXPECT_EQ(out, make(prg, 3, 100));
}

TEST(Prg, GivesTheSameBytesAfterAMove) {
  Prg prg = counting_prg();
  Bytes expected = make(prg, 4, 100);
  Prg moved = std::move(prg);
  EXPECT_EQ(make(moved, 4, 100), expected);
  Prg assigned{Seed()};
  assigned = std::move(moved);
  EXPECT_EQ(make(assigned, 4, 100), expected);
}

TEST(Prg, ThreadsMayFillAtOnce) {
  Prg prg = counting_prg();
  std::vector<Bytes> expected;
  for (std::uint64_t s = 0; s < 4; ++s) expected.push_back(make(prg, s, 5000));
  std::array<int, 4> wrong{};
  std::vector<std::thread> threads;
  for (std::uint64_t s = 0; s < 4; ++s) {
    threads.emplace_back([&, s] {
      for (int i = 0; i < 200; ++i) wrong[s] += make(prg, s, 5000) != expected[s];
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(wrong, (std::array<int, 4>{}));
}

}  // namespace
}  // namespace spud::crypto
