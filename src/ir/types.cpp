// SPDX-License-Identifier: Apache-2.0
#include "ir/types.hpp"

#include <vector>

#include "base/limits.hpp"
#include "ir/dot_types.hpp"
#include "ir/row_types.hpp"
#include "ir/shape_types.hpp"
#include "ir/window_types.hpp"

namespace spud::ir {
namespace {

using ops::Opcode;

Status expect_operands(std::span<const TensorType> operands, std::size_t count) {
  if (operands.size() == count) return {};
  return bad_input(std::to_string(operands.size()) + " operands", "", std::to_string(count));
}

Status expect_type(const char* role, const TensorType& got, const TensorType& expected) {
  if (got == expected) return {};
  return bad_input(std::string(role) + " has type " + to_string(got), "", to_string(expected));
}

Status expect_element(const TensorType& got, bool fits, const char* expected) {
  if (fits) return {};
  return bad_input(std::string("element type ") + to_string(got.dtype), "", expected);
}

Status check_unary(Opcode opcode, std::span<const TensorType> operands, const TensorType& result) {
  SPUD_TRY(expect_operands(operands, 1));
  SPUD_TRY(expect_type("result", result, operands[0]));
  DType dtype = result.dtype;
  switch (opcode) {
    case Opcode::kNegate:
    case Opcode::kAbs:
    case Opcode::kSign:
    case Opcode::kPrepare:
      return expect_element(result, dtype != DType::kPred, "an integer or float");
    case Opcode::kNot:
      return expect_element(result, !is_float(dtype), "pred or an integer");
    case Opcode::kPopcnt:
    case Opcode::kClz:
      return expect_element(result, !is_float(dtype) && dtype != DType::kPred, "an integer");
    default:
      return expect_element(result, is_float(dtype), "a float");
  }
}

Status check_divide_by_broadcast(const ops::Attributes& attributes, std::span<const TensorType> operands,
                                 const TensorType& result) {
  SPUD_TRY(expect_operands(operands, 2));
  SPUD_TRY(expect_type("result", result, operands[0]));
  SPUD_TRY(expect_element(result, is_float(result.dtype), "a float"));
  return check_shape_operation(Opcode::kBroadcast, attributes, operands.subspan(1), result);
}

Status check_binary(Opcode opcode, std::span<const TensorType> operands, const TensorType& result) {
  SPUD_TRY(expect_operands(operands, 2));
  SPUD_TRY(expect_type("operand 1", operands[1], operands[0]));
  SPUD_TRY(expect_type("result", result, operands[0]));
  switch (opcode) {
    case Opcode::kAnd:
    case Opcode::kOr:
    case Opcode::kXor:
      return expect_element(result, !is_float(result.dtype), "pred or an integer");
    case Opcode::kShiftLeft:
    case Opcode::kShiftRightLogical:
    case Opcode::kShiftRightArithmetic:
      return expect_element(result, !is_float(result.dtype) && result.dtype != DType::kPred, "an integer");
    case Opcode::kAtan2:
      return expect_element(result, is_float(result.dtype), "a float");
    default:
      return expect_element(result, result.dtype != DType::kPred, "an integer or float");
  }
}

Status check_compare(std::span<const TensorType> operands, const TensorType& result) {
  SPUD_TRY(expect_operands(operands, 2));
  SPUD_TRY(expect_type("operand 1", operands[1], operands[0]));
  return expect_type("result", result, TensorType{DType::kPred, operands[0].shape});
}

Status check_select(std::span<const TensorType> operands, const TensorType& result) {
  SPUD_TRY(expect_operands(operands, 3));
  if (operands[0].dtype != DType::kPred ||
      (!operands[0].shape.empty() && operands[0].shape != result.shape)) {
    return bad_input("predicate has type " + to_string(operands[0]), "",
                     "pred[] or " + to_string(TensorType{DType::kPred, result.shape}));
  }
  SPUD_TRY(expect_type("operand 1", operands[1], result));
  return expect_type("operand 2", operands[2], result);
}

Status check_clamp(std::span<const TensorType> operands, const TensorType& result) {
  SPUD_TRY(expect_operands(operands, 3));
  SPUD_TRY(expect_type("operand 1", operands[1], result));
  for (std::size_t bound : {0, 2}) {
    const auto& type = operands[bound];
    if (type != result && type != TensorType{result.dtype, {}}) {
      return bad_input("bound has type " + to_string(type), "", to_string(result) + " or a scalar of it");
    }
  }
  return expect_element(result, result.dtype != DType::kPred, "an integer or float");
}

Status check_constant(const ops::Attributes& attributes, std::span<const TensorType> operands,
                      const TensorType& result) {
  SPUD_TRY(expect_operands(operands, 0));
  if (!attributes.literal) return bad_input("constant without a literal");
  return expect_type("result", result, attributes.literal->type());
}

Status check_is_finite(std::span<const TensorType> operands, const TensorType& result) {
  SPUD_TRY(expect_operands(operands, 1));
  SPUD_TRY(expect_element(operands[0], is_float(operands[0].dtype), "a float"));
  return expect_type("result", result, TensorType{DType::kPred, operands[0].shape});
}

/// Between widths w·n and w, the narrower type has a last dimension of n.
Status check_bitcast(const ops::Attributes& attributes, std::span<const TensorType> operands,
                     const TensorType& result) {
  SPUD_TRY(expect_operands(operands, 1));
  const auto& x = operands[0];
  const bool has_pred = x.dtype == DType::kPred || attributes.dtype == DType::kPred;
  SPUD_TRY(expect_element(x, !has_pred || x.dtype == attributes.dtype, "numbers to numbers"));
  const auto from = static_cast<std::int64_t>(byte_width(x.dtype));
  const auto to = static_cast<std::int64_t>(byte_width(attributes.dtype));
  TensorType expected{attributes.dtype, x.shape};
  if (from > to) expected.shape.push_back(from / to);
  if (from < to) {
    if (x.shape.empty() || x.shape.back() != to / from) {
      return bad_input("operand has type " + to_string(x), "",
                       "a last dimension of " + std::to_string(to / from));
    }
    expected.shape.pop_back();
  }
  return expect_type("result", result, expected);
}

Status check_convert(const ops::Attributes& attributes, std::span<const TensorType> operands,
                     const TensorType& result) {
  SPUD_TRY(expect_operands(operands, 1));
  return expect_type("result", result, TensorType{attributes.dtype, operands[0].shape});
}

}  // namespace

Status check_types(Opcode opcode, const ops::Attributes& attributes, std::span<const TensorType> operands,
                   const TensorType& result) {
  switch (opcode) {
    case Opcode::kConstant:
      return check_constant(attributes, operands, result);
    case Opcode::kNegate:
    case Opcode::kAbs:
    case Opcode::kSign:
    case Opcode::kNot:
    case Opcode::kExp:
    case Opcode::kLog:
    case Opcode::kSqrt:
    case Opcode::kRsqrt:
    case Opcode::kTanh:
    case Opcode::kLogistic:
    case Opcode::kFloor:
    case Opcode::kCeil:
    case Opcode::kReciprocal:
    case Opcode::kExpm1:
    case Opcode::kLog1p:
    case Opcode::kPrepare:
    case Opcode::kErf:
    case Opcode::kGelu:
    case Opcode::kGeluByTanh:
    case Opcode::kCbrt:
    case Opcode::kSin:
    case Opcode::kCos:
    case Opcode::kTan:
    case Opcode::kRoundNearestAfz:
    case Opcode::kRoundNearestEven:
    case Opcode::kPopcnt:
    case Opcode::kClz:
      return check_unary(opcode, operands, result);
    case Opcode::kConvert:
      return check_convert(attributes, operands, result);
    case Opcode::kBitcastConvert:
      return check_bitcast(attributes, operands, result);
    case Opcode::kIsFinite:
      return check_is_finite(operands, result);
    case Opcode::kAdd:
    case Opcode::kSubtract:
    case Opcode::kMultiply:
    case Opcode::kDivide:
    case Opcode::kMaximum:
    case Opcode::kMinimum:
    case Opcode::kAnd:
    case Opcode::kOr:
    case Opcode::kXor:
    case Opcode::kRemainder:
    case Opcode::kPower:
    case Opcode::kAtan2:
    case Opcode::kShiftLeft:
    case Opcode::kShiftRightLogical:
    case Opcode::kShiftRightArithmetic:
      return check_binary(opcode, operands, result);
    case Opcode::kDivideByBroadcast:
      return check_divide_by_broadcast(attributes, operands, result);
    case Opcode::kCompare:
      if (!operands.empty() && !is_float(operands[0].dtype) &&
          attributes.comparison != ops::usual_order(attributes.comparison)) {
        return bad_input("a total order of " + to_string(operands[0]), "", "of floats");
      }
      return check_compare(operands, result);
    case Opcode::kSelect:
      return check_select(operands, result);
    case Opcode::kClamp:
      return check_clamp(operands, result);
    case Opcode::kIota:
    case Opcode::kBroadcast:
    case Opcode::kReshape:
    case Opcode::kTranspose:
    case Opcode::kSlice:
    case Opcode::kConcatenate:
    case Opcode::kPad:
    case Opcode::kReverse:
    case Opcode::kDynamicSlice:
    case Opcode::kDynamicUpdateSlice:
      return check_shape_operation(opcode, attributes, operands, result);
    case Opcode::kWindows:
      SPUD_TRY(expect_operands(operands, 1));
      return check_windows(attributes, operands[0], result);
    case Opcode::kTake:
      SPUD_TRY(expect_operands(operands, 2));
      return check_take(operands, result);
    case Opcode::kPut:
      SPUD_TRY(expect_operands(operands, 3));
      return check_put(attributes.reducer, operands, result);
    case Opcode::kDot:
      return check_dot(attributes.dot, operands, result);
    case Opcode::kReduce:
      return check_reduce(attributes, operands, result);
    case Opcode::kFirst:
    case Opcode::kSort:
    case Opcode::kWhile:
    case Opcode::kConditional:
      break;
  }
  return fail(ErrorCode::kInternal, "operations of several results are checked elsewhere");
}

Status check_attributes(Opcode opcode, const ops::Attributes& attributes) {
  ops::Attributes rest = attributes;
  switch (opcode) {
    case Opcode::kConstant:
      rest.literal.reset();
      break;
    case Opcode::kReduce:
      rest.reducer = {};
      [[fallthrough]];
    case Opcode::kIota:
    case Opcode::kBroadcast:
    case Opcode::kTranspose:
    case Opcode::kConcatenate:
    case Opcode::kReverse:
    case Opcode::kDivideByBroadcast:
      rest.dimensions.clear();
      break;
    case Opcode::kSlice:
      rest.start.clear();
      rest.limit.clear();
      rest.stride.clear();
      break;
    case Opcode::kPad:
      rest.low.clear();
      rest.high.clear();
      rest.interior.clear();
      break;
    case Opcode::kWindows:
      rest.sizes.clear();
      rest.stride.clear();
      rest.interior.clear();
      break;
    case Opcode::kFirst:
      rest.stride.clear();
      break;
    case Opcode::kSort:
      rest.dimensions.clear();
      rest.stride.clear();
      rest.sizes.clear();
      break;
    case Opcode::kPut:
      rest.reducer = {};
      break;
    case Opcode::kDynamicSlice:
      rest.sizes.clear();
      break;
    case Opcode::kDot:
      rest.dot = {};
      break;
    case Opcode::kCompare:
      rest.comparison = {};
      break;
    case Opcode::kConvert:
    case Opcode::kBitcastConvert:
      rest.dtype = ops::Attributes{}.dtype;
      break;
    default:
      break;
  }
  const ops::Attributes none;
  bool empty = rest.dimensions.empty() && rest.start.empty() && rest.limit.empty() && rest.stride.empty() &&
               rest.low.empty() && rest.high.empty() && rest.interior.empty() && rest.sizes.empty() &&
               rest.dot == none.dot && rest.comparison == none.comparison && rest.reducer == none.reducer &&
               rest.dtype == none.dtype && !rest.literal;
  if (!empty) return bad_input("attributes that the operation does not have");
  return {};
}

}  // namespace spud::ir
