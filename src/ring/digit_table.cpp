// SPDX-License-Identifier: Apache-2.0
#include "ring/digit_table.hpp"

#include <algorithm>

namespace spud::ring {

DigitTable::DigitTable(Shape shape, DigitLayout layout) : shape_(std::move(shape)), layout_(layout) {
  buffer_ = std::make_shared<Buffer>(layout_.digits() * static_cast<std::size_t>(elements()) *
                                     sizeof(std::uint16_t));
}

DigitTable DigitTable::phantom(Shape shape, DigitLayout layout) {
  DigitTable out;
  out.shape_ = std::move(shape);
  out.layout_ = layout;
  if (MemoryMeter::here() != nullptr) {
    out.ghost_ = ghost_of(layout.digits() * static_cast<std::size_t>(out.elements()) * sizeof(std::uint16_t));
  }
  return out;
}

void DigitTable::set_block(std::int64_t first, std::int64_t count, const std::uint16_t* tables) {
  for (unsigned d = 0; d < layout_.digits(); ++d) std::copy_n(tables + d * count, count, writable(d) + first);
}
void DigitTable::get_block(std::int64_t first, std::int64_t count, std::uint16_t* tables) const {
  for (unsigned d = 0; d < layout_.digits(); ++d) std::copy_n(digit(d) + first, count, tables + d * count);
}

namespace {

void keep_where(const BitTensor& bits, std::uint16_t* tables) {
  const std::uint64_t* mask = bits.words();
  for (std::int64_t i = 0; i < bits.elements(); ++i) {
    tables[i] = static_cast<std::uint16_t>(tables[i] & -(mask[i / 64] >> (i % 64) & 1));
  }
}

}  // namespace

DigitTable DigitTable::digit_and(unsigned d, const BitTensor& bits) const {
  DigitLayout one{layout_.bits_of(d)};
  if (is_phantom() || bits.is_phantom()) return phantom(shape_, one);
  DigitTable out(shape_, one);
  std::copy_n(digit(d), elements(), out.writable(0));
  keep_where(bits, out.writable(0));
  return out;
}

void OneHot::xor_block(std::int64_t first, std::int64_t count, BlockDigits& digits,
                       std::uint16_t* tables) const {
  digits.load(numbers, first, count, layout.width);
  for (unsigned d = 0; d < layout.digits(); ++d) digits.one_hot(d, layout.bits_of(d), tables + d * count);
}

DigitTable OneHot::written_out() const {
  DigitTable out(numbers.shape(), layout);
  auto digits = std::make_unique<BlockDigits>();
  std::vector<std::uint16_t> tables;
  for_each_block(numbers.elements(), [&](std::int64_t first, std::int64_t count) {
    tables.assign(layout.digits() * static_cast<std::size_t>(count), 0);
    xor_block(first, count, *digits, tables.data());
    out.set_block(first, count, tables.data());
  });
  return out;
}

DigitTable OneHot::digit_and(unsigned d, const BitTensor& bits) const {
  DigitLayout one{layout.bits_of(d)};
  DigitTable out(numbers.shape(), one);
  auto digits = std::make_unique<BlockDigits>();
  std::vector<std::uint16_t> tables;
  for_each_block(numbers.elements(), [&](std::int64_t first, std::int64_t count) {
    tables.assign(static_cast<std::size_t>(count), 0);
    digits->load_digit(numbers, first, count, d);
    digits->one_hot(d, one.width, tables.data());
    out.set_block(first, count, tables.data());
  });
  return out.digit_and(0, bits);
}

BitTensor look_up(const DigitTable& table, unsigned digit, const Tensor& numbers, unsigned public_digit,
                  const Select& select) {
  if (table.is_phantom() || numbers.is_phantom()) return BitTensor::phantom(table.shape());
  SPUD_CHECK(numbers.elements() == table.elements(), "a number a table");
  BitTensor out = BitTensor::uninitialised(table.shape());
  Tensor dense = numbers.dense();
  auto digits = std::make_unique<BlockDigits>();
  for_each_block(table.elements(), [&](std::int64_t first, std::int64_t count) {
    digits->load_digit(dense, first, count, public_digit);
    digits->look_up(table.digit(digit) + first, public_digit, table.layout().bits_of(digit), select,
                    out.writable() + first / 64);
  });
  return out;
}

std::vector<std::array<BitTensor, 2>> look_up_digits(const DigitTable& table, const Tensor& numbers,
                                                     unsigned first_digit,
                                                     std::span<const std::array<Select, 2>> selects) {
  SPUD_CHECK(numbers.elements() == table.elements(), "a number a table");
  const bool is_phantom = table.is_phantom() || numbers.is_phantom();
  std::vector<std::array<BitTensor, 2>> out(selects.size());
  for (auto& both : out) {
    for (auto& bits : both)
      bits = is_phantom ? BitTensor::phantom(table.shape()) : BitTensor::uninitialised(table.shape());
  }
  if (is_phantom || selects.empty()) return out;
  const Tensor dense = numbers.dense();
  const auto digits = std::make_unique_for_overwrite<BlockDigits>();
  const unsigned width = 4 * (first_digit + static_cast<unsigned>(selects.size()));
  for_each_block(table.elements(), [&](std::int64_t first, std::int64_t count) {
    digits->load_from(dense, first, count, first_digit, width);
    for (unsigned i = 0; i < selects.size(); ++i) {
      const unsigned d = first_digit + i;
      digits->look_up(table.digit(d) + first, d, table.layout().bits_of(d), selects[i],
                      {out[i][0].writable() + first / 64, out[i][1].writable() + first / 64});
    }
  });
  return out;
}

}  // namespace spud::ring
