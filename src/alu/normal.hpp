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

struct Alu::Normal {
  Normal(Arith m, std::vector<Arith> w) : mantissa(std::move(m)), weighted(std::move(w)) {}
  Arith mantissa;               ///< with normal_bits() of fraction; 0 of 0
  std::vector<Arith> weighted;  ///< Σ_j [leading one at j] · weights[·][j]
};

/// Bits of a number that normalisation looks at; a multiple of 4.
constexpr unsigned normal_bits(unsigned ring_bits) {
  return ring_bits == 32 ? 20 : ring_bits == 64 ? 44 : 60;
}
/// Fraction bits of the mantissa's function when the exponent's factor multiplies it.
constexpr unsigned factor_bits(unsigned ring_bits) {
  return ring_bits == 32 ? 9 : ring_bits == 64 ? 18 : 40;
}

/// weights[j] for each place j of the leading one.
template <class F>
std::vector<std::int64_t> by_place(unsigned ring_bits, F&& weight) {
  std::vector<std::int64_t> out(normal_bits(ring_bits));
  for (unsigned j = 0; j < out.size(); ++j) out[j] = weight(static_cast<int>(j));
  return out;
}

/// g++ 12 cannot have a nested braced list inside a coroutine's co_await expression.
inline std::vector<std::vector<std::int64_t>> one_list(std::vector<std::int64_t> list) {
  return {std::move(list)};
}

}  // namespace spud::alu
