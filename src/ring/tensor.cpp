// SPDX-License-Identifier: Apache-2.0
#include "ring/tensor.hpp"

#include <cstring>

namespace spud::ring {

Tensor::Tensor(unsigned bits, Shape shape, std::shared_ptr<Buffer> buffer)
    : bits_(bits), shape_(std::move(shape)), strides_(dense_strides(shape_)), buffer_(std::move(buffer)) {
  SPUD_CHECK(is_ring(bits_), "a tensor has a ring");
}

Tensor Tensor::phantom(unsigned bits, Shape shape) {
  Tensor out(bits, std::move(shape), nullptr);
  if (MemoryMeter::here() != nullptr)
    out.ghost_ = ghost_of(static_cast<std::size_t>(out.elements()) * word_bytes(bits));
  return out;
}

Tensor Tensor::uninitialised(unsigned bits, Shape shape) {
  auto bytes = static_cast<std::size_t>(element_count(shape)) * word_bytes(bits);
  return Tensor(bits, std::move(shape), std::make_shared<Buffer>(bytes));
}

Tensor Tensor::zeros(unsigned bits, Shape shape) {
  Tensor out = uninitialised(bits, std::move(shape));
  std::memset(out.buffer_->data(), 0, out.buffer_->size());
  return out;
}

Tensor Tensor::from_bytes(unsigned bits, Shape shape, ByteView bytes) {
  Tensor out = uninitialised(bits, std::move(shape));
  SPUD_CHECK(bytes.size() == out.buffer_->size(), "as many bytes as the elements take");
  if (!bytes.empty()) std::memcpy(out.buffer_->data(), bytes.data(), bytes.size());
  if (bits == 4) {
    for (std::size_t i = 0; i < out.buffer_->size(); ++i) out.buffer_->data()[i] &= std::byte{15};
  }
  return out;
}

bool Tensor::is_dense() const {
  std::int64_t step = 1;
  for (std::size_t d = shape_.size(); d-- > 0;) {
    if (shape_[d] != 1 && strides_[d] != step) return elements() == 0;
    step *= shape_[d];
  }
  return true;
}

ByteView Tensor::bytes() const {
  SPUD_CHECK(is_dense() && !is_phantom(), "only a dense tensor has bytes in order");
  return {buffer_->data() + static_cast<std::size_t>(offset_) * word_bytes(bits_),
          static_cast<std::size_t>(elements()) * word_bytes(bits_)};
}

MutableBytes Tensor::writable_bytes() {
  auto in = bytes();
  return {const_cast<std::byte*>(in.data()), in.size()};
}

Tensor Tensor::dense() const {
  if (is_dense()) return *this;
  if (is_phantom()) return phantom(bits_, shape_);
  Tensor out = uninitialised(bits_, shape_);
  with_ring(bits_, [&]<class R>(R) {
    using Word = typename R::Word;
    Word* to = out.writable<Word>();
    for_each_strided<Word>(*this, [&](const Word* from) { *to++ = *from; });
  });
  return out;
}

Tensor Tensor::view(Shape shape, std::vector<std::int64_t> strides, std::int64_t offset) const {
  Tensor out = *this;
  out.shape_ = std::move(shape);
  out.strides_ = std::move(strides);
  out.offset_ += offset;
  return out;
}

}  // namespace spud::ring
