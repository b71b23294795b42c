// SPDX-License-Identifier: Apache-2.0
#include "compiler/passes/bounds.hpp"

#include <algorithm>
#include <limits>

#include "compiler/passes/below_maximum.hpp"
#include "compiler/passes/constants.hpp"
#include "compiler/passes/rewrite.hpp"

namespace spud::compiler {
namespace {

using ir::Instruction;
using ir::RegionBuilder;
using ir::ValueId;
using ir::ValueInfo;
using ir::Visibility;
using ops::Comparison;
using ops::Opcode;

constexpr double kFar = std::numeric_limits<double>::infinity();

struct Bounds {
  double low = -kFar, high = kFar;
};
constexpr Bounds kNotNegative{0, kFar};

Bounds join(const Bounds& a, const Bounds& b) {
  return {std::min(a.low, b.low), std::max(a.high, b.high)};
}

/// Of ends, one of which may be far: 0 · ∞ is 0 here.
double times(double a, double b) {
  return a == 0 || b == 0 ? 0 : a * b;
}

Bounds product(const Bounds& a, const Bounds& b) {
  const auto ends = {times(a.low, b.low), times(a.low, b.high), times(a.high, b.low), times(a.high, b.high)};
  return {std::min(ends), std::max(ends)};
}

/// Nothing of what is no number, or where ends cancel.
Bounds sound(const Bounds& b) {
  return {b.low == b.low && b.low < kFar ? b.low : -kFar, b.high == b.high && b.high > -kFar ? b.high : kFar};
}

class Decisions {
 public:
  std::optional<ValueId> apply(RegionBuilder& builder, const Instruction& instruction,
                               const ValueInfo& result) {
    if (auto value = decided(builder, instruction, result)) return value;
    const ValueId made = builder.add(instruction, {result});
    if (is_float(result.type.dtype)) {
      note(made, sound(bounds(builder, *builder.definition(made))));
    }
    return made;
  }

 private:
  static constexpr std::int64_t kElementsRead = 4096;

  Bounds known(ValueId value) const { return value < bounds_.size() ? bounds_[value] : Bounds{}; }
  void note(ValueId value, const Bounds& bounds) {
    if (bounds_.size() <= value) bounds_.resize(value + 1);
    bounds_[value] = bounds;
  }

  static Bounds of_constant(const Literal& literal) {
    if (literal.elements() == 0 || literal.elements() > kElementsRead) return {};
    Bounds out{literal.float_at(0), literal.float_at(0)};
    for (std::int64_t i = 0; i < literal.elements(); ++i) {
      const double x = literal.float_at(i);
      if (x != x) return {};
      out = join(out, {x, x});
    }
    return out;
  }

  Bounds bounds(const RegionBuilder& builder, const Instruction& instruction) const {
    const auto x = [&](std::size_t i) { return known(instruction.operands[i]); };
    switch (instruction.opcode) {
      case Opcode::kConstant:
        return of_constant(*instruction.attributes.literal);
      case Opcode::kIota:
        return kNotNegative;
      case Opcode::kConvert: {
        const DType from = builder.info(instruction.operands[0]).type.dtype;
        if (from == DType::kPred) return {0, 1};
        if (is_unsigned(from)) return kNotNegative;
        return is_float(from) ? x(0) : Bounds{};
      }
      case Opcode::kNegate:
        return {-x(0).high, -x(0).low};
      case Opcode::kAbs:
        return kNotNegative;
      case Opcode::kExp:
        return {0, x(0).high <= 0 ? 1 : kFar};
      case Opcode::kLogistic:
        return {0, 1};
      case Opcode::kTanh:
      case Opcode::kErf:
      case Opcode::kSin:
      case Opcode::kCos:
      case Opcode::kSign:
        return {-1, 1};
      case Opcode::kSqrt:
      case Opcode::kRsqrt:
        return kNotNegative;
      case Opcode::kReciprocal:
      case Opcode::kLog1p:
      case Opcode::kExpm1:
      case Opcode::kCbrt:
        return x(0).low >= 0 ? kNotNegative : Bounds{};
      case Opcode::kDivide:
      case Opcode::kDivideByBroadcast:
        return x(0).low >= 0 && x(1).low >= 0 ? kNotNegative : Bounds{};
      case Opcode::kAdd:
        return {x(0).low + x(1).low, x(0).high + x(1).high};
      case Opcode::kSubtract: {
        const Bounds found{x(0).low - x(1).high, x(0).high - x(1).low};
        const auto definition = [&](ValueId v) { return builder.definition(v); };
        const bool below = !below_maximum(definition, instruction.first_result).empty();
        return below ? Bounds{found.low, 0} : found;
      }
      case Opcode::kMultiply:
        if (instruction.operands[0] == instruction.operands[1]) return kNotNegative;
        return product(x(0), x(1));
      case Opcode::kDot: {
        const auto& d = instruction.attributes.dot;
        const bool square = instruction.operands[0] == instruction.operands[1] &&
                            d.lhs_batch == d.rhs_batch && d.lhs_contracting == d.rhs_contracting &&
                            d.lhs_batch.size() + d.lhs_contracting.size() ==
                                builder.info(instruction.operands[0]).type.shape.size();
        return square || (x(0).low >= 0 && x(1).low >= 0) ? kNotNegative : Bounds{};
      }
      case Opcode::kMaximum:
        return {std::max(x(0).low, x(1).low), std::max(x(0).high, x(1).high)};
      case Opcode::kMinimum:
        return {std::min(x(0).low, x(1).low), std::min(x(0).high, x(1).high)};
      case Opcode::kClamp:
        return {std::min(std::max(x(0).low, x(1).low), x(2).low),
                std::min(std::max(x(0).high, x(1).high), x(2).high)};
      case Opcode::kSelect:
        return join(x(1), x(2));
      case Opcode::kReduce:
        return reduced(instruction, x(0), x(1));
      case Opcode::kConcatenate: {
        Bounds all = x(0);
        for (std::size_t i = 1; i < instruction.operands.size(); ++i) all = join(all, x(i));
        return all;
      }
      case Opcode::kPad:
      case Opcode::kDynamicUpdateSlice:
        return join(x(0), x(1));
      case Opcode::kBroadcast:
      case Opcode::kReshape:
      case Opcode::kTranspose:
      case Opcode::kSlice:
      case Opcode::kReverse:
      case Opcode::kDynamicSlice:
      case Opcode::kWindows:
      case Opcode::kTake:
        return x(0);
      default:
        break;
    }
    return {};
  }

