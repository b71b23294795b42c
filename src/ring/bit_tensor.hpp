// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <span>

#include "ring/tensor.hpp"

namespace spud::ring {

/// A tensor of bits, packed 64 a word in row-major order, first element in the lowest bit; unused high bits
/// are zero. Like Tensor it is shared, immutable once handed out, and may be a phantom.
class BitTensor {
 public:
  BitTensor() : BitTensor(phantom({0})) {}
  static BitTensor phantom(Shape shape);
  static BitTensor zeros(Shape shape);
  /// Whole words are to be written; only the last is zero already.
  static BitTensor uninitialised(Shape shape);
  /// Packed bits, eight a byte, as bytes() gives them; surplus high bits are dropped.
  static BitTensor from_bytes(Shape shape, ByteView bytes);
  /// From one byte an element, 0 or 1.
  static BitTensor pack(Shape shape, std::span<const std::uint8_t> bits);

  const Shape& shape() const { return shape_; }
  std::int64_t elements() const { return element_count(shape_); }
  bool is_phantom() const { return buffer_ == nullptr; }
  std::size_t word_count() const { return (static_cast<std::size_t>(elements()) + 63) / 64; }
  std::size_t byte_count() const { return (static_cast<std::size_t>(elements()) + 7) / 8; }
  const std::uint64_t* words() const { return reinterpret_cast<const std::uint64_t*>(buffer_->data()); }
  /// Only by the code that made it, before it is handed out. Call clear_surplus() after writing whole words.
  std::uint64_t* writable() { return reinterpret_cast<std::uint64_t*>(buffer_->data()); }
  void clear_surplus();
  /// byte_count() bytes as they go over the wire.
  ByteView bytes() const;
  /// The same to write to, under the terms of writable().
  MutableBytes writable_bytes() { return {buffer_->data(), byte_count()}; }
  /// One byte an element, 0 or 1.
  std::vector<std::uint8_t> unpack() const;
  bool bit(std::int64_t i) const {
    SPUD_CHECK(i >= 0 && i < elements(), "there is such a bit");
    return words()[i / 64] >> (i % 64) & 1;
  }
  BitTensor reshaped(Shape shape) const;

 private:
  explicit BitTensor(Shape shape) : shape_(std::move(shape)) {}
  Shape shape_;
  std::shared_ptr<Buffer> buffer_;
  Ghost ghost_;  ///< of a phantom
};

/// Word by word: out = f(a, b, …). f maps words of 64 elements.
template <class F, class... Rest>
BitTensor map_bits(F&& f, const BitTensor& first, const Rest&... rest) {
  SPUD_CHECK(((first.elements() == rest.elements()) && ...), "bit tensors agree in element count");
  if (first.is_phantom() || (rest.is_phantom() || ...)) return BitTensor::phantom(first.shape());
  BitTensor out = BitTensor::uninitialised(first.shape());
  std::uint64_t* to = out.writable();
  const std::size_t n = out.word_count();
  [&](const auto*... in) {
    for (std::size_t i = 0; i < n; ++i) to[i] = f(in[i]...);
  }(first.words(), rest.words()...);
  out.clear_surplus();
  return out;
}

BitTensor operator^(const BitTensor& a, const BitTensor& b);
BitTensor operator&(const BitTensor& a, const BitTensor& b);
BitTensor operator~(const BitTensor& a);
/// to ^= a, surplus bits of `to` cleared. Only by the code that made `to`, before it is handed out.
void xor_into(BitTensor& to, const BitTensor& a);

/// Bit `position` of every word.
BitTensor bit_of(const Tensor& words, unsigned position);
/// 0 or 1 as ring words.
Tensor to_words(const BitTensor& bits, unsigned ring_bits);

}  // namespace spud::ring
