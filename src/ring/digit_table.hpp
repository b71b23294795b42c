// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <memory>
#include <span>
#include <vector>

#include "ring/bit_tensor.hpp"
#include "ring/digit_block.hpp"

namespace spud::ring {

/// For every element and digit a table of up to 16 bits, one bit an entry: digit(d)[i], entry v in bit v. A
/// share of a one-hot table, or of a one-hot table times a bit, kept whole because it is read in several
/// rounds; what is read once is better read block by block.
class DigitTable {
 public:
  DigitTable() = default;
  DigitTable(Shape shape, DigitLayout layout);  ///< to be written
  static DigitTable phantom(Shape shape, DigitLayout layout);

  const Shape& shape() const { return shape_; }
  const DigitLayout& layout() const { return layout_; }
  std::int64_t elements() const { return element_count(shape_); }
  bool is_phantom() const { return buffer_ == nullptr; }
  const std::uint16_t* digit(unsigned d) const {
    return reinterpret_cast<const std::uint16_t*>(buffer_->data()) +
           static_cast<std::int64_t>(d) * elements();
  }
  /// Only by the code that made it, before it is handed out: the tables of a block, as a TableVisitor sees
  /// them.
  void set_block(std::int64_t first, std::int64_t count, const std::uint16_t* tables);
  /// The reverse: the tables of a block to where a TableVisitor would see them.
  void get_block(std::int64_t first, std::int64_t count, std::uint16_t* tables) const;

  /// Every table of digit `d` times its element's bit, as a table of one digit.
  DigitTable digit_and(unsigned d, const BitTensor& bits) const;

 private:
  Shape shape_;
  DigitLayout layout_;
  std::uint16_t* writable(unsigned d) {
    return reinterpret_cast<std::uint16_t*>(buffer_->data()) + static_cast<std::int64_t>(d) * elements();
  }
  std::shared_ptr<Buffer> buffer_;
  Ghost ghost_;  ///< of a phantom
};

/// One-hot tables that are not written out: a table of number i has the entry of its digit set.
struct OneHot {
  Tensor numbers;  ///< dense; taken modulo 2^width
  DigitLayout layout;

  /// XORs the tables of a block onto what is there; `digits` is room to work in.
  void xor_block(std::int64_t first, std::int64_t count, BlockDigits& digits, std::uint16_t* tables) const;
  /// All tables, or those of digit `d` times their element's bit, written out.
  DigitTable written_out() const;
  DigitTable digit_and(unsigned d, const BitTensor& bits) const;
};

/// Reads tables at public places: bit i of the result is the XOR of the entries of element i's table of
/// `digit` that `select` names for the public digit of element i: digit `public_digit` of `numbers`.
BitTensor look_up(const DigitTable& table, unsigned digit, const Tensor& numbers, unsigned public_digit,
                  const Select& select);

/// The same of digits first_digit, first_digit + 1, … of table and numbers, two selections each.
std::vector<std::array<BitTensor, 2>> look_up_digits(const DigitTable& table, const Tensor& numbers,
                                                     unsigned first_digit,
                                                     std::span<const std::array<Select, 2>> selects);

/// Calls body(first, count) for every block of so many elements.
template <class Body>
void for_each_block(std::int64_t elements, Body&& body) {
  for (std::int64_t first = 0; first < elements; first += DigitBlock::kElements) {
    body(first, elements - first < DigitBlock::kElements ? elements - first : DigitBlock::kElements);
  }
}

}  // namespace spud::ring
