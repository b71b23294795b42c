// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstring>
#include <memory>
#include <vector>

#include "base/bytes.hpp"
#include "base/check.hpp"
#include "base/footprint.hpp"
#include "base/type.hpp"

namespace spud {

/// A public tensor in plain, dense row-major, little-endian elements of byte_width(dtype). Immutable once
/// built; copies share the bytes.
class Literal {
 public:
  Literal() : Literal(TensorType{DType::kF32, {0}}) {}
  /// All zeros.
  explicit Literal(TensorType type)
      : type_(std::move(type)),
        bytes_(held(Bytes(static_cast<std::size_t>(type_.elements()) * byte_width(type_.dtype)))) {}
  Literal(TensorType type, Bytes bytes) : type_(std::move(type)), bytes_(held(std::move(bytes))) {
    SPUD_CHECK(bytes_->size() == static_cast<std::size_t>(type_.elements()) * byte_width(type_.dtype),
               "a literal holds exactly its elements");
  }
  /// A scalar.
  template <class T>
  static Literal scalar(DType dtype, T value) {
    Literal out(TensorType{dtype, {}});
    out.writable<T>()[0] = value;
    return out;
  }

  const TensorType& type() const { return type_; }
  const Shape& shape() const { return type_.shape; }
  DType dtype() const { return type_.dtype; }
  std::int64_t elements() const { return type_.elements(); }
  ByteView bytes() const { return *bytes_; }
  /// Only while building, before the literal is shared.
  MutableBytes writable_bytes() { return *bytes_; }

  /// Elements as T; sizeof(T) must be the element's width. f16 and bf16 are read as uint16_t; pred as
  /// uint8_t.
  template <class T>
  std::span<const T> as() const {
    SPUD_CHECK(sizeof(T) == byte_width(type_.dtype), "read a literal at its own width");
    return {reinterpret_cast<const T*>(bytes_->data()), static_cast<std::size_t>(elements())};
  }
  /// Only while building, before the literal is shared.
  template <class T>
  std::span<T> writable() {
    SPUD_CHECK(sizeof(T) == byte_width(type_.dtype), "write a literal at its own width");
    return {reinterpret_cast<T*>(bytes_->data()), static_cast<std::size_t>(elements())};
  }
  /// The same elements under another shape of equal count.
  Literal reshaped(Shape shape) const {
    SPUD_CHECK(element_count(shape) == elements(), "a reshape keeps the element count");
    Literal out = *this;
    out.type_.shape = std::move(shape);
    return out;
  }

  /// One element as a double or 64-bit integer, whatever its type (floats are widened exactly).
  double float_at(std::int64_t i) const;
  std::int64_t int_at(std::int64_t i) const;  ///< integers and pred; u64 wraps
  void set_float(std::int64_t i,
                 double value);  ///< rounds to nearest even into the element's type; while building
  void set_int(std::int64_t i, std::int64_t value);  ///< wraps into the element's type; while building

 private:
  static std::shared_ptr<Bytes> held(Bytes bytes) {
    struct Held {
      explicit Held(Bytes b) : bytes(std::move(b)), footprint(bytes.size()) {}
      Bytes bytes;
      Footprint footprint;
    };
    auto held = std::make_shared<Held>(std::move(bytes));
    return {held, &held->bytes};
  }

  TensorType type_;
  std::shared_ptr<Bytes> bytes_;
};

/// IEEE half and bfloat16 to double and back (round to nearest even).
double half_to_double(std::uint16_t bits);
double bfloat_to_double(std::uint16_t bits);
std::uint16_t double_to_half(double value);
std::uint16_t double_to_bfloat(double value);

}  // namespace spud
