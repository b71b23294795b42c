// SPDX-License-Identifier: Apache-2.0
#include "compiler/passes/value_range.hpp"

#include <algorithm>

#include "alu/encode_public.hpp"
#include "base/check.hpp"
#include "compiler/passes/integer_range.hpp"

namespace spud::compiler {
namespace {

using alu::Range;
using ir::Visibility;
using ops::Opcode;

constexpr __int128 kOne = 1;
/// Larger numbers are not looked at: their sums and negations would leave 128 bits.
constexpr __int128 kFar = kOne << 120;

bool contains(const Range& outer, const Range& inner) {
  return outer.low <= inner.low && inner.high <= outer.high;
}

/// The least power of two that is no smaller; 0 of 0.
__int128 power_above(__int128 x) {
  __int128 power = x == 0 ? 0 : 1;
  while (power < x) power <<= 1;
  return power;
}

/// Public floats are rounded to their type after each step. Rounding is monotone and keeps powers of two, so
/// between them lies what was between them; but halves end below 2^16.
std::optional<Range> rounded(const std::optional<Range>& exact, DType dtype, unsigned fraction_bits) {
  if (!exact || exact->low < -kFar || exact->high > kFar) return std::nullopt;
  auto out_of = [](__int128 x) { return x < 0 ? -power_above(-x) : power_above(x); };
  // Toward zero a bound moves to the power of two below, for which zero always does.
  const Range out{std::min<__int128>(out_of(exact->low), 0), std::max<__int128>(out_of(exact->high), 0)};
  if (dtype == DType::kF16 && alu::signed_bits(out) > fraction_bits + 17) return std::nullopt;
  return out;
}

/// One instruction; every rule gives a range or nullopt for "whatever the type holds".
class Rule {
 public:
  Rule(const ir::Instruction& instruction, std::span<const KnownOperand> in, const ir::ValueInfo& result,
       const alu::NumberFormat& format)
      : instruction_(instruction),
        in_(in),
        result_(result),
        format_(format),
        held_(alu::element_format(result.type.dtype, format)) {}

  std::optional<Range> range() const;

 private:
  unsigned f() const { return held_.fraction_bits; }
  bool is_real() const { return is_float(result_.type.dtype); }
  bool is_public() const { return result_.visibility == Visibility::kPublic; }
  Range of_one(__int128 low, __int128 high) const { return {low * (kOne << f()), high * (kOne << f())}; }
  /// A function that the device computes, or the math library in public: with a margin well above the error
  /// that alu/alu.hpp states, a sixteenth of one and a few units.
  Range with_margin(Range r) const {
    const __int128 margin = ((kOne << f()) >> 4) + 4;
    return {r.low - margin, r.high + margin};
  }

  /// Sums and the like of public floats are rounded; all else is exact.
  std::optional<Range> exact(const std::optional<Range>& r) const {
    return is_public() && is_real() ? rounded(r, result_.type.dtype, f()) : r;
  }
  /// What an operand may be in plain where it is a public float: it lies within half a unit of what it will
  /// be held as, unless it is too large for that. Other operands are what they are held as.
  std::optional<Range> plain(std::size_t i) const;
  std::optional<Range> exponential() const;
  std::optional<Range> converted() const;
  std::optional<Range> floor_or_ceil() const;
  std::optional<Range> sum() const;
  std::optional<Range> product(std::int64_t terms) const;
  std::optional<Range> truncated(const std::optional<Range>& r, unsigned by) const;
  std::optional<Range> reduced() const;

