// SPDX-License-Identifier: Apache-2.0
#include "alu/pieces.hpp"

#include <array>
#include <cmath>

namespace spud::alu {
namespace {

// cos(π/8) and cos(3π/8): the nodes for four points; √3/2 for three, √2/2 for two.
constexpr double kFourOuter = 0x1.d906bcf328d46p-1, kFourInner = 0x1.87de2a6aea963p-2;
constexpr double kThree = 0x1.bb67ae8584caap-1, kTwo = 0x1.6a09e667f3bcdp-1;

/// Coefficients of powers of t in [−1, 1].
std::array<double, 4> interpolated(unsigned degree, const auto& at) {
  switch (degree) {
    case 0:
      return {at(0.0), 0, 0, 0};
    case 1: {
      const double low = at(-kTwo), high = at(kTwo);
      return {(low + high) / 2, (high - low) / (2 * kTwo), 0, 0};
    }
    case 2: {
      const double low = at(-kThree), middle = at(0.0), high = at(kThree);
      return {middle, (high - low) / (2 * kThree), ((high - middle) + (low - middle)) / (2 * kThree * kThree),
              0};
    }
    default: {
      const double a = kFourOuter, b = kFourInner;
      const double outer_even = (at(a) + at(-a)) / 2, inner_even = (at(b) + at(-b)) / 2;
      const double outer_odd = (at(a) - at(-a)) / (2 * a), inner_odd = (at(b) - at(-b)) / (2 * b);
      const double second = (outer_even - inner_even) / (a * a - b * b);
      const double third = (outer_odd - inner_odd) / (a * a - b * b);
      return {inner_even - second * b * b, inner_odd - third * b * b, second, third};
    }
  }
}

}  // namespace

std::vector<ring::Tensor> piece_tables(const Pieces& pieces, RealFunction f, double scale,
                                       unsigned result_fraction, unsigned ring_bits) {
  const std::int64_t entries = std::int64_t{1} << pieces.index_bits;
  std::vector<ring::Tensor> tables;
  for (unsigned d = 0; d <= pieces.degree; ++d) tables.push_back(ring::Tensor::zeros(ring_bits, {entries}));
  const int low = static_cast<int>(pieces.low()), fraction = static_cast<int>(pieces.fraction_bits);
  for (std::int64_t i = 0; i < entries; ++i) {
    const std::int64_t place = pieces.is_signed && i >= entries / 2 ? i - entries : i;
    const auto at = [&](double t) {
      return scale * f(std::ldexp(static_cast<double>(place) + t, low - fraction));
    };
    const auto coefficients = interpolated(pieces.degree, at);
    for (unsigned d = 0; d <= pieces.degree; ++d) {
      // t is r / 2^(low − dropped).
      const int by =
          static_cast<int>(result_fraction) - static_cast<int>(d) * (low - static_cast<int>(pieces.dropped));
      const double entry = std::nearbyint(std::ldexp(coefficients[d], by));
      ring::with_ring(ring_bits, [&]<class R>(R) {
        using Word = typename R::Word;
        tables[d].template writable<Word>()[i] = R::reduce(static_cast<Word>(static_cast<__int128>(entry)));
      });
    }
  }
  return tables;
}

}  // namespace spud::alu
