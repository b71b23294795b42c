// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <cstdint>
#include <limits>
#include <type_traits>

#include "base/literal.hpp"

/// Element types as compile-time classes: Storage is what a literal holds, Value what arithmetic computes
/// with. store() makes every NaN the positive quiet one, since machines differ in the NaN they produce.
namespace spud::ops::plain {

template <class T>
struct Integer {
  using Storage = T;
  using Value = T;
  static Value load(Storage stored) { return stored; }
  static Storage store(Value value) { return value; }
};

/// 0 or 1 in a byte.
struct Pred {
  using Storage = std::uint8_t;
  using Value = bool;
  static Value load(Storage stored) { return stored != 0; }
  static Storage store(Value value) { return value ? 1 : 0; }
};

struct Double {
  using Storage = double;
  using Value = double;
  static Value load(Storage stored) { return stored; }
  static Storage store(double value) {
    return value != value ? std::numeric_limits<double>::quiet_NaN() : value;
  }
};

struct Single {
  using Storage = float;
  using Value = float;
  static Value load(Storage stored) { return stored; }
  static Storage store(float value) {
    return value != value ? std::numeric_limits<float>::quiet_NaN() : value;
  }
  static Storage store(double value) { return store(static_cast<float>(value)); }
};

struct Half {
  using Storage = std::uint16_t;
  using Value = float;
  static Value load(Storage stored) { return static_cast<float>(half_to_double(stored)); }
  static Storage store(double value) { return value != value ? Storage{0x7e00} : double_to_half(value); }
};

struct Brain {
  using Storage = std::uint16_t;
  using Value = float;
  static Value load(Storage stored) { return static_cast<float>(bfloat_to_double(stored)); }
  static Storage store(double value) { return value != value ? Storage{0x7fc0} : double_to_bfloat(value); }
};

template <class Element>
inline constexpr bool kIsFloat = std::is_floating_point_v<typename Element::Value>;
template <class Element>
inline constexpr bool kIsPred = std::is_same_v<Element, Pred>;
template <class Element>
inline constexpr bool kIsInteger = !kIsFloat<Element> && !kIsPred<Element>;

/// Calls visitor.operator()<Element>() for the class of `dtype`.
template <class Visitor>
decltype(auto) visit_element(DType dtype, Visitor&& visitor) {
  switch (dtype) {
    case DType::kPred:
      return visitor.template operator()<Pred>();
    case DType::kS8:
      return visitor.template operator()<Integer<std::int8_t>>();
    case DType::kS16:
      return visitor.template operator()<Integer<std::int16_t>>();
    case DType::kS32:
      return visitor.template operator()<Integer<std::int32_t>>();
    case DType::kS64:
      return visitor.template operator()<Integer<std::int64_t>>();
    case DType::kU8:
      return visitor.template operator()<Integer<std::uint8_t>>();
    case DType::kU16:
      return visitor.template operator()<Integer<std::uint16_t>>();
    case DType::kU32:
      return visitor.template operator()<Integer<std::uint32_t>>();
    case DType::kU64:
      return visitor.template operator()<Integer<std::uint64_t>>();
    case DType::kF16:
      return visitor.template operator()<Half>();
    case DType::kBF16:
      return visitor.template operator()<Brain>();
    case DType::kF32:
      return visitor.template operator()<Single>();
    case DType::kF64:
      return visitor.template operator()<Double>();
  }
  SPUD_CHECK(false, "an element type is one of the enumerators");
}

/// IEEE maximum and minimum: NaN if either is, and -0 below +0.
template <class T>
T larger(T a, T b) {
  if constexpr (std::is_floating_point_v<T>) {
    if (a != a || b != b) return std::numeric_limits<T>::quiet_NaN();
    if (a == b) return std::signbit(a) ? b : a;
  }
  return a > b ? a : b;
}
template <class T>
T smaller(T a, T b) {
  if constexpr (std::is_floating_point_v<T>) {
    if (a != a || b != b) return std::numeric_limits<T>::quiet_NaN();
    if (a == b) return std::signbit(a) ? a : b;
  }
  return a < b ? a : b;
}

/// Integer arithmetic modulo 2^width, without the undefined overflow of signed types and promotions.
template <class T>
T wrapping_add(T a, T b) {
  return static_cast<T>(static_cast<std::uint64_t>(a) + static_cast<std::uint64_t>(b));
}
template <class T>
T wrapping_subtract(T a, T b) {
  return static_cast<T>(static_cast<std::uint64_t>(a) - static_cast<std::uint64_t>(b));
}
template <class T>
T wrapping_multiply(T a, T b) {
  return static_cast<T>(static_cast<std::uint64_t>(a) * static_cast<std::uint64_t>(b));
}

}  // namespace spud::ops::plain
