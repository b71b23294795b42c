// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "base/bytes.hpp"
#include "base/shape.hpp"
#include "ring/buffer.hpp"
#include "ring/element.hpp"

namespace spud::ring {

/// A tensor over Z_2^k: ring, shape, strides and shared memory. Views (transpose, slice, broadcast …) share
/// the memory of what they view; nothing writes to a tensor once it has been handed out.
///
/// A *phantom* has ring and shape but no memory. Every operation on a phantom gives a phantom: so the run on
/// shapes that yields demand and cost executes the very code that parties execute.
class Tensor {
 public:
  Tensor() : Tensor(phantom(64, {0})) {}
  static Tensor phantom(unsigned bits, Shape shape);
  static Tensor uninitialised(unsigned bits, Shape shape);
  static Tensor zeros(unsigned bits, Shape shape);
  /// Dense little-endian words, word_bytes(bits) each. Every value of the bytes is a ring element (high bits
  /// of a k = 4 word are dropped).
  static Tensor from_bytes(unsigned bits, Shape shape, ByteView bytes);
  template <class Word>
  static Tensor of(unsigned bits, Shape shape, std::span<const Word> words);

  unsigned bits() const { return bits_; }
  const Shape& shape() const { return shape_; }
  const std::vector<std::int64_t>& strides() const { return strides_; }
  std::int64_t elements() const { return element_count(shape_); }
  bool is_phantom() const { return buffer_ == nullptr; }
  bool is_dense() const;

  /// First element; strides() lead to the others.
  template <class Word>
  const Word* data() const {
    SPUD_CHECK(sizeof(Word) == word_bytes(bits_) && !is_phantom(),
               "words are read at the tensor's own width");
    return reinterpret_cast<const Word*>(buffer_->data()) + offset_;
  }
  /// All elements of a dense tensor, row-major.
  template <class Word>
  std::span<const Word> words() const {
    SPUD_CHECK(is_dense(), "only a dense tensor is a span");
    return {data<Word>(), static_cast<std::size_t>(elements())};
  }
  /// Only by the code that made it, before it is handed out.
  template <class Word>
  Word* writable() {
    return const_cast<Word*>(data<Word>());
  }
  /// A dense tensor's memory as it goes over the wire.
  ByteView bytes() const;
  MutableBytes writable_bytes();

  /// Itself if dense, else a dense copy.
  Tensor dense() const;
  /// The same memory seen otherwise; `offset` counts elements from this tensor's first.
  Tensor view(Shape shape, std::vector<std::int64_t> strides, std::int64_t offset) const;

 private:
  Tensor(unsigned bits, Shape shape, std::shared_ptr<Buffer> buffer);
  unsigned bits_;
  Shape shape_;
  std::vector<std::int64_t> strides_;
  std::int64_t offset_ = 0;
  std::shared_ptr<Buffer> buffer_;
  Ghost ghost_;  ///< of a phantom
};

template <class Word>
Tensor Tensor::of(unsigned bits, Shape shape, std::span<const Word> words) {
  Tensor out = uninitialised(bits, std::move(shape));
  SPUD_CHECK(static_cast<std::int64_t>(words.size()) == out.elements(), "as many words as elements");
  Word* to = out.writable<Word>();
  for (std::size_t i = 0; i < words.size(); ++i) to[i] = words[i];
  return out;
}

/// Visits the elements of a strided tensor in row-major order: body(pointer).
template <class Word, class Body>
void for_each_strided(const Tensor& t, Body&& body) {
  const Word* base = t.data<Word>();
  const Shape& shape = t.shape();
  if (t.elements() == 0) return;
  if (shape.empty()) {
    body(base);
    return;
  }
  std::size_t last = shape.size() - 1;
  std::vector<std::int64_t> index(shape.size(), 0);
  const std::int64_t inner = shape[last], step = t.strides()[last];
  std::int64_t at = 0;
  while (true) {
    for (std::int64_t i = 0; i < inner; ++i) body(base + at + i * step);
    std::size_t d = last;
    while (d-- > 0) {
      at += t.strides()[d];
      if (++index[d] < shape[d]) break;
      at -= t.strides()[d] * shape[d];
      index[d] = 0;
    }
    if (d == static_cast<std::size_t>(-1)) return;
  }
}

}  // namespace spud::ring
