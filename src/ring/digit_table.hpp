// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <vector>

#include "ring/bit_tensor.hpp"

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

/// For every element and digit a table of up to 16 bits, one bit an entry: tables()[digit * elements + i],
/// entry v in bit v. A share of a one-hot table, or of a one-hot table times a bit.
class DigitTable {
 public:
  DigitTable() = default;
  DigitTable(Shape shape, DigitLayout layout);  ///< all zeros
  static DigitTable phantom(Shape shape, DigitLayout layout);
  /// Entry (number's digit) set in every table; numbers are taken modulo 2^width.
  static DigitTable one_hot(const Tensor& numbers, DigitLayout layout);

  const Shape& shape() const { return shape_; }
  const DigitLayout& layout() const { return layout_; }
  std::int64_t elements() const { return element_count(shape_); }
  bool is_phantom() const { return tables_ == nullptr; }
  const std::uint16_t* digit(unsigned d) const {
    return tables_->data() + static_cast<std::int64_t>(d) * elements();
  }
  std::uint16_t* writable() { return tables_->data(); }
  std::size_t table_count() const { return layout_.digits() * static_cast<std::size_t>(elements()); }

  /// Bytes of the tables packed without gaps, digit after digit, and the way back.
  std::size_t packed_size() const;
  void pack(MutableBytes out) const;
  static DigitTable unpack(Shape shape, DigitLayout layout, ByteView in);

  friend DigitTable operator^(const DigitTable& a, const DigitTable& b);
  /// Every table of digit `d` times its element's bit, as a table of one digit.
  DigitTable digit_and(unsigned d, const BitTensor& bits) const;

 private:
  Shape shape_;
  DigitLayout layout_;
  std::shared_ptr<std::vector<std::uint16_t>> tables_;
};

/// Reads tables at public places: bit i of the result is the XOR of the entries of element i's table of
/// `digit` that `select` names for the public digit of element i; select[v] has bit e set if entry e counts
/// when the public digit is v. Public digits are taken from bits 4·public_digit … of `numbers`.
BitTensor look_up(const DigitTable& table, unsigned digit, const Tensor& numbers, unsigned public_digit,
                  const std::vector<std::uint16_t>& select);

}  // namespace spud::ring
