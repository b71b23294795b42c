// SPDX-License-Identifier: Apache-2.0
#include <cmath>
#include <limits>

#include "ops/plain/element.hpp"
#include "ops/plain/families.hpp"

namespace spud::ops::plain {
namespace {

/// Towards zero, held at the ends of the type's range; NaN becomes 0.
template <class T>
T truncate(double value) {
  constexpr int kMagnitudeBits = std::numeric_limits<T>::digits;
  // Both ends as powers of two, which doubles hold exactly where max() may not be.
  const double end = std::ldexp(1.0, kMagnitudeBits);
  if (value != value) return 0;
  if (value >= end) return std::numeric_limits<T>::max();
  if (value <= (std::is_signed_v<T> ? -end : 0.0)) return std::numeric_limits<T>::min();
  return static_cast<T>(value);
}

template <class To, class Value>
typename To::Storage convert_one(Value value) {
  if constexpr (kIsPred<To>) {
    return To::store(value != Value{0});
  } else if constexpr (kIsInteger<To>) {
    if constexpr (std::is_floating_point_v<Value>) {
      return truncate<typename To::Value>(value);
    } else {
      return static_cast<typename To::Value>(value);
    }
  } else if constexpr (std::is_floating_point_v<Value>) {
    return To::store(value);
  } else {
    return To::store(static_cast<typename To::Value>(value));
  }
}

}  // namespace

Literal convert(const Literal& x, const TensorType& result) {
  SPUD_CHECK(x.shape() == result.shape, "a conversion keeps the shape");
  if (x.dtype() == result.dtype) return x;
  Literal out(result);
  visit_element(x.dtype(), [&]<class From>() {
    visit_element(result.dtype, [&]<class To>() {
      auto from = x.as<typename From::Storage>();
      auto to = out.writable<typename To::Storage>();
      for (std::size_t i = 0; i < to.size(); ++i) to[i] = convert_one<To>(From::load(from[i]));
    });
  });
  return out;
}

}  // namespace spud::ops::plain
