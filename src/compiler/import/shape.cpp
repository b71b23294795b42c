// SPDX-License-Identifier: Apache-2.0
#include "compiler/import/shape.hpp"

namespace spud::compiler {
namespace {

Result<DType> import_dtype(hlo::PrimitiveType type) {
  switch (type) {
    case hlo::PRED:
      return DType::kPred;
    case hlo::S8:
      return DType::kS8;
    case hlo::S16:
      return DType::kS16;
    case hlo::S32:
      return DType::kS32;
    case hlo::S64:
      return DType::kS64;
    case hlo::U8:
      return DType::kU8;
    case hlo::U16:
      return DType::kU16;
    case hlo::U32:
      return DType::kU32;
    case hlo::U64:
      return DType::kU64;
    case hlo::F16:
      return DType::kF16;
    case hlo::BF16:
      return DType::kBF16;
    case hlo::F32:
      return DType::kF32;
    case hlo::F64:
      return DType::kF64;
    default:
      break;
  }
  std::string name =
      hlo::PrimitiveType_IsValid(type) ? hlo::PrimitiveType_Name(type) : "number " + std::to_string(type);
  return fail(ErrorCode::kUnsupported, "element type " + name, "",
              "one of PRED, S8 … S64, U8 … U64, F16, BF16, F32, F64");
}

}  // namespace

Result<HloShape> import_shape(const hlo::ShapeProto& shape) {
  HloShape out;
  if (shape.element_type() == hlo::TUPLE) {
    // Recursion ends where the parser's recursion limit ended the nesting of messages.
    out.is_tuple = true;
    out.leaves = 0;
    out.elements.reserve(static_cast<std::size_t>(shape.tuple_shapes_size()));
    for (const auto& element : shape.tuple_shapes()) {
      SPUD_ASSIGN(auto imported, import_shape(element));
      out.leaves += imported.leaves;
      out.elements.push_back(std::move(imported));
    }
    return out;
  }
  for (bool dynamic : shape.is_dynamic_dimension()) {
    if (dynamic) return fail(ErrorCode::kUnsupported, "a dimension of dynamic size", "", "static sizes");
  }
  SPUD_ASSIGN(out.array.dtype, import_dtype(shape.element_type()));
  out.array.shape.assign(shape.dimensions().begin(), shape.dimensions().end());
  SPUD_TRY(verify_shape(out.array.shape));
  return out;
}

}  // namespace spud::compiler
