// SPDX-License-Identifier: Apache-2.0
#include "ir/row_types.hpp"

namespace spud::ir {
namespace {

Status check_rows(const TensorType& rows, const TensorType& numbers) {
  if (rows.shape.size() != 3) return bad_input("operand 0 has type " + to_string(rows), "", "rank 3");
  const bool fits =
      numbers.shape.size() == 2 && numbers.shape[0] == rows.shape[0] && is_integer(numbers.dtype);
  if (fits) return {};
  return bad_input("row numbers have type " + to_string(numbers), "",
                   "integers [" + std::to_string(rows.shape[0]) + ", m]");
}

Status expect(const char* role, const TensorType& got, const TensorType& expected) {
  if (got == expected) return {};
  return bad_input(std::string(role) + " has type " + to_string(got), "", to_string(expected));
}

TensorType taken(const TensorType& rows, const TensorType& numbers) {
  return {rows.dtype, {rows.shape[0], numbers.shape[1], rows.shape[2]}};
}

}  // namespace

Status check_take(std::span<const TensorType> operands, const TensorType& result) {
  SPUD_TRY(check_rows(operands[0], operands[1]));
  if (operands[0].shape[1] == 0 && operands[1].elements() > 0) return bad_input("rows are taken of none");
  return expect("result", result, taken(operands[0], operands[1]));
}

Status check_put(ops::Reducer reducer, std::span<const TensorType> operands, const TensorType& result) {
  SPUD_TRY(check_rows(operands[0], operands[1]));
  SPUD_TRY(expect("updates", operands[2], taken(operands[0], operands[1])));
  const bool is_logical = reducer == ops::Reducer::kAnd || reducer == ops::Reducer::kOr;
  const bool fits = reducer == ops::Reducer::kLast ||
                    (operands[0].dtype == DType::kPred ? is_logical : !is_logical || !is_float(result.dtype));
  if (!fits) return bad_input(std::string("put by ") + to_string(reducer) + " of " + to_string(result.dtype));
  return expect("result", result, operands[0]);
}

Status check_first(const ops::Attributes& attributes, std::span<const TensorType> operands,
                   std::span<const TensorType> results) {
  if (operands.size() != 1 || results.size() != 2 || operands[0].shape.size() != 2 ||
      operands[0].shape[0] < 1 || operands[0].dtype == DType::kPred) {
    return bad_input(
        std::to_string(operands.size()) + " operands and " + std::to_string(results.size()) + " results", "",
        "numbers of rank 2, a row at least, and two results");
  }
  const bool fits =
      attributes.stride.size() == 1 && (attributes.stride[0] == 1 || attributes.stride[0] == -1);
  if (!fits) return bad_input("directions " + to_string(attributes.stride), "", "1 or -1");
  const Shape shape{operands[0].shape[1]};
  SPUD_TRY(expect("result", results[0], {operands[0].dtype, shape}));
  return expect("result", results[1], {DType::kS32, shape});
}

Status check_sort(const ops::Attributes& attributes, std::span<const TensorType> operands,
                  std::span<const TensorType> results) {
  if (operands.empty() || results.size() != operands.size() || operands[0].shape.size() != 2) {
    return bad_input(
        std::to_string(operands.size()) + " operands and " + std::to_string(results.size()) + " results", "",
        "as many, one at least, of rank 2");
  }
  const Shape& shape = operands[0].shape;
  if (attributes.sizes.size() != 1 || attributes.sizes[0] < 0 || attributes.sizes[0] > shape[1]) {
    return bad_input("rows kept are " + to_string(attributes.sizes), "",
                     "at most " + std::to_string(shape[1]));
  }
  for (std::size_t i = 0; i < operands.size(); ++i) {
    if (operands[i].shape != shape) {
      return bad_input("operand " + std::to_string(i) + " has type " + to_string(operands[i]), "",
                       to_string(shape));
    }
    SPUD_TRY(expect("result", results[i], {operands[i].dtype, {shape[0], attributes.sizes[0]}}));
  }
  bool fits = !attributes.dimensions.empty() && attributes.dimensions.size() == attributes.stride.size();
  for (std::size_t k = 0; fits && k < attributes.dimensions.size(); ++k) {
    fits = attributes.dimensions[k] >= 0 &&
           attributes.dimensions[k] < static_cast<std::int64_t>(operands.size()) &&
           (attributes.stride[k] == 1 || attributes.stride[k] == -1);
  }
  if (fits) return {};
  return bad_input(
      "keys are " + to_string(attributes.dimensions) + ", directions " + to_string(attributes.stride), "",
      "operands, and 1 or -1 for each");
}

}  // namespace spud::ir