  const ir::Instruction& instruction_;
  std::span<const KnownOperand> in_;
  const ir::ValueInfo& result_;
  const alu::NumberFormat& format_;
  alu::ElementFormat held_;
};

std::optional<Range> Rule::plain(std::size_t i) const {
  const Range& r = in_[i].range;
  const auto& info = *in_[i].info;
  if (info.visibility != Visibility::kPublic || !is_float(info.type.dtype)) return r;
  const auto held = alu::element_format(info.type.dtype, format_);
  const __int128 end = kOne << (held.ring_bits - 2);
  if (r.low <= -end || r.high >= end) return std::nullopt;
  return Range{r.low - 1, r.high + 1};
}

// e^x ≤ 2^(3x/2); the device takes x ≤ 16.
std::optional<Range> Rule::exponential() const {
  if (is_public()) return std::nullopt;
  const __int128 whole = std::min<__int128>(alu::shift_right(in_[0].range, f()).high, 16);
  const auto exponent = static_cast<unsigned>(whole <= 0 ? 0 : (3 * whole + 1) / 2);
  auto highest = alu::shift_left(of_one(0, 1), exponent);
  if (!highest) return std::nullopt;
  // The error is relative above one.
  return with_margin({0, highest->high + (highest->high >> 4)});
}

std::optional<Range> Rule::floor_or_ceil() const {
  const auto x = plain(0);
  return x ? alu::shift_left(alu::shift_right(*x, f()), f()) : std::nullopt;
}

std::optional<Range> Rule::converted() const {
  const DType from = in_[0].info->type.dtype, to = result_.type.dtype;
  if (from == DType::kPred) return of_one(0, 1);
  const Range& x = in_[0].range;
  if (is_float(from) && is_float(to)) return exact(plain(0));
  if (is_float(to)) {
    const auto scaled = alu::shift_left(x, f());
    if (is_public() || !scaled) return exact(scaled);
    // Held at a quarter of the ring.
    const __int128 end = kOne << (held_.ring_bits - 2);
    return Range{std::clamp(scaled->low, -end, end), std::clamp(scaled->high, -end, end)};
  }
  if (!is_float(from)) return x;
  // A NaN among public floats becomes some integer.
  if (is_public()) return std::nullopt;
  // Toward zero: between the two neighbours; held at the type's ends.
  const Range whole = alu::shift_right(x, alu::element_format(from, format_).fraction_bits),
              type = range_of_type(to);
  return Range{std::clamp(whole.low, type.low, type.high), std::clamp(whole.high, type.low, type.high)};
}

/// |x| ≤ 2^(k−2) − 2^by is what the device can truncate, so the result is less than 2^(k−2−by). Nothing else
/// is sure of a number that may have wrapped before.
std::optional<Range> Rule::truncated(const std::optional<Range>& r, unsigned by) const {
  if (by == 0) return r;
  const __int128 end = (kOne << (held_.ring_bits - 2 - by)) - 1;
  if (!r || !contains(widest(result_, format_), *r)) return Range{-end, end};
  return alu::meet(alu::shift_right(*r, by), {-end, end});
}

std::optional<Range> Rule::sum() const {
  // With a secret, what is added of a public float is what it is held as.
  const auto a = is_public() ? plain(0) : std::optional(in_[0].range),
             b = is_public() ? plain(1) : std::optional(in_[1].range);
  if (!a || !b) return std::nullopt;
  return exact(instruction_.opcode == Opcode::kAdd ? alu::add(*a, *b) : alu::subtract(*a, *b));
}

std::optional<Range> Rule::product(std::int64_t terms) const {
  const Range &a = in_[0].range, &b = in_[1].range;
  const Range count{terms, terms};
  auto times = [&](const std::optional<Range>& r) { return r ? alu::multiply(*r, count) : std::nullopt; };
  const bool square =
      instruction_.opcode == Opcode::kMultiply && instruction_.operands[0] == instruction_.operands[1];
  auto product_of = [&](const Range& x, const Range& y) -> std::optional<Range> {
    if (!square) return alu::multiply(x, y);
    const auto size = alu::absolute(x);
    return size ? alu::multiply(*size, *size) : std::nullopt;
  };
  const std::optional<Range> whole = times(product_of(a, b));
  if (!is_real()) return whole;
  const bool open_a = in_[0].info->visibility == Visibility::kPublic,
             open_b = in_[1].info->visibility == Visibility::kPublic;
  if (open_a && open_b) {
    const auto x = plain(0), y = plain(1);
    if (instruction_.opcode != Opcode::kMultiply || !x || !y) return std::nullopt;
    const auto both = product_of(*x, *y);
    return both ? exact(alu::shift_right(*both, f())) : std::nullopt;
  }
  if (!open_a && !open_b) return truncated(whole, f());
  const KnownOperand &open = open_a ? in_[0] : in_[1], &hidden = open_a ? in_[1] : in_[0];
  if (open.constant != nullptr) {
    // As ops::Machine encodes a public factor.
    const unsigned extra = alu::factor_fraction_bits(*open.constant, f());
    const auto words = alu::encoded_range(*open.constant, held_.ring_bits, extra);
    if (!words) return std::nullopt;
    return truncated(times(alu::multiply(hidden.range, *words)), extra);
  }
  // It will be encoded exactly or with as many bits or more, so to within half a unit; how many is not known
  // yet, and with none there is no truncation.
  const auto nearly = plain(open_a ? 0 : 1);
  const auto wide = nearly ? times(alu::multiply(hidden.range, *nearly)) : std::nullopt;
  if (!wide) return std::nullopt;
  return alu::shift_right(*wide, f());
}

std::optional<Range> Rule::reduced() const {
  const Range &x = in_[0].range, &initial = in_[1].range;
  std::int64_t count = 1;
  for (auto d : instruction_.attributes.dimensions)
    count *= in_[0].info->type.shape[static_cast<std::size_t>(d)];
  switch (instruction_.attributes.reducer) {
    case ops::Reducer::kAdd: {
      if (is_public() && is_real()) return std::nullopt;
      const auto sum = alu::multiply(x, {count, count});
      return sum ? alu::add(*sum, initial) : std::nullopt;
    }
    // The initial value is left out where it is the least or greatest of the type.
    case ops::Reducer::kMaximum:
      return count == 0 ? initial : Range{x.low, std::max(x.high, initial.high)};
    case ops::Reducer::kMinimum:
      return count == 0 ? initial : Range{std::min(x.low, initial.low), x.high};
    default:
      return std::nullopt;
  }
}

std::optional<Range> Rule::range() const {
  auto operand = [&](std::size_t i) -> const Range& { return in_[i].range; };
  switch (instruction_.opcode) {
    case Opcode::kConstant:
      return alu::encoded_range(*instruction_.attributes.literal, held_.ring_bits, f());
    case Opcode::kIota: {
      const auto d = static_cast<std::size_t>(instruction_.attributes.dimensions[0]);
      return exact(of_one(0, std::max<std::int64_t>(result_.type.shape[d] - 1, 0)));
    }
    case Opcode::kNegate:
      return alu::subtract({0, 0}, operand(0));
    case Opcode::kNot:
      return alu::subtract({-1, -1}, operand(0));
    case Opcode::kAbs:
      return alu::absolute(operand(0));
    case Opcode::kSign: {
      const auto x = plain(0);
      return of_one(x && x->low >= 0 ? 0 : -1, 1);
    }
    case Opcode::kExp:
      return exponential();
    case Opcode::kExpm1: {
      const auto power = exponential();
      return power ? alu::subtract(*power, of_one(1, 1)) : std::nullopt;
    }
    case Opcode::kLogistic:
      return with_margin(of_one(0, 1));
    case Opcode::kTanh:
      return with_margin(of_one(-1, 1));
    case Opcode::kFloor:
    case Opcode::kCeil:
      return floor_or_ceil();
    case Opcode::kConvert:
      return converted();
    case Opcode::kAdd:
    case Opcode::kSubtract:
      return sum();
    case Opcode::kMultiply:
      return product(1);
    case Opcode::kMaximum:
      return alu::maximum(operand(0), operand(1));
    case Opcode::kMinimum:
      return alu::minimum(operand(0), operand(1));
    case Opcode::kClamp:
      return alu::minimum(alu::maximum(operand(1), operand(0)), operand(2));
    case Opcode::kSelect:
      return alu::join(operand(1), operand(2));
    case Opcode::kBroadcast:
    case Opcode::kReshape:
    case Opcode::kTranspose:
    case Opcode::kSlice:
    case Opcode::kReverse:
    case Opcode::kDynamicSlice:
    case Opcode::kPrepare:
      return operand(0);
    case Opcode::kConcatenate: {
      Range all = operand(0);
      for (const auto& x : in_) all = alu::join(all, x.range);
      return all;
    }
    case Opcode::kPad:
    case Opcode::kDynamicUpdateSlice:
      return alu::join(operand(0), operand(1));
    case Opcode::kDot: {
      std::int64_t terms = 1;
      for (auto d : instruction_.attributes.dot.lhs_contracting)
        terms *= in_[0].info->type.shape[static_cast<std::size_t>(d)];
      return product(terms);
    }
    case Opcode::kReduce:
      return reduced();
    default:
      break;
  }
  if (!is_integer(result_.type.dtype) || in_.empty()) return std::nullopt;
  return range_of_integer_operation(instruction_.opcode, result_.type.dtype, operand(0),
                                    operand(in_.size() > 1 ? 1 : 0));
}

}  // namespace

Range widest(const ir::ValueInfo& info, const alu::NumberFormat& format) {
  const DType dtype = info.type.dtype;
  if (dtype == DType::kPred) return {0, 1};
  const auto held = alu::element_format(dtype, format);
  if (info.visibility == Visibility::kPublic && !is_float(dtype)) return range_of_type(dtype);
  // They wrap around at their own width, also where the ring has more.
  if (is_integer(dtype) && bit_width(dtype) < held.ring_bits) return range_of_type(dtype);
  if (is_unsigned(dtype)) return {0, (kOne << held.ring_bits) - 1};
  const __int128 end = kOne << (held.ring_bits - 2);
  if (info.visibility == Visibility::kPublic) return {-end, end};
  return {-end - end, end - 1 + end};
}

Range range_of_input(const ir::ValueInfo& info, const alu::NumberFormat& format) {
  const DType dtype = info.type.dtype;
  const Range all = widest(info, format);
  if (info.visibility == Visibility::kPublic || dtype == DType::kPred) return all;
  if (is_integer(dtype)) return range_of_type(dtype);
  // Encoding takes finite numbers below a quarter of the ring.
  const auto held = alu::element_format(dtype, format);
  const __int128 end = kOne << (held.ring_bits - 2);
  const Range taken{-end, end};
  if (dtype != DType::kF16) return taken;
  constexpr __int128 kLargestHalf = 65504;
  const __int128 half = kLargestHalf << held.fraction_bits;
  return half < end ? Range{-half, half} : taken;
}

Range range_of_result(const ir::Instruction& instruction, std::span<const KnownOperand> operands,
                      const ir::ValueInfo& result, const alu::NumberFormat& format) {
  const Range all = widest(result, format);
  if (result.type.dtype == DType::kPred) return all;
  auto found = Rule(instruction, operands, result, format).range();
  // Public floats are held as the largest number where they are larger.
  if (found && result.visibility == Visibility::kPublic && is_float(result.type.dtype)) {
    found = Range{std::clamp(found->low, all.low, all.high), std::clamp(found->high, all.low, all.high)};
  }
  // What leaves the type or the ring wraps.
  return found && contains(all, *found) ? *found : all;
}

}  // namespace spud::compiler
