// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <vector>

#include "ops/plain/element.hpp"
#include "ops/plain/families.hpp"
#include "ops/plain/rows.hpp"

namespace spud::ops::plain {
namespace {

/// Folds every element, in row-major order, into the result element that it belongs to.
template <class Element, class Function>
void fold(const Literal& x, const Literal& initial, const Strides& to_result, Literal& out,
          Function function) {
  using Storage = typename Element::Storage;
  // Sums and products of floats are rounded once, at the end.
  using Total = std::conditional_t<kIsFloat<Element>, double, typename Element::Value>;
  std::vector<Total> totals(static_cast<std::size_t>(out.elements()),
                            static_cast<Total>(Element::load(initial.as<Storage>()[0])));
  auto from = x.as<Storage>();
  Strides own = dense_strides(x.shape());
  std::int64_t step = inner_stride(to_result);
  for_each_row<2>(
      x.shape(), {own, to_result}, {0, 0}, [&](const std::array<std::int64_t, 2>& at, std::int64_t length) {
        for (std::int64_t i = 0; i < length; ++i) {
          auto slot = static_cast<std::size_t>(at[1] + i * step);
          totals[slot] = function(Total{totals[slot]}, static_cast<Total>(Element::load(from[at[0] + i])));
        }
      });
  auto to = out.writable<Storage>();
  for (std::size_t i = 0; i < totals.size(); ++i) to[i] = Element::store(totals[i]);
}

template <class Element>
Status fold_by(Reducer reducer, const Literal& x, const Literal& initial, const Strides& to_result,
               Literal& out) {
  auto run = [&](auto function) -> Status {
    fold<Element>(x, initial, to_result, out, function);
    return {};
  };
  if constexpr (kIsFloat<Element>) {
    switch (reducer) {
      case Reducer::kAdd:
        return run([](double a, double b) { return a + b; });
      case Reducer::kMultiply:
        return run([](double a, double b) { return a * b; });
      case Reducer::kMaximum:
        return run([](double a, double b) { return larger(a, b); });
      case Reducer::kMinimum:
        return run([](double a, double b) { return smaller(a, b); });
      default:
        return fail(ErrorCode::kUnsupported, "floats have no bitwise reduction", "", "integers or pred");
    }
  } else if constexpr (kIsInteger<Element>) {
    using Value = typename Element::Value;
    switch (reducer) {
      case Reducer::kAdd:
        return run([](Value a, Value b) { return wrapping_add(a, b); });
      case Reducer::kMultiply:
        return run([](Value a, Value b) { return wrapping_multiply(a, b); });
      case Reducer::kMaximum:
        return run([](Value a, Value b) { return larger(a, b); });
      case Reducer::kMinimum:
        return run([](Value a, Value b) { return smaller(a, b); });
      case Reducer::kAnd:
        return run([](Value a, Value b) { return static_cast<Value>(a & b); });
      case Reducer::kOr:
        return run([](Value a, Value b) { return static_cast<Value>(a | b); });
      case Reducer::kLast:
        break;
    }
    SPUD_CHECK(false, "a reducer is one of the enumerators");
  } else {
    switch (reducer) {
      case Reducer::kAdd:
      case Reducer::kMaximum:
      case Reducer::kOr:
        return run([](bool a, bool b) { return a || b; });
      default:
        return run([](bool a, bool b) { return a && b; });
    }
  }
}

}  // namespace

Result<Literal> reduce(const Literal& x, const Literal& initial, std::span<const std::int64_t> dimensions,
                       Reducer reducer, const TensorType& result) {
  SPUD_CHECK(initial.dtype() == x.dtype() && initial.elements() == 1,
             "a reduction starts from a scalar of its type");
  SPUD_CHECK(x.dtype() == result.dtype, "a reduction keeps the element type");
  Strides to_result(x.shape().size());
  Strides own = dense_strides(result.shape);
  std::size_t next = 0;
  for (std::size_t d = 0; d < x.shape().size(); ++d) {
    if (std::ranges::find(dimensions, static_cast<std::int64_t>(d)) != dimensions.end()) continue;
    SPUD_CHECK(next < result.shape.size() && result.shape[next] == x.shape()[d],
               "a reduction keeps the dimensions that it does not reduce");
    to_result[d] = own[next++];
  }
  SPUD_CHECK(next == result.shape.size(), "a reduction removes the dimensions that it reduces");
  Literal out(result);
  SPUD_TRY(visit_element(
      x.dtype(), [&]<class Element>() { return fold_by<Element>(reducer, x, initial, to_result, out); }));
  return out;
}

}  // namespace spud::ops::plain
