// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "alu/alu.hpp"

namespace spud::alu {

/// |x| and [x < 0].
struct Alu::Magnitude {
  Magnitude(Fixed s, Boolean n) : size(std::move(s)), negative(std::move(n)) {}
  Fixed size;
  Boolean negative;
};

/// x·scale for a scale that is a power of 16, by the topmost digit of four bits that x has.
struct Alu::Normal {
  Normal(Arith m, std::vector<Arith> w) : mantissa(std::move(m)), weights(std::move(w)) {}
  Arith mantissa;              ///< in [1/16, 1] with normal_bits() of fraction; 0 of 0
  std::vector<Arith> weights;  ///< the scale, then what the caller wants to know of the topmost digit
};

/// Whether x may be negative: then the scale is too, and the mantissa is that of |x|.
enum class Alu::Sign : std::uint8_t { kNone, kAny };

/// Bits of a number that normalisation looks at; a multiple of 4.
constexpr unsigned normal_bits(unsigned ring_bits) {
  return ring_bits == 32 ? 20 : ring_bits == 64 ? 44 : 60;
}
constexpr unsigned normal_digits(unsigned ring_bits) {
  return normal_bits(ring_bits) / 4;
}

/// What is wanted of a number by its topmost digit, and of zero, or of what a function is not made for.
struct ByDigit {
  std::vector<std::int64_t> of_digit;
  std::int64_t of_zero = 0;
  bool is_odd = false;  ///< of a negative number it is the negative of that of |x|; of the scale, always
};
template <class F>
ByDigit by_digit(unsigned ring_bits, F&& weight, std::int64_t of_zero = 0) {
  ByDigit out{{}, of_zero, false};
  for (unsigned d = 0; d < normal_digits(ring_bits); ++d) out.of_digit.push_back(weight(static_cast<int>(d)));
  return out;
}

/// g++ 12 cannot have a nested braced list inside a coroutine's co_await expression.
inline std::vector<ByDigit> one_list(ByDigit list) {
  return {std::move(list)};
}

/// Pieces of [0, 1) of which one stands for 1: a mantissa's neighbour above may be that. What a function of a
/// mantissa is told there is near 1.
inline double near_one(double mantissa) {
  return mantissa < 1.0 / 32 ? 1 + mantissa : mantissa;
}

}  // namespace spud::alu
