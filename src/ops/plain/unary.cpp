// SPDX-License-Identifier: Apache-2.0
#include <cmath>

#include "base/elementary.hpp"
#include "ops/plain/bit_patterns.hpp"
#include "ops/plain/element.hpp"
#include "ops/plain/families.hpp"

namespace spud::ops::plain {
namespace {

constexpr double kRootHalf = 0x1.6a09e667f3bcdp-1, kRootTwoOverPi = 0x1.9884533d43651p-1;

template <class Element, class Function>
Literal map(const Literal& x, const TensorType& result, Function function) {
  Literal out(result);
  auto from = x.as<typename Element::Storage>();
  auto to = out.writable<typename Element::Storage>();
  for (std::size_t i = 0; i < from.size(); ++i) to[i] = Element::store(function(Element::load(from[i])));
  return out;
}

template <class Element>
Result<Literal> on_floats(Opcode opcode, const Literal& x, const TensorType& result) {
  using Value = typename Element::Value;
  switch (opcode) {
    case Opcode::kNegate:
      return map<Element>(x, result, [](Value v) { return -v; });
    case Opcode::kAbs:
      return map<Element>(x, result, [](Value v) { return std::fabs(v); });
    // Zeros keep their sign and NaN stays.
    case Opcode::kSign:
      return map<Element>(x, result, [](Value v) { return v > 0 ? Value{1} : v < 0 ? Value{-1} : v; });
    case Opcode::kFloor:
      return map<Element>(x, result, [](Value v) { return std::floor(v); });
    case Opcode::kCeil:
      return map<Element>(x, result, [](Value v) { return std::ceil(v); });
    case Opcode::kReciprocal:
      return map<Element>(x, result, [](Value v) { return Value{1} / v; });
    // IEEE defines the square root's bits, unlike those of the functions below.
    case Opcode::kSqrt:
      return map<Element>(x, result, [](Value v) { return std::sqrt(v); });
    case Opcode::kRsqrt:
      return map<Element>(x, result, [](Value v) { return 1.0 / std::sqrt(static_cast<double>(v)); });
    case Opcode::kExp:
      return map<Element>(x, result, [](double v) { return portable_exp(v); });
    case Opcode::kExpm1:
      return map<Element>(x, result, [](double v) { return portable_expm1(v); });
    case Opcode::kLog:
      return map<Element>(x, result, [](double v) { return portable_log(v); });
    case Opcode::kLog1p:
      return map<Element>(x, result, [](double v) { return portable_log1p(v); });
    case Opcode::kTanh:
      return map<Element>(x, result, [](double v) { return portable_tanh(v); });
    case Opcode::kLogistic:
      return map<Element>(x, result, [](double v) { return portable_logistic(v); });
    case Opcode::kErf:
      return map<Element>(x, result, [](double v) { return portable_erf(v); });
    case Opcode::kGelu:
      return map<Element>(x, result, [](double v) { return v / 2 * (1 + portable_erf(v * kRootHalf)); });
    case Opcode::kGeluByTanh:
      return map<Element>(x, result, [](double v) {
        return v * portable_logistic(2 * kRootTwoOverPi * (v + 0.044715 * v * v * v));
      });
    case Opcode::kCbrt:
      return map<Element>(x, result, [](double v) { return portable_cbrt(v); });
    case Opcode::kSin:
      return map<Element>(x, result, [](double v) { return portable_sin(v); });
    case Opcode::kCos:
      return map<Element>(x, result, [](double v) { return portable_cos(v); });
    case Opcode::kTan:
      return map<Element>(x, result, [](double v) { return portable_tan(v); });
    case Opcode::kRoundNearestAfz:
      return map<Element>(x, result, [](Value v) { return std::round(v); });
    case Opcode::kRoundNearestEven:
      return map<Element>(x, result, [](Value v) { return std::nearbyint(v); });
    default:
      return fail(ErrorCode::kUnsupported, "the operation is not defined on floats", "", "integers or pred");
  }
}

template <class Element>
Result<Literal> on_integers(Opcode opcode, const Literal& x, const TensorType& result) {
  using Value = typename Element::Value;
  switch (opcode) {
    case Opcode::kNegate:
      return map<Element>(x, result, [](Value v) { return wrapping_subtract(Value{0}, v); });
    case Opcode::kAbs:
      return map<Element>(x, result, [](Value v) { return v < 0 ? wrapping_subtract(Value{0}, v) : v; });
    case Opcode::kSign:
      return map<Element>(x, result, [](Value v) { return static_cast<Value>((v > 0) - (v < 0)); });
    case Opcode::kNot:
      return map<Element>(x, result, [](Value v) { return static_cast<Value>(~v); });
    case Opcode::kPopcnt:
      return map<Element>(x, result, [](Value v) { return count_ones(v); });
    case Opcode::kClz:
      return map<Element>(x, result, [](Value v) { return count_leading_zeros(v); });
    default:
      return fail(
          ErrorCode::kUnsupported,
          std::string("the operation is not defined on integers, its operand is ") + to_string(x.dtype()), "",
          "floats");
  }
}

}  // namespace

Result<Literal> unary(Opcode opcode, const Literal& x, const TensorType& result) {
  SPUD_CHECK(x.type() == result, "an element-wise operation keeps its operand's type");
  return visit_element(x.dtype(), [&]<class Element>() -> Result<Literal> {
    if constexpr (kIsFloat<Element>) {
      return on_floats<Element>(opcode, x, result);
    } else if constexpr (kIsInteger<Element>) {
      return on_integers<Element>(opcode, x, result);
    } else {
      if (opcode == Opcode::kNot) return map<Element>(x, result, [](bool v) { return !v; });
      return fail(ErrorCode::kUnsupported, "the operation is not defined on pred", "", "numbers");
    }
  });
}

Result<Literal> is_finite(const Literal& x, const TensorType& result) {
  return visit_element(x.dtype(), [&]<class Element>() -> Result<Literal> {
    if constexpr (kIsFloat<Element>) {
      Literal out(result);
      auto from = x.as<typename Element::Storage>();
      auto to = out.writable<std::uint8_t>();
      for (std::size_t i = 0; i < from.size(); ++i) to[i] = std::isfinite(Element::load(from[i])) ? 1 : 0;
      return out;
    }
    return fail(ErrorCode::kUnsupported, "the operation is defined on floats only", "", "floats");
  });
}

}  // namespace spud::ops::plain
