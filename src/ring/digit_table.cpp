// SPDX-License-Identifier: Apache-2.0
#include "ring/digit_table.hpp"

#include <array>
#include <bit>

#include "ring/dense_bits.hpp"

namespace spud::ring {

unsigned DigitLayout::table_bits() const {
  unsigned bits = 0;
  for (unsigned d = 0; d < digits(); ++d) bits += entries_of(d);
  return bits;
}

DigitTable::DigitTable(Shape shape, DigitLayout layout) : shape_(std::move(shape)), layout_(layout) {
  tables_ = std::make_shared<std::vector<std::uint16_t>>(table_count(), 0);
}

DigitTable DigitTable::phantom(Shape shape, DigitLayout layout) {
  DigitTable out;
  out.shape_ = std::move(shape);
  out.layout_ = layout;
  return out;
}

DigitTable DigitTable::one_hot(const Tensor& numbers, DigitLayout layout) {
  if (numbers.is_phantom()) return phantom(numbers.shape(), layout);
  DigitTable out(numbers.shape(), layout);
  Tensor dense = numbers.dense();
  with_ring(numbers.bits(), [&]<class R>(R) {
    using Word = typename R::Word;
    const Word* in = dense.data<Word>();
    std::uint16_t* to = out.writable();
    const std::int64_t n = dense.elements();
    for (unsigned d = 0; d < layout.digits(); ++d) {
      const unsigned mask = layout.entries_of(d) - 1;
      for (std::int64_t i = 0; i < n; ++i) {
        *to++ = static_cast<std::uint16_t>(1u << (static_cast<unsigned>(in[i] >> (4 * d)) & mask));
      }
    }
  });
  return out;
}

std::size_t DigitTable::packed_size() const {
  std::size_t bytes = 0;
  for (unsigned d = 0; d < layout_.digits(); ++d) bytes += packed_bytes(elements(), layout_.entries_of(d));
  return bytes;
}

void DigitTable::pack(MutableBytes out) const {
  SPUD_CHECK(out.size() == packed_size(), "packing fits exactly");
  std::size_t at = 0;
  for (unsigned d = 0; d < layout_.digits(); ++d) {
    const unsigned width = layout_.entries_of(d);
    const std::uint16_t* in = digit(d);
    std::uint32_t pending = 0;
    unsigned filled = 0;
    for (std::int64_t i = 0; i < elements(); ++i) {
      pending |= static_cast<std::uint32_t>(in[i]) << filled;
      for (filled += width; filled >= 8; filled -= 8, pending >>= 8)
        out[at++] = static_cast<std::byte>(pending);
    }
    if (filled > 0) out[at++] = static_cast<std::byte>(pending);
  }
}

DigitTable DigitTable::unpack(Shape shape, DigitLayout layout, ByteView in) {
  DigitTable out(std::move(shape), layout);
  SPUD_CHECK(in.size() == out.packed_size(), "unpacking fits exactly");
  std::uint16_t* to = out.writable();
  std::size_t at = 0;
  for (unsigned d = 0; d < layout.digits(); ++d) {
    const unsigned width = layout.entries_of(d);
    std::uint32_t pending = 0;
    unsigned filled = 0;
    for (std::int64_t i = 0; i < out.elements(); ++i) {
      for (; filled < width; filled += 8) pending |= std::to_integer<std::uint32_t>(in[at++]) << filled;
      *to++ = static_cast<std::uint16_t>(pending & ((1u << width) - 1));
      pending >>= width;
      filled -= width;
    }
  }
  return out;
}

DigitTable operator^(const DigitTable& a, const DigitTable& b) {
  SPUD_CHECK(a.table_count() == b.table_count(), "tables agree in shape");
  if (a.is_phantom() || b.is_phantom()) return DigitTable::phantom(a.shape_, a.layout_);
  DigitTable out(a.shape_, a.layout_);
  for (std::size_t i = 0; i < out.table_count(); ++i) (*out.tables_)[i] = (*a.tables_)[i] ^ (*b.tables_)[i];
  return out;
}

DigitTable DigitTable::digit_and(unsigned d, const BitTensor& bits) const {
  DigitLayout one{layout_.bits_of(d)};
  if (is_phantom() || bits.is_phantom()) return phantom(shape_, one);
  DigitTable out(shape_, one);
  const std::uint16_t* in = digit(d);
  std::uint16_t* to = out.writable();
  const std::uint64_t* mask = bits.words();
  for (std::int64_t i = 0; i < elements(); ++i) {
    to[i] = static_cast<std::uint16_t>(in[i] & -(mask[i / 64] >> (i % 64) & 1));
  }
  return out;
}

BitTensor look_up(const DigitTable& table, unsigned digit, const Tensor& numbers, unsigned public_digit,
                  const std::vector<std::uint16_t>& select) {
  if (table.is_phantom() || numbers.is_phantom()) return BitTensor::phantom(table.shape());
  SPUD_CHECK(select.size() == table.layout().entries_of(digit), "one selection a public digit");
  std::array<std::uint16_t, 16> chosen{};
  std::copy(select.begin(), select.end(), chosen.begin());
  BitTensor out = BitTensor::zeros(table.shape());
  Tensor dense = numbers.dense();
  with_ring(numbers.bits(), [&]<class R>(R) {
    using Word = typename R::Word;
    const Word* in = dense.data<Word>();
    const std::uint16_t* tables = table.digit(digit);
    std::uint64_t* to = out.writable();
    const unsigned mask = table.layout().entries_of(digit) - 1, shift = 4 * public_digit;
    const std::int64_t n = dense.elements();
    for (std::int64_t base = 0; base < n; base += 64) {
      const std::int64_t count = std::min<std::int64_t>(64, n - base);
      std::uint64_t word = 0;
      for (std::int64_t i = 0; i < count; ++i) {
        // The index is public: it is a digit of a number that every party knows.
        unsigned hit = tables[base + i] & chosen[static_cast<unsigned>(in[base + i] >> shift) & mask];
        hit ^= hit >> 8;
        hit ^= hit >> 4;
        word |= static_cast<std::uint64_t>(0x6996u >> (hit & 15) & 1) << i;
      }
      to[base / 64] = word;
    }
  });
  return out;
}

}  // namespace spud::ring
