// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "base/error.hpp"
#include "base/shape.hpp"

namespace spud {

/// Element types as programs name them. How a secret of a type is held is decided by alu.
enum class DType { kPred, kS8, kS16, kS32, kS64, kU8, kU16, kU32, kU64, kF16, kBF16, kF32, kF64 };

std::size_t byte_width(DType dtype);  ///< of a plain element; pred takes one byte, 0 or 1
unsigned bit_width(DType dtype);      ///< 1 for pred
bool is_float(DType dtype);
bool is_integer(DType dtype);         ///< pred is neither
bool is_signed(DType dtype);          ///< of integers
bool is_unsigned(DType dtype);        ///< an integer without sign
const char* to_string(DType dtype);   ///< XLA's short names: "pred", "s32", "f32"
const char* numpy_name(DType dtype);  ///< "bool", "int32", "float32"; bf16 has none: "bfloat16"
Result<DType> dtype_from_string(const std::string& name);  ///< either spelling

/// Type of a plain tensor.
struct TensorType {
  DType dtype = DType::kF32;
  Shape shape;
  bool operator==(const TensorType&) const = default;
  std::int64_t elements() const { return element_count(shape); }
};

/// "f32[2,3]"
std::string to_string(const TensorType& type);

/// Dimensions not negative, rank and element count within limits. Checked before anything is allocated.
Status verify_shape(const Shape& shape);

}  // namespace spud
