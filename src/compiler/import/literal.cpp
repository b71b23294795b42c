// SPDX-License-Identifier: Apache-2.0
#include "compiler/import/literal.hpp"

#include <cstring>

#include "compiler/import/shape.hpp"

namespace spud::compiler {
namespace {

/// Order of the stored elements: dimensions from the fastest to the slowest.
Result<std::vector<std::size_t>> stored_order(const hlo::ShapeProto& shape, std::size_t rank) {
  std::vector<std::size_t> order;
  if (shape.layout().minor_to_major_size() == 0) {
    for (std::size_t d = rank; d-- > 0;) order.push_back(d);
    return order;
  }
  std::vector<bool> seen(rank);
  for (auto d : shape.layout().minor_to_major()) {
    if (d < 0 || static_cast<std::size_t>(d) >= rank || seen[static_cast<std::size_t>(d)]) {
      return bad_input("the literal's layout names dimension " + std::to_string(d) + " wrongly", "",
                       "a permutation of its dimensions");
    }
    seen[static_cast<std::size_t>(d)] = true;
    order.push_back(static_cast<std::size_t>(d));
  }
  if (order.size() != rank) return bad_input("the literal's layout leaves out dimensions");
  return order;
}

/// Elements of `width` bytes from the stored order to row-major.
Bytes to_row_major(ByteView stored, const TensorType& type, const std::vector<std::size_t>& order) {
  const std::size_t width = byte_width(type.dtype), rank = type.shape.size();
  Bytes out(stored.begin(), stored.end());
  bool row_major = true;
  for (std::size_t i = 0; i < rank; ++i) row_major = row_major && order[i] == rank - 1 - i;
  if (row_major || stored.empty()) return out;

  const auto strides = dense_strides(type.shape);
  std::vector<std::int64_t> index(rank, 0);
  std::int64_t position = 0;
  for (std::size_t i = 0; i < stored.size(); i += width) {
    std::memcpy(out.data() + static_cast<std::size_t>(position) * width, stored.data() + i, width);
    for (std::size_t d : order) {
      position += strides[d];
      if (++index[d] < type.shape[d]) break;
      position -= index[d] * strides[d];
      index[d] = 0;
    }
  }
  return out;
}

template <class Element, class Field>
Bytes pack(const Field& field) {
  Bytes out(static_cast<std::size_t>(field.size()) * sizeof(Element));
  std::size_t at = 0;
  for (auto value : field) {
    auto element = static_cast<Element>(value);
    std::memcpy(out.data() + at, &element, sizeof element);
    at += sizeof element;
  }
  return out;
}

/// The stored elements in their own width. Sizes follow the file, so memory does too.
Bytes stored_elements(const hlo::LiteralProto& literal, DType dtype) {
  auto raw = [](const std::string& bytes) {
    auto view = as_bytes(bytes);
    return Bytes(view.begin(), view.end());
  };
  switch (dtype) {
    case DType::kPred:
      return pack<std::uint8_t>(literal.preds());
    case DType::kS8:
      return raw(literal.s8s());
    case DType::kU8:
      return raw(literal.u8s());
    case DType::kS16:
      return raw(literal.s16s());
    case DType::kU16:
      return raw(literal.u16s());
    case DType::kF16:
      return raw(literal.f16s());
    case DType::kBF16:
      return raw(literal.bf16s());
    case DType::kS32:
      return pack<std::int32_t>(literal.s32s());
    case DType::kU32:
      return pack<std::uint32_t>(literal.u32s());
    case DType::kS64:
      return pack<std::int64_t>(literal.s64s());
    case DType::kU64:
      return pack<std::uint64_t>(literal.u64s());
    case DType::kF32:
      return pack<float>(literal.f32s());
    case DType::kF64:
      return pack<double>(literal.f64s());
  }
  return {};
}

}  // namespace

Result<Literal> import_literal(const hlo::LiteralProto& literal, const TensorType& type) {
  SPUD_ASSIGN(auto shape, import_shape(literal.shape()));
  if (shape.is_tuple || shape.array != type) {
    return bad_input("the literal has type " + to_string(shape), "", to_string(type));
  }
  SPUD_ASSIGN(auto order, stored_order(literal.shape(), type.shape.size()));
  Bytes stored = stored_elements(literal, type.dtype);
  const std::size_t width = byte_width(type.dtype);
  if (stored.size() != static_cast<std::size_t>(type.elements()) * width) {
    return bad_input("the literal holds " + std::to_string(stored.size() / width) + " elements", "",
                     std::to_string(type.elements()) + " for " + to_string(type));
  }
  return Literal(type, to_row_major(stored, type, order));
}

}  // namespace spud::compiler
