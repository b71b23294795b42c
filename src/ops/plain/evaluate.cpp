// SPDX-License-Identifier: Apache-2.0
#include "ops/plain/evaluate.hpp"

#include "ops/plain/families.hpp"

namespace spud::ops::plain {
namespace {

Result<Literal> evaluate_one(Opcode opcode, const Attributes& attributes, std::span<const Literal> operands,
                             const TensorType& result) {
  auto operand = [&](std::size_t i) -> const Literal& {
    SPUD_CHECK(i < operands.size(), "an operation has all its operands");
    return operands[i];
  };
  switch (opcode) {
    case Opcode::kConstant:
      SPUD_CHECK(attributes.literal && attributes.literal->type() == result,
                 "a constant has the type of its result");
      return *attributes.literal;
    case Opcode::kIota:
      return iota(attributes.dimensions.at(0), result);
    case Opcode::kPrepare:
      return operand(0);
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
      return unary(opcode, operand(0), result);
    case Opcode::kConvert:
      return convert(operand(0), result);
    case Opcode::kIsFinite:
      return is_finite(operand(0), result);
    case Opcode::kBitcastConvert:
      return bitcast_convert(operand(0), result);
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
      return binary(opcode, operand(0), operand(1), result);
    case Opcode::kDivideByBroadcast:
      return binary(Opcode::kDivide, operand(0), broadcast(operand(1), attributes.dimensions, result),
                    result);
    case Opcode::kCompare:
      return compare(attributes.comparison, operand(0), operand(1), result);
    case Opcode::kSelect:
      return select(operand(0), operand(1), operand(2), result);
    case Opcode::kClamp:
      return clamp(operand(0), operand(1), operand(2), result);
    case Opcode::kBroadcast:
      return broadcast(operand(0), attributes.dimensions, result);
    case Opcode::kReshape:
      SPUD_CHECK(operand(0).dtype() == result.dtype, "a reshape keeps the element type");
      return operand(0).reshaped(result.shape);
    case Opcode::kTranspose:
      return transpose(operand(0), attributes.dimensions, result);
    case Opcode::kSlice:
      return slice(operand(0), attributes.start, attributes.stride, result);
    case Opcode::kConcatenate:
      return concatenate(operands, attributes.dimensions.at(0), result);
    case Opcode::kPad:
      return pad(operand(0), operand(1), attributes, result);
    case Opcode::kReverse:
      return reverse(operand(0), attributes.dimensions, result);
    case Opcode::kDynamicSlice:
      SPUD_CHECK(operands.size() >= 1, "a dynamic slice has an operand");
      return dynamic_slice(operand(0), operands.subspan(1), result);
    case Opcode::kDynamicUpdateSlice:
      SPUD_CHECK(operands.size() >= 2, "a dynamic update has an operand and an update");
      return dynamic_update_slice(operand(0), operand(1), operands.subspan(2), result);
    case Opcode::kWindows:
      return windows(operand(0), attributes, result);
    case Opcode::kTake:
      return take(operand(0), operand(1), result);
    case Opcode::kPut:
      return put(operand(0), operand(1), operand(2), attributes.reducer, result);
    case Opcode::kDot:
      return dot(operand(0), operand(1), attributes.dot, result);
    case Opcode::kReduce:
      return reduce(operand(0), operand(1), attributes.dimensions, attributes.reducer, result);
    case Opcode::kFirst:
    case Opcode::kSort:
    case Opcode::kWhile:
    case Opcode::kConditional:
      break;
  }
  SPUD_CHECK(false, "operations of several results are run by the virtual machine");
}

}  // namespace

Result<std::vector<Literal>> evaluate(Opcode opcode, const Attributes& attributes,
                                      std::span<const Literal> operands, const TensorType& result) {
  auto value = evaluate_one(opcode, attributes, operands, result);
  if (!value) return std::unexpected(std::move(value).error().in(to_string(opcode)));
  SPUD_CHECK(value->type() == result, "an evaluator makes the type it was asked for");
  std::vector<Literal> results;
  results.push_back(std::move(*value));
  return results;
}

}  // namespace spud::ops::plain
