// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ring/bit_tensor.hpp"

namespace spud::correlation {

/// Bits that come as many a number, the entries in front of the numbers' shape: one-hot tables too large for
/// digits, and what is read at a secret place.
inline constexpr unsigned kMostEntryBits = 14;

/// Entry v set where v = (number ≫ from) modulo 2^width; [2^width, …].
ring::BitTensor entry_bits(const ring::Tensor& numbers, unsigned width, unsigned from);

/// The same of a number's low bits, the entries last: […, 2^width].
ring::BitTensor entry_row(const ring::Tensor& numbers, unsigned width);
/// Of bits […, 2^width], entry number modulo 2^width of each number's own.
ring::BitTensor entry_of_row(const ring::Tensor& numbers, const ring::BitTensor& bits, unsigned width);

/// Of bits [2^width, …, shape of the numbers], the entry that (number ≫ from) modulo 2^width names.
ring::BitTensor entry_of(const ring::Tensor& numbers, const ring::BitTensor& bits, unsigned width,
                         unsigned from);

/// Of bits [m, …], m ≤ 2^width, continued to 2^width places by zeros or by the last place: place r of the
/// result is place r − number modulo 2^width.
ring::BitTensor rotated(const ring::Tensor& numbers, const ring::BitTensor& bits, unsigned width,
                        bool by_the_last);

}  // namespace spud::correlation
