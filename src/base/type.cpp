// SPDX-License-Identifier: Apache-2.0
#include "base/type.hpp"

#include <array>

#include "base/limits.hpp"

namespace spud {
namespace {

struct DTypeRow {
  DType dtype;
  const char* name;
  const char* numpy;
  unsigned bytes;
  char kind;  // p(red), s(igned), u(nsigned), f(loat)
};

constexpr std::array<DTypeRow, 13> kRows{{
    {DType::kPred, "pred", "bool", 1, 'p'},
    {DType::kS8, "s8", "int8", 1, 's'},
    {DType::kS16, "s16", "int16", 2, 's'},
    {DType::kS32, "s32", "int32", 4, 's'},
    {DType::kS64, "s64", "int64", 8, 's'},
    {DType::kU8, "u8", "uint8", 1, 'u'},
    {DType::kU16, "u16", "uint16", 2, 'u'},
    {DType::kU32, "u32", "uint32", 4, 'u'},
    {DType::kU64, "u64", "uint64", 8, 'u'},
    {DType::kF16, "f16", "float16", 2, 'f'},
    {DType::kBF16, "bf16", "bfloat16", 2, 'f'},
    {DType::kF32, "f32", "float32", 4, 'f'},
    {DType::kF64, "f64", "float64", 8, 'f'},
}};

const DTypeRow& row(DType dtype) {
  return kRows[static_cast<std::size_t>(dtype)];
}

}  // namespace

std::size_t byte_width(DType dtype) {
  return row(dtype).bytes;
}
unsigned bit_width(DType dtype) {
  return dtype == DType::kPred ? 1 : 8 * row(dtype).bytes;
}
bool is_float(DType dtype) {
  return row(dtype).kind == 'f';
}
bool is_integer(DType dtype) {
  return row(dtype).kind == 's' || row(dtype).kind == 'u';
}
bool is_signed(DType dtype) {
  return row(dtype).kind == 's';
}
bool is_unsigned(DType dtype) {
  return row(dtype).kind == 'u';
}
const char* to_string(DType dtype) {
  return row(dtype).name;
}
const char* numpy_name(DType dtype) {
  return row(dtype).numpy;
}

Result<DType> dtype_from_string(const std::string& name) {
  for (const auto& r : kRows) {
    if (name == r.name || name == r.numpy) return r.dtype;
  }
  return bad_input("unknown element type '" + name + "'", "",
                   "one of pred, s8 … s64, u8 … u64, f16, bf16, f32, f64");
}

std::vector<std::int64_t> dense_strides(const Shape& shape) {
  std::vector<std::int64_t> strides(shape.size());
  std::int64_t step = 1;
  for (std::size_t d = shape.size(); d-- > 0;) {
    strides[d] = step;
    step *= shape[d];
  }
  return strides;
}

std::string to_string(const Shape& shape) {
  std::string out = "[";
  for (std::size_t d = 0; d < shape.size(); ++d) out += (d ? "," : "") + std::to_string(shape[d]);
  return out + "]";
}

std::string to_string(const TensorType& type) {
  return to_string(type.dtype) + to_string(type.shape);
}

Status verify_shape(const Shape& shape) {
  if (shape.size() > limits::kTensorRank) {
    return bad_input("rank " + std::to_string(shape.size()), "",
                     "at most " + std::to_string(limits::kTensorRank));
  }
  std::int64_t count = 1;
  for (std::size_t d = 0; d < shape.size(); ++d) {
    if (shape[d] < 0) {
      return bad_input("dimension " + std::to_string(d) + " is " + std::to_string(shape[d]), "", "0 or more");
    }
    // A zero dimension makes the tensor empty, but the others must still be sane on their own.
    std::int64_t factor = shape[d] == 0 ? 1 : shape[d];
    if (count > limits::kElementsPerTensor / factor) {
      return bad_input("shape " + to_string(shape) + " has too many elements", "",
                       "at most " + std::to_string(limits::kElementsPerTensor));
    }
    count *= factor;
  }
  return {};
}

}  // namespace spud
