// SPDX-License-Identifier: Apache-2.0
#include "correlation/entries.hpp"

#include <algorithm>

namespace spud::correlation {
namespace {

/// (number ≫ from) modulo 2^width.
std::vector<std::uint32_t> parts(const ring::Tensor& numbers, unsigned width, unsigned from) {
  std::vector<std::uint32_t> out(static_cast<std::size_t>(numbers.elements()));
  ring::Tensor dense = numbers.dense();
  ring::with_ring(numbers.bits(), [&]<class R>(R) {
    const auto* in = dense.template data<typename R::Word>();
    const std::uint32_t mask = (1u << width) - 1;
    for (std::size_t i = 0; i < out.size(); ++i) out[i] = static_cast<std::uint32_t>(in[i] >> from) & mask;
  });
  return out;
}

/// Up to 64 numbers below 2^14, bit by bit: bit i of plane b is bit b of number i.
struct Some {
  Some(const std::vector<std::uint32_t>& numbers, std::size_t first)
      : count(std::min<std::size_t>(64, numbers.size() - first)) {
    for (std::size_t i = 0; i < count; ++i) {
      for (unsigned b = 0; b < kMostEntryBits; ++b)
        plane[b] |= std::uint64_t{numbers[first + i] >> b & 1} << i;
    }
    all = count == 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << count) - 1;
  }
  /// Bit i: whether number i is v.
  std::uint64_t equal(std::uint32_t v) const {
    std::uint64_t out = all;
    for (unsigned b = 0; b < kMostEntryBits; ++b) out &= (v >> b & 1) != 0 ? plane[b] : ~plane[b];
    return out;
  }
  std::size_t count;
  std::uint64_t all = 0;
  std::uint64_t plane[kMostEntryBits] = {};
};

/// entry_of() where an entry has a bit a number.
ring::BitTensor entry_of_one_row(const std::vector<std::uint32_t>& at, const ring::BitTensor& bits,
                                 unsigned width, Shape shape) {
  ring::BitTensor out = ring::BitTensor::zeros(std::move(shape));
  const std::uint64_t* in = bits.words();
  for (std::size_t first = 0; first < at.size(); first += 64) {
    const Some some(at, first);
    std::uint64_t found = 0;
    for (std::uint32_t v = 0; v < 1u << width; ++v) {
      const std::size_t bit = v * at.size() + first;
      std::uint64_t word = in[bit / 64] >> (bit % 64);
      if (bit % 64 != 0 && bit % 64 + some.count > 64) word |= in[bit / 64 + 1] << (64 - bit % 64);
      found |= word & some.equal(v);
    }
    out.writable()[first / 64] = found;
  }
  return out;
}

}  // namespace

// λ is secret: every entry is visited, and what is one is decided by arithmetic. Shifts take one time.

ring::BitTensor entry_bits(const ring::Tensor& numbers, unsigned width, unsigned from) {
  Shape shape = numbers.shape();
  shape.insert(shape.begin(), std::int64_t{1} << width);
  if (numbers.is_phantom()) return ring::BitTensor::phantom(shape);
  ring::BitTensor out = ring::BitTensor::zeros(shape);
  const auto at = parts(numbers, width, from);
  std::uint64_t* to = out.writable();
  for (std::size_t first = 0; first < at.size(); first += 64) {
    const Some some(at, first);
    for (std::uint32_t v = 0; v < 1u << width; ++v) {
      const std::uint64_t word = some.equal(v);
      const std::size_t bit = v * at.size() + first;
      to[bit / 64] |= word << (bit % 64);
      if (bit % 64 != 0 && bit % 64 + some.count > 64) to[bit / 64 + 1] |= word >> (64 - bit % 64);
    }
  }
  return out;
}

ring::BitTensor entry_row(const ring::Tensor& numbers, unsigned width) {
  Shape shape = numbers.shape();
  shape.push_back(std::int64_t{1} << width);
  if (numbers.is_phantom()) return ring::BitTensor::phantom(shape);
  const auto at = parts(numbers, width, 0);
  ring::BitTensor out = ring::BitTensor::zeros(shape);
  std::uint64_t* to = out.writable();
  if (width < 6) {
    for (std::size_t i = 0; i < at.size(); ++i) {
      const std::size_t first = i << width;
      to[first / 64] |= std::uint64_t{1} << (first % 64 + at[i]);
    }
    return out;
  }
  const std::uint32_t words = 1u << (width - 6);
  for (const std::uint32_t number : at) {
    const std::uint64_t bit = std::uint64_t{1} << (number % 64);
    for (std::uint32_t word = 0; word < words; ++word) *to++ = bit & -std::uint64_t{number / 64 == word};
  }
  return out;
}

