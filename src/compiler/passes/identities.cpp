// SPDX-License-Identifier: Apache-2.0
#include "compiler/passes/identities.hpp"

#include <algorithm>
#include <limits>

#include "compiler/passes/constants.hpp"
#include "compiler/passes/rewrite.hpp"

namespace spud::compiler {
namespace {

using ir::Instruction;
using ir::RegionBuilder;
using ir::ValueId;
using ir::ValueInfo;
using ops::Opcode;

bool counts_up(const std::vector<std::int64_t>& dimensions) {
  for (std::size_t d = 0; d < dimensions.size(); ++d) {
    if (dimensions[d] != static_cast<std::int64_t>(d)) return false;
  }
  return true;
}

bool all_zero(const std::vector<std::int64_t>& list) {
  return std::all_of(list.begin(), list.end(), [](std::int64_t n) { return n == 0; });
}

/// Whether an operation that moves elements leaves them where they are, given that the result has the
/// operand's type.
bool moves_nothing(const Instruction& instruction, const Shape& shape) {
  const auto& a = instruction.attributes;
  switch (instruction.opcode) {
    case Opcode::kReshape:
    case Opcode::kConvert:
      return true;
    case Opcode::kSlice:
      return true;  // a stride of more than 1 would shorten, unless a dimension has size 0 or 1
    case Opcode::kBroadcast:
    case Opcode::kTranspose:
      return counts_up(a.dimensions);
    case Opcode::kConcatenate:
      return instruction.operands.size() == 1;
    case Opcode::kDynamicSlice:
      return true;  // starts are clamped to 0
    case Opcode::kPad:
      return all_zero(a.low) && all_zero(a.high) && all_zero(a.interior);
    case Opcode::kReverse:
      return std::all_of(a.dimensions.begin(), a.dimensions.end(),
                         [&](std::int64_t d) { return shape[static_cast<std::size_t>(d)] <= 1; });
    default:
      return false;
  }
}

constexpr double kInfinity = std::numeric_limits<double>::infinity();

/// x op neutral = x.
std::optional<ValueId> neutral_operand(const RegionBuilder& builder, const Instruction& instruction) {
  if (instruction.operands.size() != 2) return std::nullopt;
  ValueId x = instruction.operands[0], y = instruction.operands[1];
  switch (instruction.opcode) {
    case Opcode::kAdd:
      if (is_splat_of(builder, x, 0)) return y;
      [[fallthrough]];
    case Opcode::kSubtract:
      if (is_splat_of(builder, y, 0)) return x;
      break;
    case Opcode::kMultiply:
      if (is_splat_of(builder, x, 1)) return y;
      [[fallthrough]];
    case Opcode::kDivide:
      if (is_splat_of(builder, y, 1)) return x;
      break;
    case Opcode::kMaximum:
      if (is_splat_of(builder, x, -kInfinity) || x == y) return y;
      if (is_splat_of(builder, y, -kInfinity)) return x;
      break;
    case Opcode::kMinimum:
      if (is_splat_of(builder, x, kInfinity) || x == y) return y;
      if (is_splat_of(builder, y, kInfinity)) return x;
      break;
    case Opcode::kAnd:
    case Opcode::kOr:
      if (x == y) return x;
      break;
    default:
      break;
  }
  return std::nullopt;
}

bool is_neutral(const RegionBuilder& builder, ops::Reducer reducer, ValueId initial) {
  switch (reducer) {
    case ops::Reducer::kAdd:
      return is_splat_of(builder, initial, 0);
    case ops::Reducer::kMultiply:
      return is_splat_of(builder, initial, 1);
    case ops::Reducer::kMaximum:
      return is_splat_of(builder, initial, -kInfinity);
    case ops::Reducer::kMinimum:
      return is_splat_of(builder, initial, kInfinity);
    default:
      return false;
  }
}

/// A reduction over dimensions of size 1 only.
bool reduces_nothing(const RegionBuilder& builder, const Instruction& reduce) {
  const auto& shape = builder.info(reduce.operands[0]).type.shape;
  const auto& gone = reduce.attributes.dimensions;
  return is_neutral(builder, reduce.attributes.reducer, reduce.operands[1]) &&
         std::all_of(gone.begin(), gone.end(),
                     [&](std::int64_t d) { return shape[static_cast<std::size_t>(d)] == 1; });
}

std::optional<ValueId> chosen(const RegionBuilder& builder, const Instruction& select) {
  if (select.operands[1] == select.operands[2]) return select.operands[1];
  auto predicate = splat(builder, select.operands[0]);
  if (!predicate) return std::nullopt;
  return predicate->int_at(0) != 0 ? select.operands[1] : select.operands[2];
}

/// Two moves in a row as one; also a double negation as none.
std::optional<ValueId> merged(RegionBuilder& builder, const Instruction& instruction,
                              const ValueInfo& result) {
  const auto* found = builder.definition(instruction.operands[0]);
  if (found == nullptr || found->opcode != instruction.opcode) return std::nullopt;
  const Instruction inner = *found;
  ops::Attributes attributes;
  switch (instruction.opcode) {
    case Opcode::kNegate:
    case Opcode::kNot:
      return inner.operands[0];
    case Opcode::kReshape:
      break;
    case Opcode::kBroadcast:
      for (auto d : inner.attributes.dimensions) {
        attributes.dimensions.push_back(instruction.attributes.dimensions[static_cast<std::size_t>(d)]);
      }
      break;
    case Opcode::kTranspose:
      for (auto d : instruction.attributes.dimensions) {
        attributes.dimensions.push_back(inner.attributes.dimensions[static_cast<std::size_t>(d)]);
      }
      break;
    default:
      return std::nullopt;
  }
  return builder.add(instruction.opcode, std::move(attributes), inner.operands, result, instruction.origin);
}

/// The secret pred that `value` is the number of.
std::optional<ValueId> bit_of(const RegionBuilder& builder, ValueId value) {
  const auto* found = builder.definition(value);
  if (found == nullptr || found->opcode != Opcode::kConvert) return std::nullopt;
  const ValueId bit = found->operands[0];
  const ValueInfo& info = builder.info(bit);
  if (info.type.dtype != DType::kPred || info.visibility == ir::Visibility::kPublic) return std::nullopt;
  return bit;
}

/// A secret bit times a number is a choice: one opened bit instead of a conversion, two masks and a
/// truncation. Bits are multiplied as bits.
std::optional<ValueId> times_bit(RegionBuilder& builder, const Instruction& multiply,
                                 const ValueInfo& result) {
  const ValueId x = multiply.operands[0], y = multiply.operands[1];
  const std::string origin = multiply.origin;
  const auto p = bit_of(builder, x), q = bit_of(builder, y);
  if (!p && !q) return std::nullopt;
  if (p && q) {
    const ValueInfo bits{{DType::kPred, result.type.shape}, result.visibility};
    const ValueId both = builder.add(Opcode::kAnd, {}, {*p, *q}, bits, origin);
    return builder.add(Opcode::kConvert, {}, {both}, result, origin);
  }
  const ValueId none =
      add_splat(builder, Literal(TensorType{result.type.dtype, {}}), result.type.shape, origin);
  return builder.add(Opcode::kSelect, {}, {p ? *p : *q, p ? y : x, none}, result, origin);
}

/// A secret number equals itself: it is no NaN, and finite. What frameworks do where it is none goes away.
std::optional<ValueId> known_test(RegionBuilder& builder, const Instruction& test, const ValueInfo& result) {
  if (builder.info(test.operands[0]).visibility == ir::Visibility::kPublic) return std::nullopt;
  bool holds = true;
  if (test.opcode == Opcode::kCompare) {
    if (test.operands[0] != test.operands[1]) return std::nullopt;
    const auto comparison = test.attributes.comparison;
    holds = comparison == ops::Comparison::kEq || comparison == ops::Comparison::kLe ||
            comparison == ops::Comparison::kGe;
  }
  Literal answer(TensorType{DType::kPred, {}});
  answer.set_int(0, holds ? 1 : 0);
  return add_splat(builder, answer, result.type.shape, test.origin);
}

/// How many places a value was shifted by, if by the same number everywhere.
std::optional<std::int64_t> places_of(const RegionBuilder& builder, ValueId value, Opcode shift) {
  const auto* found = builder.definition(value);
  if (found == nullptr || found->opcode != shift) return std::nullopt;
  const auto places = splat(builder, found->operands[1]);
  if (!places) return std::nullopt;
  const std::int64_t by = places->int_at(0), width = bit_width(places->dtype());
  return by < 0 || by > width ? width : by;
}

/// A rotation: what was shifted to the left and to the right has no bit in common, so the two are added. Of
/// secrets the sum is local.
std::optional<ValueId> sum_of_shifted(RegionBuilder& builder, const Instruction& instruction,
                                      const ValueInfo& result) {
  if (result.visibility == ir::Visibility::kPublic) return std::nullopt;
  for (const auto& [left, right] : {std::pair(instruction.operands[0], instruction.operands[1]),
                                    std::pair(instruction.operands[1], instruction.operands[0])}) {
    const auto up = places_of(builder, left, Opcode::kShiftLeft);
    const auto down = places_of(builder, right, Opcode::kShiftRightLogical);
    if (!up || !down || *up + *down < bit_width(result.type.dtype)) continue;
    return builder.add(Opcode::kAdd, {}, {left, right}, result, instruction.origin);
  }
  return std::nullopt;
}

std::optional<ValueId> simpler(RegionBuilder& builder, const Instruction& instruction,
                               const ValueInfo& result) {
  if (instruction.operands.empty()) return std::nullopt;
  ValueId x = instruction.operands[0];
  if (builder.info(x).type == result.type && moves_nothing(instruction, result.type.shape)) return x;
  if (auto value = neutral_operand(builder, instruction)) return value;
  if (instruction.opcode == Opcode::kCompare || instruction.opcode == Opcode::kIsFinite) {
    return known_test(builder, instruction, result);
  }
  if (instruction.opcode == Opcode::kSelect) return chosen(builder, instruction);
  if (instruction.opcode == Opcode::kOr || instruction.opcode == Opcode::kXor) {
    return sum_of_shifted(builder, instruction, result);
  }
  if (instruction.opcode == Opcode::kMultiply) return times_bit(builder, instruction, result);
  if (instruction.opcode == Opcode::kReduce && reduces_nothing(builder, instruction)) {
    return builder.add(Opcode::kReshape, {}, {x}, result, instruction.origin);
  }
  return merged(builder, instruction, result);
}

}  // namespace

void remove_identities(ir::Region& region) {
  rewrite(region, [] { return simpler; });
}

}  // namespace spud::compiler
