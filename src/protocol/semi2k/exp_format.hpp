// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "protocol/protocol.hpp"

namespace spud::protocol::semi2k {

/// How exp holds its numbers: the dealt table with `table_bits` fraction bits, the public factor with `gain`,
/// their products in a ring of `ring_bits`. With x = u − shift and λ's low part in [0, 4), an entry rounded
/// by half a unit is an error of at most e^(high + 4) / 2^(table_bits + 1), a rounded factor one of 1 /
/// 2^(gain + 1); together they stay below 0.2 of the result's last bit.
struct ExpFormat {
  unsigned ring_bits = 64;
  unsigned table_bits = 30;
  unsigned gain = 30;
  /// Fraction bits of the product.
  constexpr unsigned fraction() const { return table_bits + gain; }
};

constexpr ExpFormat exp_format(const ExpWindow& window) {
  const auto log2_of_exp = [](int x) { return x > 0 ? static_cast<unsigned>((x * 1443 + 999) / 1000) : 0u; };
  const auto larger = [](unsigned a, unsigned b) { return a > b ? a : b; };
  const auto smaller = [](unsigned a, unsigned b) { return a < b ? a : b; };
  const int high = window.high > 0 ? window.high : 0;
  const unsigned absolute = window.result_fraction + log2_of_exp(high + 4) + 2;
  const unsigned relative = window.relative_bits + log2_of_exp(4) + 2;
  ExpFormat format{64, smaller(absolute, relative), window.result_fraction + 3};
  // e^high with that many fraction bits stays below 2^60: well inside what a truncation can take.
  const unsigned room = 60 - log2_of_exp(high);
  if (format.fraction() > room) return {128, absolute, format.gain};
  // What is left over makes the error smaller still.
  format.table_bits = larger(format.table_bits, smaller(30, room - format.gain));
  format.gain = larger(format.gain, smaller(30, room - format.table_bits));
  return format;
}

}  // namespace spud::protocol::semi2k
