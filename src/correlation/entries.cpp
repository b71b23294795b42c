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

}  // namespace

// λ is secret: every entry is visited, and what is one is decided by arithmetic.

ring::BitTensor entry_bits(const ring::Tensor& numbers, unsigned width, unsigned from) {
  Shape shape = numbers.shape();
  shape.insert(shape.begin(), std::int64_t{1} << width);
  if (numbers.is_phantom()) return ring::BitTensor::phantom(shape);
  const auto at = parts(numbers, width, from);
  std::vector<std::uint8_t> out(at.size() << width);
  for (std::uint32_t v = 0; v < 1u << width; ++v) {
    std::uint8_t* row = out.data() + v * at.size();
    for (std::size_t i = 0; i < at.size(); ++i) row[i] = static_cast<std::uint8_t>(at[i] == v);
  }
  return ring::BitTensor::pack(std::move(shape), out);
}

ring::BitTensor entry_of(const ring::Tensor& numbers, const ring::BitTensor& bits, unsigned width,
                         unsigned from) {
  Shape shape = bits.shape();
  shape.erase(shape.begin());
  if (numbers.is_phantom() || bits.is_phantom()) return ring::BitTensor::phantom(shape);
  const auto at = parts(numbers, width, from);
  const auto entries = bits.unpack();
  const auto row = static_cast<std::size_t>(element_count(shape));
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
