// SPDX-License-Identifier: Apache-2.0
#include "compiler/passes/integer_range.hpp"

#include <algorithm>

namespace spud::compiler {
namespace {

using alu::Range;
using ops::Opcode;

constexpr __int128 kOne = 1;

__int128 magnitude(const Range& x) {
  return std::max(x.low < 0 ? -x.low : x.low, x.high < 0 ? -x.high : x.high);
}

/// From 0 on, or up to 0, whatever the number of places or the divisor.
Range toward_zero(const Range& x) {
  return {std::min<__int128>(x.low, 0), std::max<__int128>(x.high, 0)};
}

Range logic(Opcode opcode, DType dtype, const Range& x, const Range& y) {
  if (opcode == Opcode::kAnd) {
    // No bit that one of them does not have, its sign included.
    if (x.low >= 0 && y.low >= 0) return {0, std::min(x.high, y.high)};
    if (x.low >= 0) return {0, x.high};
    if (y.low >= 0) return {0, y.high};
  }
  const unsigned bits = std::max(alu::signed_bits(x), alu::signed_bits(y));
  return alu::range_of_width(bits, is_unsigned(dtype) || (x.low >= 0 && y.low >= 0));
}

/// The least and the most places, if all are fewer than the type has.
std::optional<Range> inner_places(DType dtype, const Range& places) {
  if (places.low < 0 || places.high >= bit_width(dtype)) return std::nullopt;
  return places;
}

std::optional<Range> shifted_left(DType dtype, const Range& x, const Range& places) {
  const auto by = inner_places(dtype, places);
  if (!by) return std::nullopt;
  return alu::multiply(x, {kOne << static_cast<unsigned>(by->low), kOne << static_cast<unsigned>(by->high)});
}

std::optional<Range> shifted_right(Opcode opcode, DType dtype, const Range& x, const Range& places) {
  const auto by = inner_places(dtype, places);
  const unsigned least = by ? static_cast<unsigned>(by->low) : 0;
  const Range type = range_of_type(dtype);
  if (opcode == Opcode::kShiftRightArithmetic) {
    // The highest bit of an unsigned number is a sign to this shift.
    if (is_unsigned(dtype) && x.high > type.high / 2) return std::nullopt;
    return Range{std::min<__int128>(x.low, 0) >> least, std::max<__int128>(x.high, 0) >> least};
  }
  if (x.low >= 0) return Range{0, x.high >> least};
  // The sign is a bit like others.
  if (least == 0) return std::nullopt;
  return Range{0, ((kOne << bit_width(dtype)) - 1) >> least};
}

// Of a divisor 0 the quotient has all bits set, and the dividend remains.
std::optional<Range> quotient(DType dtype, const Range& x, const Range& y) {
  const bool may_be_zero = y.low <= 0 && y.high >= 0;
  if (may_be_zero && is_unsigned(dtype)) return std::nullopt;
  const __int128 least =
      may_be_zero ? 1 : std::min(y.low < 0 ? -y.low : y.low, y.high < 0 ? -y.high : y.high);
  const __int128 most = magnitude(x) / least;
  if (is_unsigned(dtype)) return Range{0, most};
  return Range{-std::max<__int128>(most, 1), most};
}
Range remainder(const Range& x, const Range& y) {
  Range out = toward_zero(x);
  if (y.low <= 0 && y.high >= 0) return out;
  const __int128 most = magnitude(y) - 1;
  return {std::max(out.low, -most), std::min(out.high, most)};
}

}  // namespace

Range range_of_type(DType dtype) {
  const unsigned bits = bit_width(dtype);
  if (is_unsigned(dtype)) return {0, (kOne << bits) - 1};
  return {-(kOne << (bits - 1)), (kOne << (bits - 1)) - 1};
}

std::optional<Range> range_of_integer_operation(Opcode opcode, DType dtype, const Range& x, const Range& y) {
  switch (opcode) {
    case Opcode::kPopcnt:
    case Opcode::kClz:
      return Range{0, bit_width(dtype)};
    case Opcode::kAnd:
    case Opcode::kOr:
    case Opcode::kXor:
      return logic(opcode, dtype, x, y);
    case Opcode::kShiftLeft:
      return shifted_left(dtype, x, y);
    case Opcode::kShiftRightLogical:
    case Opcode::kShiftRightArithmetic:
      return shifted_right(opcode, dtype, x, y);
    case Opcode::kDivide:
      return quotient(dtype, x, y);
    case Opcode::kRemainder:
      return remainder(x, y);
    default:
      return std::nullopt;
  }
}

}  // namespace spud::compiler
