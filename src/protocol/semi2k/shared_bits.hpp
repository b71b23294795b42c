// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <vector>

namespace spud::protocol::semi2k {

/// What Δ less one public number has in common with Δ less another: the bits below the lowest one of the two.
struct SharedBits {
  std::size_t base = 0;  ///< of the differences: the one that agrees with Δ furthest up
  std::vector<unsigned>
      same_below;  ///< by difference: the bits, of `width`, in which it agrees with the base
};

/// Of the differences of less_than_public: one a threshold; where width = k, Δ itself comes before them, and
/// the thresholds are moved up to be unsigned.
inline SharedBits shared_bits(const std::vector<__int128>& thresholds, unsigned ring_bits, unsigned width) {
  const bool whole = width == ring_bits;
  SharedBits out;
  if (whole) out.same_below.push_back(width);
  for (const __int128 c : thresholds) {
    auto bits = static_cast<unsigned __int128>(c);
    if (whole) bits += static_cast<unsigned __int128>(1) << (width - 1);
    unsigned zeros = 0;
    while (zeros < width && (bits >> zeros & 1) == 0) ++zeros;
    out.same_below.push_back(zeros);
  }
  out.base = static_cast<std::size_t>(std::ranges::max_element(out.same_below) - out.same_below.begin());
  return out;
}

}  // namespace spud::protocol::semi2k
