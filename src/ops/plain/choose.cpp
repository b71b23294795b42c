// SPDX-License-Identifier: Apache-2.0
// Operations that compare elements and choose among them.
#include <cstring>

#include "ops/plain/element.hpp"
#include "ops/plain/families.hpp"

namespace spud::ops::plain {
namespace {

template <class Element, class Function>
void compare_all(const Literal& lhs, const Literal& rhs, std::span<std::uint8_t> to, Function function) {
  auto a = lhs.as<typename Element::Storage>();
  auto b = rhs.as<typename Element::Storage>();
  for (std::size_t i = 0; i < to.size(); ++i)
    to[i] = function(Element::load(a[i]), Element::load(b[i])) ? 1 : 0;
}

/// 0 for a scalar that serves every element, else 1. A scalar result is served either way.
std::size_t step_of(const Literal& bound, const TensorType& result) {
  SPUD_CHECK(bound.shape().empty() || bound.shape() == result.shape,
             "a bound is a scalar or has the result's shape");
  return bound.shape().empty() ? 0 : 1;
}

template <class T>
void select_all(const Literal& pred, const Literal& on_true, const Literal& on_false, Literal& out) {
  auto condition = pred.as<std::uint8_t>();
  auto a = on_true.as<T>();
  auto b = on_false.as<T>();
  auto to = out.writable<T>();
  std::size_t step = step_of(pred, out.type());
  for (std::size_t i = 0; i < to.size(); ++i) to[i] = condition[i * step] ? a[i] : b[i];
}

}  // namespace

namespace {

/// Bits of a float as an integer that is ordered as the floats are in total order.
template <class Bits>
Bits order_of(Bits bits) {
  constexpr Bits kSign = Bits{1} << (8 * sizeof(Bits) - 1);
  return static_cast<Bits>((bits & kSign) != 0 ? ~bits : bits | kSign);
}

template <class Bits>
void compare_in_total_order(Comparison comparison, const Literal& lhs, const Literal& rhs,
                            std::span<std::uint8_t> to) {
  for (std::size_t i = 0; i < to.size(); ++i) {
    const auto at = [&](const Literal& x) {
      Bits bits;
      std::memcpy(&bits, x.bytes().data() + i * sizeof bits, sizeof bits);
      return order_of(bits);
    };
    const Bits a = at(lhs), b = at(rhs);
    const bool is_less = a < b, is_equal = a == b;
    switch (comparison) {
      case Comparison::kTotalEq:
        to[i] = is_equal;
        break;
      case Comparison::kTotalNe:
        to[i] = !is_equal;
        break;
      case Comparison::kTotalGe:
        to[i] = !is_less;
        break;
      case Comparison::kTotalGt:
        to[i] = !is_less && !is_equal;
        break;
      case Comparison::kTotalLe:
        to[i] = is_less || is_equal;
        break;
      default:
        to[i] = is_less;
        break;
    }
  }
}

}  // namespace

Literal compare(Comparison comparison, const Literal& lhs, const Literal& rhs, const TensorType& result) {
  SPUD_CHECK(lhs.type() == rhs.type(), "a comparison is of one type");
  SPUD_CHECK(result.dtype == DType::kPred && result.shape == lhs.shape(),
             "a comparison gives a pred an element");
  Literal out(result);
  auto to = out.writable<std::uint8_t>();
  if (comparison != usual_order(comparison)) {
    switch (byte_width(lhs.dtype())) {
      case 2:
        compare_in_total_order<std::uint16_t>(comparison, lhs, rhs, to);
        break;
      case 4:
        compare_in_total_order<std::uint32_t>(comparison, lhs, rhs, to);
        break;
      default:
        compare_in_total_order<std::uint64_t>(comparison, lhs, rhs, to);
        break;
    }
    return out;
  }
  visit_element(lhs.dtype(), [&]<class Element>() {
    using Value = typename Element::Value;
    // C++ comparisons are false with NaN, except "not equal": as XLA wants.
    switch (comparison) {
      case Comparison::kEq:
        return compare_all<Element>(lhs, rhs, to, [](Value a, Value b) { return a == b; });
      case Comparison::kNe:
        return compare_all<Element>(lhs, rhs, to, [](Value a, Value b) { return a != b; });
      case Comparison::kGe:
        return compare_all<Element>(lhs, rhs, to, [](Value a, Value b) { return a >= b; });
      case Comparison::kGt:
        return compare_all<Element>(lhs, rhs, to, [](Value a, Value b) { return a > b; });
      case Comparison::kLe:
        return compare_all<Element>(lhs, rhs, to, [](Value a, Value b) { return a <= b; });
      case Comparison::kLt:
        return compare_all<Element>(lhs, rhs, to, [](Value a, Value b) { return a < b; });
      default:
        break;
    }
    SPUD_CHECK(false, "a comparison is one of the enumerators");
  });
  return out;
}

Literal select(const Literal& pred, const Literal& on_true, const Literal& on_false,
               const TensorType& result) {
  SPUD_CHECK(pred.dtype() == DType::kPred, "a select chooses by a pred");
  SPUD_CHECK(on_true.type() == result && on_false.type() == result,
             "a select keeps the type of what it chooses from");
  Literal out(result);
  switch (byte_width(result.dtype)) {
    case 1:
      select_all<std::uint8_t>(pred, on_true, on_false, out);
      break;
    case 2:
      select_all<std::uint16_t>(pred, on_true, on_false, out);
      break;
    case 4:
      select_all<std::uint32_t>(pred, on_true, on_false, out);
      break;
    default:
      select_all<std::uint64_t>(pred, on_true, on_false, out);
      break;
  }
  return out;
}

Literal clamp(const Literal& low, const Literal& x, const Literal& high, const TensorType& result) {
  SPUD_CHECK(x.type() == result && low.dtype() == result.dtype && high.dtype() == result.dtype,
             "a clamp keeps its operand's type");
  Literal out(result);
  visit_element(result.dtype, [&]<class Element>() {
    using Storage = typename Element::Storage;
    auto from = x.as<Storage>();
    auto lows = low.as<Storage>();
    auto highs = high.as<Storage>();
    auto to = out.writable<Storage>();
    std::size_t low_step = step_of(low, result);
    std::size_t high_step = step_of(high, result);
    for (std::size_t i = 0; i < to.size(); ++i) {
      auto raised = larger(Element::load(lows[i * low_step]), Element::load(from[i]));
      to[i] = Element::store(smaller(raised, Element::load(highs[i * high_step])));
    }
  });
  return out;
}

}  // namespace spud::ops::plain
