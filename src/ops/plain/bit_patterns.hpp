// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bit>
#include <limits>
#include <type_traits>

/// Integers as patterns of as many bits as their type has.
namespace spud::ops::plain {

template <class T>
T count_ones(T x) {
  return static_cast<T>(std::popcount(static_cast<std::make_unsigned_t<T>>(x)));
}

template <class T>
T count_leading_zeros(T x) {
  return static_cast<T>(std::countl_zero(static_cast<std::make_unsigned_t<T>>(x)));
}

/// Places are read as unsigned: from the width on nothing is left of x but what it is filled with.
template <class T>
bool is_beyond(T places) {
  return static_cast<std::make_unsigned_t<T>>(places) >= std::numeric_limits<std::make_unsigned_t<T>>::digits;
}
template <class T>
T shifted_left(T x, T places) {
  using Unsigned = std::make_unsigned_t<T>;
  return is_beyond(places) ? T{0} : static_cast<T>(static_cast<Unsigned>(static_cast<Unsigned>(x) << places));
}
template <class T>
T shifted_right_logical(T x, T places) {
  using Unsigned = std::make_unsigned_t<T>;
  return is_beyond(places) ? T{0} : static_cast<T>(static_cast<Unsigned>(static_cast<Unsigned>(x) >> places));
}
/// Also of an unsigned type: its highest bit is the sign.
template <class T>
T shifted_right_arithmetic(T x, T places) {
  using Signed = std::make_signed_t<T>;
  const auto value = static_cast<Signed>(x);
  return static_cast<T>(static_cast<Signed>(
      value >> (is_beyond(places) ? std::numeric_limits<Signed>::digits : static_cast<int>(places))));
}

}  // namespace spud::ops::plain
