// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <vector>

#include "ring/tensor.hpp"

namespace spud::ring {

/// How a number of `width` bits is cut into digits of four bits, lowest first; the last digit may be
/// narrower.
struct DigitLayout {
  unsigned width = 0;
  unsigned digits() const { return (width + 3) / 4; }
  unsigned bits_of(unsigned digit) const { return width - 4 * digit < 4 ? width - 4 * digit : 4; }
  unsigned entries_of(unsigned digit) const { return 1u << bits_of(digit); }
  /// Bits of the tables of one element: 2^bits a digit.
  unsigned table_bits() const;
};

/// For each value of a public digit, the entries of a table that count: bit e of select[v] is set if entry e
/// does.
using Select = std::vector<std::uint16_t>;

/// The tables of a large tensor are made, sent and read block by block, so that they stay in the second-level
/// cache: of kElements numbers at a time those of all digits, one digit after the other, 16 bits a table.
struct DigitBlock {
  static constexpr std::int64_t kElements = 4096;
  /// 64-element words of bits in a block.
  static constexpr std::int64_t kWords = kElements / 64;
};

/// Bytes of `count` numbers' tables, 2^bits a digit, packed without gaps digit after digit, and the way there
/// and back; tables of a narrow digit use their low bits.
std::size_t packed_table_bytes(DigitLayout layout, std::int64_t count);
void pack_tables(DigitLayout layout, std::int64_t count, const std::uint16_t* tables, MutableBytes out);
void unpack_tables(DigitLayout layout, std::int64_t count, ByteView in, std::uint16_t* tables);

/// Sees every block once: tables of numbers first … first + count − 1, tables[digit · count + i]. Threads may
/// call it for several blocks at once.
using TableVisitor = std::function<void(std::int64_t first, std::int64_t count, const std::uint16_t* tables)>;

/// The digits of up to DigitBlock::kElements numbers, apart from each other: what tables are indexed with.
class BlockDigits {
 public:
  /// Numbers first … first + count − 1 of a dense tensor: all digits below 2^width, those from one on, or
  /// one.
  void load(const Tensor& numbers, std::int64_t first, std::int64_t count, unsigned width);
  void load_from(const Tensor& numbers, std::int64_t first, std::int64_t count, unsigned digit,
                 unsigned width);
  void load_digit(const Tensor& numbers, std::int64_t first, std::int64_t count, unsigned digit);
  std::int64_t count() const { return count_; }

  /// table[i] ^= 1 << digit i: XORs one-hot tables onto what is there.
  void one_hot(unsigned digit, unsigned digit_bits, std::uint16_t* tables) const;

  /// Reads count() tables at the public digits: bit i of out[s] is the XOR of the entries of tables[i] that
  /// selects[s] names for digit i. Whole words of out are written; surplus bits are zero.
  void look_up(const std::uint16_t* tables, unsigned digit, unsigned digit_bits, const Select& select,
               std::uint64_t* out) const;
  void look_up(const std::uint16_t* tables, unsigned digit, unsigned digit_bits,
               const std::array<Select, 2>& selects, const std::array<std::uint64_t*, 2>& out) const;

 private:
  void load_planes(const Tensor& numbers, std::int64_t first, std::int64_t count, unsigned begin,
                   unsigned end);

  // 16 bits of every number a plane, lowest first.
  alignas(64) std::uint16_t planes_[8][DigitBlock::kElements];
  std::int64_t count_ = 0;
};

}  // namespace spud::ring