  static Bounds reduced(const Instruction& reduce, const Bounds& x, const Bounds& initial) {
    switch (reduce.attributes.reducer) {
      case ops::Reducer::kAdd:
        return x.low >= 0 && initial.low >= 0 ? kNotNegative : Bounds{};
      case ops::Reducer::kMultiply:
        return x.low >= 0 && initial.low >= 0 ? kNotNegative : Bounds{};
      case ops::Reducer::kMaximum:
        return {initial.low, std::max(x.high, initial.high)};
      case ops::Reducer::kMinimum:
        return {std::min(x.low, initial.low), initial.high};
      default:
        return {};
    }
  }

  /// What an instruction on secrets is known to give without being done.
  std::optional<ValueId> decided(RegionBuilder& builder, const Instruction& instruction,
                                 const ValueInfo& result) const {
    if (instruction.operands.empty()) return std::nullopt;
    const ValueId a = instruction.operands[0];
    const Bounds x = known(a);
    const auto is_secret = [&](ValueId v) {
      return builder.info(v).visibility != Visibility::kPublic && is_float(builder.info(v).type.dtype);
    };
    switch (instruction.opcode) {
      case Opcode::kAbs:
        if (is_secret(a) && x.low >= 0) return a;
        break;
      case Opcode::kMaximum:
      case Opcode::kMinimum: {
        const ValueId b = instruction.operands[1];
        const Bounds y = known(b);
        const bool most = instruction.opcode == Opcode::kMaximum;
        if (is_secret(a) && (most ? x.low >= y.high : x.high <= y.low)) return a;
        if (is_secret(b) && (most ? y.low >= x.high : y.high <= x.low)) return b;
        break;
      }
      case Opcode::kCompare: {
        const ValueId b = instruction.operands[1];
        if (!is_float(builder.info(a).type.dtype) || (!is_secret(a) && !is_secret(b))) break;
        if (auto answer = compared(instruction.attributes.comparison, x, known(b))) {
          Literal bit(TensorType{DType::kPred, {}});
          bit.set_int(0, *answer ? 1 : 0);
          return add_splat(builder, bit, result.type.shape, instruction.origin);
        }
        break;
      }
      default:
        break;
    }
    return std::nullopt;
  }

  static std::optional<bool> compared(Comparison comparison, const Bounds& x, const Bounds& y) {
    const bool below = x.high<y.low, above = x.low> y.high;
    const bool not_above = x.high <= y.low, not_below = x.low >= y.high;
    switch (comparison) {
      case Comparison::kLt:
        return below ? std::optional(true) : not_below ? std::optional(false) : std::nullopt;
      case Comparison::kLe:
        return not_above ? std::optional(true) : above ? std::optional(false) : std::nullopt;
      case Comparison::kGt:
        return above ? std::optional(true) : not_above ? std::optional(false) : std::nullopt;
      case Comparison::kGe:
        return not_below ? std::optional(true) : below ? std::optional(false) : std::nullopt;
      case Comparison::kEq:
        return below || above ? std::optional(false) : std::nullopt;
      case Comparison::kNe:
        return below || above ? std::optional(true) : std::nullopt;
      default:
        break;
    }
    return std::nullopt;
  }

  std::vector<Bounds> bounds_;
};

}  // namespace

void decide_by_bounds(ir::Region& region) {
  rewrite(region, [] {
    return [decisions = Decisions()](RegionBuilder& builder, const Instruction& instruction,
                                     const ValueInfo& result) mutable {
      return decisions.apply(builder, instruction, result);
    };
  });
}

}  // namespace spud::compiler
