// SPDX-License-Identifier: Apache-2.0
#include "ring/digit_block.hpp"

#include <memory>
#include <random>

#include <gtest/gtest.h>

#include "ring/digit_table.hpp"
#include "ring/simd.hpp"

namespace spud::ring {
namespace {

template <class Word>
Tensor random_words(unsigned bits, std::int64_t count, unsigned seed) {
  std::mt19937_64 rng(seed);
  std::vector<Word> words(static_cast<std::size_t>(count));
  for (auto& w : words) {
    w = static_cast<Word>(static_cast<unsigned __int128>(rng()) << 64 | rng());
    if (bits == 4) w &= 15;
  }
  return Tensor::of<Word>(bits, {count}, words);
}
Tensor random_numbers(unsigned bits, std::int64_t count, unsigned seed) {
  return with_ring(bits, [&]<class R>(R) { return random_words<typename R::Word>(bits, count, seed); });
}
unsigned digit_at(const Tensor& numbers, std::int64_t i, unsigned digit, unsigned digit_bits) {
  return with_ring(numbers.bits(), [&]<class R>(R) {
    return static_cast<unsigned>(numbers.data<typename R::Word>()[i] >> 4 * digit) & ((1u << digit_bits) - 1);
  });
}

/// Every instruction set × ring.
class DigitBlocks : public testing::TestWithParam<std::tuple<SimdPath, unsigned>> {
 protected:
  void SetUp() override { set_simd_path(std::get<0>(GetParam())); }
  void TearDown() override { set_simd_path(simd_paths().front()); }
};
INSTANTIATE_TEST_SUITE_P(Paths, DigitBlocks,
                         testing::Combine(testing::ValuesIn(simd_paths()),
                                          testing::Values(4u, 32u, 64u, 128u)),
                         [](const auto& info) {
                           return std::string(to_string(std::get<0>(info.param))) + "_k" +
                                  std::to_string(std::get<1>(info.param));
                         });

TEST_P(DigitBlocks, LookUpsCompareDigitsOfTwoNumbers) {
  const unsigned k = std::get<1>(GetParam());
  const auto digits = std::make_unique<BlockDigits>();
  for (std::int64_t count : {1, 63, 64, 65, 1000, 4096}) {
    const Tensor hidden = random_numbers(k, count, 3), open = random_numbers(k, count, 4);
    const DigitLayout layout{k == 4 ? 3 : k - 1};
    std::vector<std::uint16_t> tables(layout.digits() * static_cast<std::size_t>(count), 0);
    OneHot{hidden, layout}.xor_block(0, count, *digits, tables.data());
    digits->load(open, 0, count, layout.width);
    for (unsigned d = 0; d < layout.digits(); ++d) {
      const unsigned bits = layout.bits_of(d);
      Select above(1u << bits), same(1u << bits);
      for (unsigned v = 0; v < above.size(); ++v) {
        same[v] = static_cast<std::uint16_t>(1u << v);
        for (unsigned e = v + 1; e < above.size(); ++e)
          above[v] = static_cast<std::uint16_t>(above[v] | 1u << e);
      }
      const std::size_t words = (static_cast<std::size_t>(count) + 63) / 64;
      std::vector<std::uint64_t> less(words, ~0ull), equal(words, ~0ull), alone(words, ~0ull);
      digits->look_up(tables.data() + d * count, d, bits, {above, same}, {less.data(), equal.data()});
      digits->look_up(tables.data() + d * count, d, bits, above, alone.data());
      EXPECT_EQ(less, alone);
      for (std::int64_t i = 0; i < static_cast<std::int64_t>(words) * 64; ++i) {
        const auto at = static_cast<std::size_t>(i / 64);
        const bool is_less = less[at] >> (i % 64) & 1, is_equal = equal[at] >> (i % 64) & 1;
        if (i >= count) {
          ASSERT_FALSE(is_less || is_equal) << "surplus bits are zero";
          continue;
        }
        const unsigned x = digit_at(open, i, d, bits), y = digit_at(hidden, i, d, bits);
        ASSERT_EQ(is_less, x < y) << "digit " << d << " element " << i << " of " << count;
        ASSERT_EQ(is_equal, x == y) << "digit " << d << " element " << i << " of " << count;
      }
    }
  }
}

TEST_P(DigitBlocks, LookUpsAreLinearInTheTables) {
  const unsigned k = std::get<1>(GetParam());
  const std::int64_t count = 777;
  const auto digits = std::make_unique<BlockDigits>();
  std::mt19937_64 rng(5);
  std::vector<std::uint16_t> a(count), b(count), both(count);
  for (std::size_t i = 0; i < a.size(); ++i) {
    a[i] = static_cast<std::uint16_t>(rng());
    b[i] = static_cast<std::uint16_t>(rng());
    both[i] = a[i] ^ b[i];
  }
  Select select(16);
  for (auto& s : select) s = static_cast<std::uint16_t>(rng());
  digits->load(random_numbers(k, count, 6), 0, count, 4);
  std::vector<std::uint64_t> x(13), y(13), z(13);
  digits->look_up(a.data(), 0, 4, select, x.data());
  digits->look_up(b.data(), 0, 4, select, y.data());
  digits->look_up(both.data(), 0, 4, select, z.data());
  for (std::size_t i = 0; i < x.size(); ++i) EXPECT_EQ(x[i] ^ y[i], z[i]);
}

TEST(DigitLayout, CountsEntries) {
  EXPECT_EQ(DigitLayout{63}.table_bits(), 248u);
  EXPECT_EQ(DigitLayout{64}.table_bits(), 256u);
  EXPECT_EQ(DigitLayout{6}.table_bits(), 20u);
}

TEST(PackedTables, ComeBack) {
  for (unsigned width : {4u, 5u, 6u, 7u, 63u, 64u}) {
    for (std::int64_t count : {0, 1, 5, 8, 100}) {
      const DigitLayout layout{width};
      std::mt19937 rng(width);
      std::vector<std::uint16_t> tables(layout.digits() * static_cast<std::size_t>(count)),
          back(tables.size());
      for (std::size_t i = 0; i < tables.size(); ++i) {
        const unsigned entries =
            layout.entries_of(static_cast<unsigned>(i / static_cast<std::size_t>(count)));
        tables[i] = static_cast<std::uint16_t>(rng() & ((1u << entries) - 1));
      }
      Bytes packed(packed_table_bytes(layout, count));
      EXPECT_GE(8 * packed.size(), layout.table_bits() * static_cast<std::size_t>(count));
      pack_tables(layout, count, tables.data(), packed);
      unpack_tables(layout, count, packed, back.data());
      EXPECT_EQ(tables, back);
    }
  }
}

TEST(DigitTable, GivesTheBlocksThatItWasMadeOf) {
  const Tensor numbers = random_numbers(64, 10'000, 8);
  const OneHot hot{numbers, {30}};
  const DigitTable table = hot.written_out();
  const auto digits = std::make_unique<BlockDigits>();
  for_each_block(numbers.elements(), [&](std::int64_t first, std::int64_t count) {
    std::vector<std::uint16_t> want(8 * static_cast<std::size_t>(count), 0), got(want.size());
    hot.xor_block(first, count, *digits, want.data());
    table.get_block(first, count, got.data());
    EXPECT_EQ(want, got);
  });
}

TEST(DigitTable, DigitAndKeepsTheTablesOfSetBits) {
  const Tensor numbers = random_numbers(64, 5'000, 9);
  BitTensor bits = BitTensor::zeros({5'000});
  std::mt19937_64 rng(10);
  for (std::size_t i = 0; i < bits.word_count(); ++i) bits.writable()[i] = rng();
  bits.clear_surplus();
  const OneHot hot{numbers, {30}};
  const DigitTable one = hot.digit_and(7, bits), other = hot.written_out().digit_and(7, bits);
  for (std::int64_t i = 0; i < 5'000; ++i) {
    EXPECT_EQ(one.digit(0)[i], bits.bit(i) ? 1u << digit_at(numbers, i, 7, 2) : 0u);
    EXPECT_EQ(one.digit(0)[i], other.digit(0)[i]);
  }
}

}  // namespace
}  // namespace spud::ring
