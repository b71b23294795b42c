// SPDX-License-Identifier: Apache-2.0
#include "ring/bit_tensor.hpp"

#include <cstring>

namespace spud::ring {

BitTensor BitTensor::phantom(Shape shape) {
  return BitTensor(std::move(shape));
}

BitTensor BitTensor::zeros(Shape shape) {
  BitTensor out(std::move(shape));
  out.words_ = std::make_shared<std::vector<std::uint64_t>>(out.word_count(), 0);
  return out;
}

BitTensor BitTensor::from_bytes(Shape shape, ByteView bytes) {
  BitTensor out = zeros(std::move(shape));
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
  if (used != 0) words_->back() &= (std::uint64_t{1} << used) - 1;
}

ByteView BitTensor::bytes() const {
  return {reinterpret_cast<const std::byte*>(words_->data()), byte_count()};
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

BitTensor bit_of(const Tensor& words, unsigned position) {
  if (words.is_phantom()) return BitTensor::phantom(words.shape());
  BitTensor out = BitTensor::zeros(words.shape());
  Tensor dense = words.dense();
  with_ring(words.bits(), [&]<class R>(R) {
    using Word = typename R::Word;
    const Word* in = dense.template data<Word>();
    std::uint64_t* to = out.writable();
    const std::int64_t n = dense.elements();
    for (std::int64_t base = 0; base < n; base += 64) {
      std::uint64_t word = 0;
      const std::int64_t count = std::min<std::int64_t>(64, n - base);
      for (std::int64_t i = 0; i < count; ++i)
        word |= static_cast<std::uint64_t>(in[base + i] >> position & 1) << i;
      to[base / 64] = word;
    }
  });
  return out;
}

Tensor to_words(const BitTensor& bits, unsigned ring_bits) {
  if (bits.is_phantom()) return Tensor::phantom(ring_bits, bits.shape());
  Tensor out = Tensor::uninitialised(ring_bits, bits.shape());
  with_ring(ring_bits, [&]<class R>(R) {
    using Word = typename R::Word;
    Word* to = out.writable<Word>();
    const std::uint64_t* in = bits.words();
    const std::int64_t n = out.elements();
    for (std::int64_t i = 0; i < n; ++i) to[i] = static_cast<Word>(in[i / 64] >> (i % 64) & 1);
  });
  return out;
}

}  // namespace spud::ring
