// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "ring/tensor.hpp"

namespace spud::correlation {

/// The exponential of a masked number, after protocols.md: x + window = Δ − λ modulo 2^(fraction + 5), x in
/// (low, high]. The dealer knows λ and deals the table e^(−λ mod 4) · [v = λ div 4] of eight entries; the
/// parties know Δ and weight the entries by public powers. Integer arithmetic throughout: every machine gets
/// the same words.
inline constexpr unsigned kExpWindowBits = 5;      ///< the window is 2^5 wide in units of 1
inline constexpr unsigned kExpEntries = 8;         ///< over the top three bits of the window
inline constexpr unsigned kMostExpTableBits = 60;  ///< of fraction an entry can have

/// e^(−λ_low), λ_low = λ modulo 2^(fraction + 2), in entry λ div 2^(fraction + 2), rounded to `table_bits`
/// fraction bits; other entries zero. Shape [8, …], words of a ring of 64 or 128 bits.
ring::Tensor exp_table(const ring::Tensor& lambda, unsigned fraction_bits, unsigned table_bits,
                       unsigned ring_bits);

/// Σ over the entries 0 … 7 of shares[entry] times the public factor 2^gain · e^(Δ_low + 4·((Δ_high − entry)
/// mod 8) − shift), rounded, Δ split as λ is; `shift` in units of 1. In the shares' ring, of Δ's shape.
ring::Tensor exp_sum(const ring::Tensor& delta, const ring::Tensor& shares, unsigned fraction_bits, int shift,
                     unsigned gain);

/// e^(number / 2^fraction) · 2^scale rounded down, for number / 2^fraction in [−40, 20], to about 55
/// significant bits, in integer arithmetic. The result must fit 64 bits.
std::uint64_t fixed_exp(std::int64_t number, unsigned fraction_bits, unsigned scale);

}  // namespace spud::correlation
