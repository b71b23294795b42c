// SPDX-License-Identifier: Apache-2.0
#include "correlation/entries.hpp"

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

ring::BitTensor entry_bits(const ring::Tensor& numbers, unsigned width, unsigned from) {
  Shape shape = numbers.shape();
  shape.insert(shape.begin(), std::int64_t{1} << width);
  if (numbers.is_phantom()) return ring::BitTensor::phantom(shape);
  ring::BitTensor out = ring::BitTensor::zeros(shape);
  const auto at = parts(numbers, width, from);
  for (std::size_t i = 0; i < at.size(); ++i) {
    const std::size_t bit = at[i] * at.size() + i;
    out.writable()[bit / 64] |= std::uint64_t{1} << (bit % 64);
  }
  return out;
}

ring::BitTensor entry_of(const ring::Tensor& numbers, const ring::BitTensor& bits, unsigned width,
                         unsigned from) {
  Shape shape = bits.shape();
  shape.erase(shape.begin());
  if (numbers.is_phantom() || bits.is_phantom()) return ring::BitTensor::phantom(shape);
  ring::BitTensor out = ring::BitTensor::zeros(shape);
  const auto at = parts(numbers, width, from);
  const auto row = static_cast<std::size_t>(out.elements());
  for (std::size_t i = 0; i < row; ++i) {
    const std::size_t bit = at[i % at.size()] * row + i;
    out.writable()[i / 64] |= (bits.words()[bit / 64] >> (bit % 64) & 1) << (i % 64);
  }
  return out;
}

ring::BitTensor rotated(const ring::Tensor& numbers, const ring::BitTensor& bits, unsigned width,
                        bool by_the_last) {
  Shape shape = bits.shape();
  const auto given = static_cast<std::size_t>(shape[0]);
  shape[0] = std::int64_t{1} << width;
  if (numbers.is_phantom() || bits.is_phantom()) return ring::BitTensor::phantom(shape);
  ring::BitTensor out = ring::BitTensor::zeros(shape);
  const auto by = parts(numbers, width, 0);
  const std::size_t places = std::size_t{1} << width, count = by.size();
  for (std::size_t r = 0; r < places; ++r) {
    for (std::size_t i = 0; i < count; ++i) {
      std::size_t from = (r - by[i]) & (places - 1);
      if (from >= given) {
        if (!by_the_last) continue;
        from = given - 1;
      }
      const std::size_t bit = from * count + i, to = r * count + i;
      out.writable()[to / 64] |= (bits.words()[bit / 64] >> (bit % 64) & 1) << (to % 64);
    }
  }
  return out;
}

}  // namespace spud::correlation
