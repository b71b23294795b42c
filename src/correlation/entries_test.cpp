// SPDX-License-Identifier: Apache-2.0
#include "correlation/entries.hpp"

#include <gtest/gtest.h>

namespace spud::correlation {
namespace {

ring::Tensor numbers() {
  const std::vector<std::uint32_t> words{0, 5, 0xffffffff, 0x1234};
  return ring::Tensor::of<std::uint32_t>(32, {2, 2}, words);
}

TEST(Entries, MarkAPartOfEveryNumber) {
  const auto bits = entry_bits(numbers(), 3, 1);
  EXPECT_EQ(bits.shape(), (Shape{8, 2, 2}));
  const unsigned want[] = {0, 2, 7, 2};
  for (unsigned v = 0; v < 8; ++v) {
    for (unsigned i = 0; i < 4; ++i) EXPECT_EQ(bits.bit(v * 4 + i), want[i] == v) << v << ' ' << i;
  }
  EXPECT_TRUE(entry_bits(ring::Tensor::phantom(32, {2}), 3, 1).is_phantom());
}

TEST(Entries, AreReadAtTheNumbersPlace) {
  // Two bits a number and entry.
  std::vector<std::uint8_t> bits(4 * 2 * 4);
  for (std::size_t i = 0; i < bits.size(); ++i) bits[i] = (i * 7 + i / 5) % 3 == 0;
  const auto read = entry_of(numbers(), ring::BitTensor::pack({4, 2, 2, 2}, bits), 2, 0);
  EXPECT_EQ(read.shape(), (Shape{2, 2, 2}));
  const unsigned at[] = {0, 1, 3, 0};
  for (unsigned row = 0; row < 2; ++row) {
    for (unsigned i = 0; i < 4; ++i) EXPECT_EQ(read.bit(row * 4 + i), bits[at[i] * 8 + row * 4 + i] == 1);
  }
}

TEST(Entries, LieInRowsOfTheirNumber) {
  std::vector<std::uint8_t> bits(4 << 7);
  for (std::size_t i = 0; i < bits.size(); ++i) bits[i] = (i * 7 + i / 5) % 3 == 0;
  for (unsigned width : {1u, 3u, 6u, 7u}) {
    const std::int64_t entries = std::int64_t{1} << width;
    const unsigned at[] = {0, 5u % (1u << width), (1u << width) - 1, 0x1234u % (1u << width)};
    const auto row = entry_row(numbers(), width);
    const auto read = entry_of_row(
        numbers(), ring::BitTensor::pack({2, 2, entries}, std::span(bits).first(std::size_t{4} << width)),
        width);
    ASSERT_EQ(row.shape(), (Shape{2, 2, entries}));
    ASSERT_EQ(read.shape(), (Shape{2, 2}));
    for (unsigned i = 0; i < 4; ++i) {
      for (unsigned v = 0; v < 1u << width; ++v)
        EXPECT_EQ(row.bit((i << width) + v), v == at[i]) << width << i;
      EXPECT_EQ(read.bit(i), bits[(i << width) + at[i]] == 1) << width << ' ' << i;
    }
  }
  EXPECT_TRUE(entry_row(ring::Tensor::phantom(32, {2}), 3).is_phantom());
}

TEST(Entries, TurnByTheNumberAndGoOnByTheirFill) {
  std::vector<std::uint8_t> bits(3 * 4);
  for (std::size_t i = 0; i < bits.size(); ++i) bits[i] = (i * 5 + 1) % 4 < 2;
  for (bool by_the_last : {false, true}) {
    const auto turned = rotated(numbers(), ring::BitTensor::pack({3, 2, 2}, bits), 3, by_the_last);
    EXPECT_EQ(turned.shape(), (Shape{8, 2, 2}));
    const unsigned by[] = {0, 5, 7, 4};
    for (unsigned r = 0; r < 8; ++r) {
      for (unsigned i = 0; i < 4; ++i) {
        const unsigned from = (r + 8 - by[i]) % 8;
        const bool want = from < 3 ? bits[from * 4 + i] == 1 : by_the_last && bits[2 * 4 + i] == 1;
        EXPECT_EQ(turned.bit(r * 4 + i), want) << r << ' ' << i;
      }
    }
  }
}

}  // namespace
}  // namespace spud::correlation
