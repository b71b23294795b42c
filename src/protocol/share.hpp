// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "base/shape.hpp"

namespace spud::protocol {

/// What a protocol keeps behind a share; its own business.
class ShareBody {
 public:
  virtual ~ShareBody() = default;
};

/// One party's part of a secret tensor over Z_2^k. Ring and shape are public, everything else is the
/// protocol's. There is no comparison, no conversion and no way to print one: a secret becomes public by an
/// opening only.
class Arith {
 public:
  Arith(unsigned ring_bits, Shape shape, std::shared_ptr<ShareBody> body)
      : ring_bits_(ring_bits), shape_(std::move(shape)), body_(std::move(body)) {}
  unsigned ring_bits() const { return ring_bits_; }
  const Shape& shape() const { return shape_; }
  const std::shared_ptr<ShareBody>& body() const { return body_; }
  bool operator==(const Arith&) const = delete;

 private:
  unsigned ring_bits_;
  Shape shape_;
  std::shared_ptr<ShareBody> body_;
};

/// One party's part of a secret tensor of bits.
class Boolean {
 public:
  Boolean(Shape shape, std::shared_ptr<ShareBody> body) : shape_(std::move(shape)), body_(std::move(body)) {}
  const Shape& shape() const { return shape_; }
  const std::shared_ptr<ShareBody>& body() const { return body_; }
  bool operator==(const Boolean&) const = delete;

 private:
  Shape shape_;
  std::shared_ptr<ShareBody> body_;
};

}  // namespace spud::protocol
