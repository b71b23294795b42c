// SPDX-License-Identifier: Apache-2.0
#include <cmath>

#include "base/elementary.hpp"
#include "ops/plain/bit_patterns.hpp"
#include "ops/plain/element.hpp"
#include "ops/plain/families.hpp"

namespace spud::ops::plain {
namespace {

template <class Element, class Function>
Literal map(const Literal& lhs, const Literal& rhs, const TensorType& result, Function function) {
  Literal out(result);
  auto a = lhs.as<typename Element::Storage>();
  auto b = rhs.as<typename Element::Storage>();
  auto to = out.writable<typename Element::Storage>();
  for (std::size_t i = 0; i < to.size(); ++i) {
    to[i] = Element::store(function(Element::load(a[i]), Element::load(b[i])));
  }
  return out;
}

template <class T>
T divide(T a, T b) {
  if (b == 0) return static_cast<T>(-1);
  if constexpr (std::is_signed_v<T>) {
    if (b == -1) return wrapping_subtract(T{0}, a);  // the smallest value has no positive twin
  }
  return static_cast<T>(a / b);
}

template <class T>
T remainder(T a, T b) {
  if (b == 0) return a;
  if constexpr (std::is_signed_v<T>) {
    if (b == -1) return 0;
  }
  return static_cast<T>(a % b);
}

/// By squaring, modulo 2^width. A negative exponent is the integer part of the fraction: 0 unless the base is
/// 1 or -1.
template <class T>
T power(T base, T exponent) {
  if constexpr (std::is_signed_v<T>) {
    if (exponent < 0) {
      if (base == 1) return 1;
      if (base == -1) return exponent % 2 == 0 ? T{1} : T{-1};
      return 0;
    }
  }
  T out = 1;
  for (auto rest = static_cast<std::make_unsigned_t<T>>(exponent); rest != 0; rest >>= 1) {
    if (rest & 1) out = wrapping_multiply(out, base);
    base = wrapping_multiply(base, base);
  }
  return out;
}

template <class Element>
Result<Literal> on_floats(Opcode opcode, const Literal& lhs, const Literal& rhs, const TensorType& result) {
  using Value = typename Element::Value;
  switch (opcode) {
    case Opcode::kAdd:
      return map<Element>(lhs, rhs, result, [](Value a, Value b) { return a + b; });
    case Opcode::kSubtract:
      return map<Element>(lhs, rhs, result, [](Value a, Value b) { return a - b; });
    case Opcode::kMultiply:
      return map<Element>(lhs, rhs, result, [](Value a, Value b) { return a * b; });
    case Opcode::kDivide:
      return map<Element>(lhs, rhs, result, [](Value a, Value b) { return a / b; });
    case Opcode::kMaximum:
      return map<Element>(lhs, rhs, result, [](Value a, Value b) { return larger(a, b); });
    case Opcode::kMinimum:
      return map<Element>(lhs, rhs, result, [](Value a, Value b) { return smaller(a, b); });
    // The remainder of truncated division is always representable, so its bits are defined too.
    case Opcode::kRemainder:
      return map<Element>(lhs, rhs, result, [](Value a, Value b) { return std::fmod(a, b); });
    case Opcode::kPower:
      return map<Element>(lhs, rhs, result, [](double a, double b) { return portable_power(a, b); });
    case Opcode::kAtan2:
      return map<Element>(lhs, rhs, result, [](double a, double b) { return portable_atan2(a, b); });
    default:
      return fail(ErrorCode::kUnsupported, "the operation is not defined on floats", "", "integers or pred");
  }
}

template <class Element>
Result<Literal> on_integers(Opcode opcode, const Literal& lhs, const Literal& rhs, const TensorType& result) {
  using Value = typename Element::Value;
  switch (opcode) {
    case Opcode::kAdd:
      return map<Element>(lhs, rhs, result, [](Value a, Value b) { return wrapping_add(a, b); });
    case Opcode::kSubtract:
      return map<Element>(lhs, rhs, result, [](Value a, Value b) { return wrapping_subtract(a, b); });
    case Opcode::kMultiply:
      return map<Element>(lhs, rhs, result, [](Value a, Value b) { return wrapping_multiply(a, b); });
    case Opcode::kDivide:
      return map<Element>(lhs, rhs, result, [](Value a, Value b) { return divide(a, b); });
    case Opcode::kRemainder:
      return map<Element>(lhs, rhs, result, [](Value a, Value b) { return remainder(a, b); });
    case Opcode::kPower:
      return map<Element>(lhs, rhs, result, [](Value a, Value b) { return power(a, b); });
    case Opcode::kMaximum:
      return map<Element>(lhs, rhs, result, [](Value a, Value b) { return larger(a, b); });
    case Opcode::kMinimum:
      return map<Element>(lhs, rhs, result, [](Value a, Value b) { return smaller(a, b); });
    case Opcode::kAnd:
      return map<Element>(lhs, rhs, result, [](Value a, Value b) { return static_cast<Value>(a & b); });
    case Opcode::kOr:
      return map<Element>(lhs, rhs, result, [](Value a, Value b) { return static_cast<Value>(a | b); });
    case Opcode::kXor:
      return map<Element>(lhs, rhs, result, [](Value a, Value b) { return static_cast<Value>(a ^ b); });
    case Opcode::kShiftLeft:
      return map<Element>(lhs, rhs, result, [](Value a, Value b) { return shifted_left(a, b); });
    case Opcode::kShiftRightLogical:
      return map<Element>(lhs, rhs, result, [](Value a, Value b) { return shifted_right_logical(a, b); });
    case Opcode::kShiftRightArithmetic:
      return map<Element>(lhs, rhs, result, [](Value a, Value b) { return shifted_right_arithmetic(a, b); });
    default:
      return fail(ErrorCode::kUnsupported, "the operation is not defined on integers", "", "floats");
  }
}

Result<Literal> on_preds(Opcode opcode, const Literal& lhs, const Literal& rhs, const TensorType& result) {
  switch (opcode) {
    case Opcode::kAdd:
    case Opcode::kMaximum:
    case Opcode::kOr:
      return map<Pred>(lhs, rhs, result, [](bool a, bool b) { return a || b; });
    case Opcode::kMultiply:
    case Opcode::kMinimum:
    case Opcode::kAnd:
      return map<Pred>(lhs, rhs, result, [](bool a, bool b) { return a && b; });
    case Opcode::kXor:
      return map<Pred>(lhs, rhs, result, [](bool a, bool b) { return a != b; });
    default:
      return fail(ErrorCode::kUnsupported, "the operation is not defined on pred", "", "numbers");
  }
}

}  // namespace

Result<Literal> binary(Opcode opcode, const Literal& lhs, const Literal& rhs, const TensorType& result) {
  SPUD_CHECK(lhs.type() == result && rhs.type() == result,
             "an element-wise operation keeps its operands' type");
  return visit_element(result.dtype, [&]<class Element>() -> Result<Literal> {
    if constexpr (kIsFloat<Element>) {
      return on_floats<Element>(opcode, lhs, rhs, result);
    } else if constexpr (kIsInteger<Element>) {
      return on_integers<Element>(opcode, lhs, rhs, result);
    } else {
      return on_preds(opcode, lhs, rhs, result);
    }
  });
}

}  // namespace spud::ops::plain
