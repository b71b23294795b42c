// SPDX-License-Identifier: Apache-2.0
#include "system/crypto/counter_aes.hpp"

#include <algorithm>

#include <gtest/gtest.h>

namespace spud::crypto {
namespace {

std::array<std::byte, 16> counting_key(unsigned from) {
  std::array<std::byte, 16> key;
  for (unsigned i = 0; i < 16; ++i) key[i] = static_cast<std::byte>(from + 7 * i);
  return key;
}

/// Fills with a path between two guards, which must stay as they were.
Bytes make(const CounterAes& aes, std::uint64_t high, std::uint64_t low, std::size_t size) {
  Bytes out(size + 2, std::byte{0xee});
  aes.fill(high, low, MutableBytes(out).subspan(1, size));
  EXPECT_EQ(out.front(), std::byte{0xee});
  EXPECT_EQ(out.back(), std::byte{0xee});
  return Bytes(out.begin() + 1, out.end() - 1);
}

class CounterAesPath : public testing::TestWithParam<const char*> {
 protected:
  std::array<std::byte, 16> key_ = counting_key(3);
  CounterAes tested_{key_, GetParam()}, portable_{key_, "portable"};
};

// FIPS 197, appendix C.1: one block of which all bytes are known.
TEST_P(CounterAesPath, EncryptsTheBlockOfTheStandard) {
  std::array<std::byte, 16> key;
  for (unsigned i = 0; i < 16; ++i) key[i] = static_cast<std::byte>(i);
  CounterAes aes(key, GetParam());
  EXPECT_EQ(to_hex(make(aes, 0x0011223344556677, 0x8899aabbccddeeff, 16)),
            "69c4e0d86a7b0430d8cdb78070b4c55a");
}

TEST_P(CounterAesPath, AgreesWithOpenSslForEveryLengthAndOffset) {
  for (std::size_t size = 0; size <= 300; ++size) {
    for (std::uint64_t low : {0, 1, 3, 5}) {
      ASSERT_EQ(make(tested_, 77, low, size), make(portable_, 77, low, size)) << size << " from " << low;
    }
  }
  for (std::size_t size : {511, 512, 513, 1023, 1024, 1025, 8192, 8193, 100'001}) {
    ASSERT_EQ(make(tested_, 78, 2, size), make(portable_, 78, 2, size)) << size;
  }
}

TEST_P(CounterAesPath, CarriesWhereverTheCounterOverflows) {
  for (unsigned bit : {8u, 16u, 24u, 32u, 40u, 56u, 63u}) {
    for (std::uint64_t before = 0; before < 40; ++before) {
      const std::uint64_t low = (std::uint64_t{1} << bit) - before;
      ASSERT_EQ(make(tested_, ~std::uint64_t{0}, low, 700), make(portable_, ~std::uint64_t{0}, low, 700))
          << "2^" << bit << " - " << before;
    }
  }
  // The last blocks there are, where lanes beyond the end have wrapped.
  for (std::uint64_t blocks : {1, 2, 3, 4, 5, 31, 32, 33}) {
    const std::uint64_t low = ~std::uint64_t{0} - (blocks - 1);
    ASSERT_EQ(make(tested_, 9, low, 16 * blocks), make(portable_, 9, low, 16 * blocks)) << blocks;
  }
}

TEST_P(CounterAesPath, ExpandsEveryKeyAsOpenSslDoes) {
  for (unsigned from = 0; from < 256; ++from) {
    auto key = counting_key(from);
    key[from % 16] ^= std::byte{0x80};
    ASSERT_EQ(make(CounterAes(key, GetParam()), 1, 2, 100), make(CounterAes(key, "portable"), 1, 2, 100));
  }
}

TEST_P(CounterAesPath, MovesWithItsPath) {
  const Bytes expected = make(tested_, 4, 0, 100);
  CounterAes moved = std::move(tested_);
  EXPECT_EQ(make(moved, 4, 0, 100), expected);
  CounterAes assigned(counting_key(0), "portable");
  assigned = std::move(moved);
  EXPECT_EQ(make(assigned, 4, 0, 100), expected);
}

INSTANTIATE_TEST_SUITE_P(OfThisMachine, CounterAesPath, testing::ValuesIn(counter_aes_paths()),
                         [](const auto& path) { return std::string(path.param); });

}  // namespace
}  // namespace spud::crypto
