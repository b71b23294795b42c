// SPDX-License-Identifier: Apache-2.0
#include "ops/op.hpp"

#include <array>

#include "base/check.hpp"

namespace spud::ops {
namespace {

struct OpcodeRow {
  Opcode opcode;
  const char* name;
};

constexpr std::array<OpcodeRow, 69> kRows{{
    {Opcode::kConstant, "constant"},
    {Opcode::kIota, "iota"},
    {Opcode::kNegate, "negate"},
    {Opcode::kAbs, "abs"},
    {Opcode::kSign, "sign"},
    {Opcode::kNot, "not"},
    {Opcode::kExp, "exponential"},
    {Opcode::kLog, "log"},
    {Opcode::kSqrt, "sqrt"},
    {Opcode::kRsqrt, "rsqrt"},
    {Opcode::kTanh, "tanh"},
    {Opcode::kLogistic, "logistic"},
    {Opcode::kFloor, "floor"},
    {Opcode::kCeil, "ceil"},
    {Opcode::kConvert, "convert"},
    {Opcode::kReciprocal, "reciprocal"},
    {Opcode::kExpm1, "exponential-minus-one"},
    {Opcode::kLog1p, "log-plus-one"},
    {Opcode::kPrepare, "prepare"},
    {Opcode::kErf, "erf"},
    {Opcode::kGelu, "gelu"},
    {Opcode::kGeluByTanh, "gelu-by-tanh"},
    {Opcode::kDivideByBroadcast, "divide-by-broadcast"},
    {Opcode::kCbrt, "cbrt"},
    {Opcode::kSin, "sine"},
    {Opcode::kCos, "cosine"},
    {Opcode::kTan, "tan"},
    {Opcode::kRoundNearestAfz, "round-nearest-afz"},
    {Opcode::kRoundNearestEven, "round-nearest-even"},
    {Opcode::kIsFinite, "is-finite"},
    {Opcode::kPopcnt, "popcnt"},
    {Opcode::kClz, "count-leading-zeros"},
    {Opcode::kBitcastConvert, "bitcast-convert"},
    {Opcode::kAdd, "add"},
    {Opcode::kSubtract, "subtract"},
    {Opcode::kMultiply, "multiply"},
    {Opcode::kDivide, "divide"},
    {Opcode::kMaximum, "maximum"},
    {Opcode::kMinimum, "minimum"},
    {Opcode::kAnd, "and"},
    {Opcode::kOr, "or"},
    {Opcode::kXor, "xor"},
    {Opcode::kCompare, "compare"},
    {Opcode::kRemainder, "remainder"},
    {Opcode::kPower, "power"},
    {Opcode::kAtan2, "atan2"},
    {Opcode::kShiftLeft, "shift-left"},
    {Opcode::kShiftRightLogical, "shift-right-logical"},
    {Opcode::kShiftRightArithmetic, "shift-right-arithmetic"},
    {Opcode::kSelect, "select"},
    {Opcode::kClamp, "clamp"},
    {Opcode::kBroadcast, "broadcast"},
    {Opcode::kReshape, "reshape"},
    {Opcode::kTranspose, "transpose"},
    {Opcode::kSlice, "slice"},
    {Opcode::kConcatenate, "concatenate"},
    {Opcode::kPad, "pad"},
    {Opcode::kReverse, "reverse"},
    {Opcode::kDynamicSlice, "dynamic-slice"},
    {Opcode::kDynamicUpdateSlice, "dynamic-update-slice"},
    {Opcode::kWindows, "windows"},
    {Opcode::kTake, "take"},
    {Opcode::kPut, "put"},
    {Opcode::kDot, "dot"},
    {Opcode::kReduce, "reduce"},
    {Opcode::kFirst, "first"},
    {Opcode::kSort, "sort"},
    {Opcode::kWhile, "while"},
    {Opcode::kConditional, "conditional"},
}};

}  // namespace

const char* to_string(Opcode opcode) {
  for (const auto& row : kRows) {
    if (row.opcode == opcode) return row.name;
  }
  SPUD_CHECK(false, "every opcode has a name");
}

std::optional<Opcode> opcode_from_number(std::uint16_t number) {
  auto opcode = static_cast<Opcode>(number);
  for (const auto& row : kRows) {
    if (row.opcode == opcode) return opcode;
  }
  return std::nullopt;
}

const char* to_string(Comparison comparison) {
  constexpr std::array kNames{"EQ",       "NE",       "GE",       "GT",       "LE",       "LT",
                              "TOTAL-EQ", "TOTAL-NE", "TOTAL-GE", "TOTAL-GT", "TOTAL-LE", "TOTAL-LT"};
  const auto number = static_cast<std::size_t>(comparison);
  SPUD_CHECK(number < kNames.size(), "every comparison has a name");
  return kNames[number];
}

Comparison total_order(Comparison comparison) {
  SPUD_CHECK(comparison <= Comparison::kLt, "the usual orders come first");
  return static_cast<Comparison>(static_cast<unsigned>(comparison) +
                                 static_cast<unsigned>(Comparison::kTotalEq));
}

Comparison usual_order(Comparison comparison) {
  if (comparison <= Comparison::kLt) return comparison;
  return static_cast<Comparison>(static_cast<unsigned>(comparison) -
                                 static_cast<unsigned>(Comparison::kTotalEq));
}

const char* to_string(Reducer reducer) {
  switch (reducer) {
    case Reducer::kAdd:
      return "add";
    case Reducer::kMultiply:
      return "multiply";
    case Reducer::kMaximum:
      return "maximum";
    case Reducer::kMinimum:
      return "minimum";
    case Reducer::kAnd:
      return "and";
    case Reducer::kOr:
      return "or";
    case Reducer::kLast:
      return "last";
  }
  SPUD_CHECK(false, "every reducer has a name");
}

std::optional<Opcode> combining_opcode(Reducer reducer) {
  switch (reducer) {
    case Reducer::kAdd:
      return Opcode::kAdd;
    case Reducer::kMultiply:
      return Opcode::kMultiply;
    case Reducer::kMaximum:
      return Opcode::kMaximum;
    case Reducer::kMinimum:
      return Opcode::kMinimum;
    case Reducer::kAnd:
      return Opcode::kAnd;
    case Reducer::kOr:
      return Opcode::kOr;
    case Reducer::kLast:
      return std::nullopt;
  }
  SPUD_CHECK(false, "every reducer combines or replaces");
}

}  // namespace spud::ops
