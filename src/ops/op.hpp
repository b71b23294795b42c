// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/literal.hpp"

namespace spud::ops {

/// Operations of the SPU IR. Semantics are XLA's unless a comment says otherwise. Numbers are part of the
/// plan's digest and of schemas/plan.capnp: never reuse one.
enum class Opcode : std::uint16_t {
  kConstant = 1,  ///< attributes.literal
  kIota = 2,      ///< counts along attributes.dimensions[0]
  // Element-wise, one operand.
  kNegate = 10,
  kAbs = 11,
  kSign = 12,
  kNot = 13,
  kExp = 14,
  kLog = 15,
  kSqrt = 16,
  kRsqrt = 17,
  kTanh = 18,
  kLogistic = 19,
  kFloor = 20,
  kCeil = 21,
  kConvert = 22,     ///< to attributes.dtype
  kReciprocal = 23,  ///< made by passes from 1 / x
  kExpm1 = 24,
  kLog1p = 25,
  kPrepare = 26,  ///< the operand, whose products and comparisons, and those of its slices, open nothing more
  kErf = 27,
  kCbrt = 28,
  kSin = 29,
  kCos = 30,
  kTan = 31,
  kRoundNearestAfz = 32,   ///< halves away from zero
  kRoundNearestEven = 33,  ///< halves to even
  kIsFinite = 34,          ///< result pred
  kPopcnt = 35,
  kClz = 36,  ///< of an integer in its own width
  kBitcastConvert =
      37,      ///< to attributes.dtype: where widths differ, the narrower has the bytes in a last dimension
  kGelu = 38,  ///< x·Φ(x); made by passes, as the next
  kGeluByTanh = 39,  ///< x/2·(1 + tanh(√(2/π)·(x + 0.044715·x³)))
  // Element-wise, two operands of one type.
  kAdd = 40,
  kSubtract = 41,
  kMultiply = 42,
  kDivide = 43,
  kMaximum = 44,
  kMinimum = 45,
  kAnd = 46,
  kOr = 47,
  kXor = 48,
  kCompare = 49,  ///< attributes.comparison; result pred
  kRemainder = 50,
  kPower = 51,
  kAtan2 = 52,
  kShiftLeft = 53,             ///< from the width on nothing is left
  kShiftRightLogical = 54,     ///< the same
  kShiftRightArithmetic = 55,  ///< from the width on the sign is left
  kDivideByBroadcast = 59,     ///< floats; by operand 1, dimension i of which is dimension
                               ///< attributes.dimensions[i] of operand 0; made by passes
  // Element-wise, three operands.
  kSelect = 60,  ///< pred, on true, on false; pred may be a scalar
  kClamp = 61,   ///< low, x, high; bounds may be scalars
  // Shape.
  kBroadcast = 80,  ///< operand dimension i becomes result dimension attributes.dimensions[i]; result shape
                    ///< is the type's
  kReshape = 81,
  kTranspose = 82,           ///< result dimension i is operand dimension attributes.dimensions[i]
  kSlice = 83,               ///< attributes.start, limit, stride
  kConcatenate = 84,         ///< along attributes.dimensions[0]
  kPad = 85,                 ///< operand, padding value; attributes.low, high (may be negative), interior
  kReverse = 86,             ///< attributes.dimensions
  kDynamicSlice = 87,        ///< operand, one scalar start an axis; attributes.sizes; starts are clamped
  kDynamicUpdateSlice = 88,  ///< operand, update, one scalar start an axis; starts are clamped
  kWindows = 89,  ///< all places of a window of attributes.sizes, stride, interior (between its elements):
                  ///< [places…, window…]
  kTake = 90,     ///< [b, n, w] and row numbers [b, m] from 0 to n − 1: those rows, [b, m, w]
  kPut = 91,  ///< [b, n, w], row numbers [b, m], updates [b, m, w]: attributes.reducer of each such row and
              ///< its updates, in order; where the number is n, or a public one outside of 0 … n − 1, an
              ///< update is left out
  // Linear algebra and reductions.
  kDot = 100,     ///< attributes.dot
  kReduce = 101,  ///< operand, initial value; attributes.dimensions, reducer
  kFirst = 103,  ///< [n, w]: of each column the largest (attributes.stride −1) or smallest (1) and, as s32,
                 ///< its row, of equals the first; n is 1 or more
  kSort = 102,  ///< any number of [b, n]: in each of b lists n rows are ordered, stably, by the operands that
                ///< attributes.dimensions name, the first one first, each ascending or descending as
                ///< attributes.stride says (1, −1); of each operand the first attributes.sizes[0] rows are a
                ///< result
  // Control; regions as their comments say.
  kWhile = 120,        ///< operands and results are the carried values; regions: condition (one pred), body
  kConditional = 121,  ///< operand 0: s32 index (out of range: last branch); the rest feed every region alike
};

/// "add", "dynamic-slice": XLA's spelling.
const char* to_string(Opcode opcode);
/// nullopt unless `number` is one of the enumeration's: for bytes that come from elsewhere.
std::optional<Opcode> opcode_from_number(std::uint16_t number);

/// The last six are for floats: −NaN < −∞ < … < −0 < 0 < … < ∞ < NaN. Secret floats are never NaN and have
/// one zero, so that only public ones are compared like that.
enum class Comparison : std::uint8_t {
  kEq,
  kNe,
  kGe,
  kGt,
  kLe,
  kLt,
  kTotalEq,
  kTotalNe,
  kTotalGe,
  kTotalGt,
  kTotalLe,
  kTotalLt
};
const char* to_string(Comparison comparison);
Comparison total_order(Comparison comparison);  ///< of one of the first six
Comparison usual_order(Comparison comparison);  ///< without "total"

/// Reducers that have a kernel of their own. The last is for kPut: the latest update replaces what was there.
enum class Reducer : std::uint8_t { kAdd, kMultiply, kMaximum, kMinimum, kAnd, kOr, kLast };
const char* to_string(Reducer reducer);
/// The operation of two operands that a reducer is made of; nullopt for kLast.
std::optional<Opcode> combining_opcode(Reducer reducer);

/// Dimension numbers of dot_general: result dimensions are batch, then free of lhs, then free of rhs.
struct DotDimensions {
  std::vector<std::int64_t> lhs_contracting{}, rhs_contracting{}, lhs_batch{}, rhs_batch{};
  bool operator==(const DotDimensions&) const = default;
};

/// What an operation needs beyond its operands and its result type. Only the fields its opcode names are set.
struct Attributes {
  std::vector<std::int64_t> dimensions{};
  std::vector<std::int64_t> start{}, limit{}, stride{};
  std::vector<std::int64_t> low{}, high{}, interior{};
  std::vector<std::int64_t> sizes{};
  DotDimensions dot{};
  Comparison comparison = Comparison::kEq;
  Reducer reducer = Reducer::kAdd;
  DType dtype = DType::kF32;
  std::optional<Literal> literal{};
};

}  // namespace spud::ops
