// SPDX-License-Identifier: Apache-2.0
#include "ring/bit_tensor.hpp"

#include <algorithm>
#include <cstring>

#include "ring/map.hpp"

namespace spud::ring {

BitTensor BitTensor::phantom(Shape shape) {
  BitTensor out(std::move(shape));
  if (MemoryMeter::here() != nullptr) out.ghost_ = ghost_of(out.word_count() * sizeof(std::uint64_t));
  return out;
}

BitTensor BitTensor::zeros(Shape shape) {
  BitTensor out = uninitialised(std::move(shape));
  std::fill_n(out.writable(), out.word_count(), std::uint64_t{0});
  return out;
}

BitTensor BitTensor::uninitialised(Shape shape) {
  BitTensor out(std::move(shape));
  const std::size_t words = out.word_count();
  out.buffer_ = std::make_shared<Buffer>(words * sizeof(std::uint64_t));
  if (words > 0) out.writable()[words - 1] = 0;
  return out;
}

BitTensor BitTensor::from_bytes(Shape shape, ByteView bytes) {
  BitTensor out = uninitialised(std::move(shape));
  SPUD_CHECK(bytes.size() == out.byte_count(), "as many bytes as the bits take");
  if (!bytes.empty()) std::memcpy(out.writable(), bytes.data(), bytes.size());
  out.clear_surplus();
  return out;
}

BitTensor BitTensor::pack(Shape shape, std::span<const std::uint8_t> bits) {
  BitTensor out = zeros(std::move(shape));
  SPUD_CHECK(static_cast<std::int64_t>(bits.size()) == out.elements(), "one byte an element");
  std::uint64_t* to = out.writable();
  for (std::size_t i = 0; i < bits.size(); ++i)
    to[i / 64] |= static_cast<std::uint64_t>(bits[i] & 1) << (i % 64);
  return out;
}

void BitTensor::clear_surplus() {
  auto used = static_cast<unsigned>(elements() % 64);
  if (used != 0) writable()[word_count() - 1] &= (std::uint64_t{1} << used) - 1;
}

ByteView BitTensor::bytes() const {
  return {buffer_->data(), byte_count()};
}

std::vector<std::uint8_t> BitTensor::unpack() const {
  std::vector<std::uint8_t> out(static_cast<std::size_t>(elements()));
  for (std::size_t i = 0; i < out.size(); ++i) out[i] = words()[i / 64] >> (i % 64) & 1;
  return out;
}

BitTensor BitTensor::reshaped(Shape shape) const {
  SPUD_CHECK(element_count(shape) == elements(), "a reshape keeps the element count");
  BitTensor out = *this;
  out.shape_ = std::move(shape);
  return out;
}

BitTensor operator^(const BitTensor& a, const BitTensor& b) {
  return map_bits([](std::uint64_t x, std::uint64_t y) { return x ^ y; }, a, b);
}
BitTensor operator&(const BitTensor& a, const BitTensor& b) {
  return map_bits([](std::uint64_t x, std::uint64_t y) { return x & y; }, a, b);
}
BitTensor operator~(const BitTensor& a) {
  return map_bits([](std::uint64_t x) { return ~x; }, a);
}

void xor_into(BitTensor& to, const BitTensor& a) {
  SPUD_CHECK(to.elements() == a.elements(), "bit tensors agree in element count");
  std::uint64_t* sum = to.writable();
  const std::uint64_t* from = a.words();
  for (std::size_t i = 0; i < to.word_count(); ++i) sum[i] ^= from[i];
  to.clear_surplus();
}

BitTensor bit_of(const Tensor& words, unsigned position) {
  return map_to_bits([position](auto w) { return decltype(w)(w >> position); }, words);
}

Tensor to_words(const BitTensor& bits, unsigned ring_bits) {
  return map_to(
      ring_bits, [](auto bit) { return bit; }, bits);
}

}  // namespace spud::ring
