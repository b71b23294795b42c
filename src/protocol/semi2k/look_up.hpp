// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>

namespace spud::protocol::semi2k {

/// How an index is cut: its high bits by a table that is folded locally, its low ones by opening what is
/// left.
struct LookUpLevels {
  unsigned high = 0, low = 0;
};
constexpr LookUpLevels look_up_levels(unsigned index_bits) {
  const unsigned low = index_bits <= 8 ? 0 : std::min(index_bits - 8, 4u);
  return {index_bits - low, low};
}

/// Bits that an index below `entries` has.
constexpr unsigned index_bits(std::int64_t entries) {
  return entries <= 2 ? 1u : static_cast<unsigned>(std::bit_width(static_cast<std::uint64_t>(entries - 1)));
}

/// Σ k − i over the bits i of a number: what compose is dealt.
constexpr unsigned composed_bits(unsigned ring_bits, unsigned width) {
  return width * ring_bits - width * (width - 1) / 2;
}

/// Two parties get an arithmetic result by a secret sign, where that takes fewer bits than making a number of
/// the entry's `width` bits.
constexpr bool looks_up_by_sign(unsigned parties, unsigned ring_bits, unsigned index_bits, unsigned width) {
  return parties == 2 && look_up_levels(index_bits).low == 0 &&
         ring_bits + 2 * (ring_bits - 1) < width + composed_bits(ring_bits, width);
}

}  // namespace spud::protocol::semi2k