ring::BitTensor entry_of_row(const ring::Tensor& numbers, const ring::BitTensor& bits, unsigned width) {
  if (numbers.is_phantom() || bits.is_phantom()) return ring::BitTensor::phantom(numbers.shape());
  const auto at = parts(numbers, width, 0);
  ring::BitTensor out = ring::BitTensor::zeros(numbers.shape());
  std::uint64_t* to = out.writable();
  const std::uint64_t* row = bits.words();
  for (std::size_t i = 0; i < at.size(); ++i) {
    std::uint64_t found = 0;
    if (width < 6) {
      const std::size_t first = i << width;
      found = row[first / 64] >> (first % 64 + at[i]);
    } else {
      const std::uint32_t words = 1u << (width - 6);
      for (std::uint32_t word = 0; word < words; ++word) found |= *row++ & -std::uint64_t{at[i] / 64 == word};
      found >>= at[i] % 64;
    }
    to[i / 64] |= (found & 1) << (i % 64);
  }
  return out;
}

ring::BitTensor entry_of(const ring::Tensor& numbers, const ring::BitTensor& bits, unsigned width,
                         unsigned from) {
  Shape shape = bits.shape();
  shape.erase(shape.begin());
  if (numbers.is_phantom() || bits.is_phantom()) return ring::BitTensor::phantom(shape);
  const auto at = parts(numbers, width, from);
  const auto row = static_cast<std::size_t>(element_count(shape));
  if (row == at.size()) return entry_of_one_row(at, bits, width, std::move(shape));
  const auto entries = bits.unpack();
  std::vector<std::uint8_t> out(row);
  const std::uint8_t* entry = entries.data();
  for (std::uint32_t v = 0; v < 1u << width; ++v, entry += row) {
    for (std::size_t first = 0; first < row; first += at.size()) {
      for (std::size_t i = 0; i < at.size(); ++i)
        out[first + i] = static_cast<std::uint8_t>(out[first + i] | (entry[first + i] & (at[i] == v)));
    }
  }
  return ring::BitTensor::pack(std::move(shape), out);
}

ring::BitTensor rotated(const ring::Tensor& numbers, const ring::BitTensor& bits, unsigned width,
                        bool by_the_last) {
  Shape shape = bits.shape();
  const auto given = static_cast<std::size_t>(shape[0]);
  shape[0] = std::int64_t{1} << width;
  if (numbers.is_phantom() || bits.is_phantom()) return ring::BitTensor::phantom(shape);
  const auto by = parts(numbers, width, 0);
  const std::size_t places = std::size_t{1} << width, count = by.size();
  auto rows = bits.unpack();
  rows.resize(places * count);
  for (std::size_t p = given; by_the_last && p < places; ++p)
    std::copy_n(rows.begin() + static_cast<std::ptrdiff_t>((given - 1) * count), count,
                rows.begin() + static_cast<std::ptrdiff_t>(p * count));
  // By 1, 2, 4 … places, where the number has that bit.
  std::vector<std::uint8_t> turned(rows.size());
  for (unsigned t = 0; t < width; ++t) {
    for (std::size_t r = 0; r < places; ++r) {
      const std::uint8_t* stays = rows.data() + r * count;
      const std::uint8_t* comes = rows.data() + ((r - (std::size_t{1} << t)) & (places - 1)) * count;
      for (std::size_t i = 0; i < count; ++i) {
        const auto turns = static_cast<std::uint8_t>(-(by[i] >> t & 1));
        turned[r * count + i] = static_cast<std::uint8_t>((comes[i] & turns) | (stays[i] & ~turns));
      }
    }
    std::swap(rows, turned);
  }
  return ring::BitTensor::pack(std::move(shape), rows);
}

}  // namespace spud::correlation
