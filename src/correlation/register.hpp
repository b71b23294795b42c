// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>

#include "base/shape.hpp"
#include "ring/digit_table.hpp"

namespace spud::correlation {

/// What a register of the dealer's machine holds.
struct RegisterType {
  enum class Kind : std::uint8_t { kWords = 1, kBits = 2, kTables = 3, kPlaces = 4 };
  Kind kind = Kind::kWords;
  unsigned ring_bits = 64;  ///< of words
  Shape shape;
  ring::DigitLayout layout;  ///< of tables
};

using RegisterId = std::uint64_t;

/// A name for a value that the dealer knows and the parties do not: a mask, or something computed from masks.
/// Copies name the same register; when the last one dies, the run on shapes notes that the dealer may forget
/// the value.
class Register {
 public:
  Register() = default;
  Register(RegisterId id, RegisterType type, std::shared_ptr<void> keep)
      : id_(id), type_(std::make_shared<RegisterType>(std::move(type))), keep_(std::move(keep)) {}
  RegisterId id() const { return id_; }
  const RegisterType& type() const { return *type_; }
  const Shape& shape() const { return type_->shape; }

 private:
  RegisterId id_ = 0;
  std::shared_ptr<const RegisterType> type_;
  std::shared_ptr<void> keep_;
};

}  // namespace spud::correlation
