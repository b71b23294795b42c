// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

namespace spud::alu {

/// Wide steps take few rounds and many bits: pairs of operands grow with the square of the fan-in, products
/// of bits with its power of two.
inline constexpr unsigned kFanIn = 8;
inline constexpr unsigned kFanInOfBits = 4;

/// As many bits as cost what a round does. A link carries 30 kB in the time of a round trip on loopback,
/// about 100 kB within a data centre, 250 kB at 20 ms and 100 Mbit/s; what is dealt counts too. The choice
/// need not be good for all of them: from half to twice of it the trees hardly differ.
inline constexpr std::uint64_t kRoundBits = 8 * 64 * 1024;

/// What a tree combines: numbers of a ring, by comparison, or bits.
struct TreeOf {
  unsigned ring_bits = 64;  ///< 0 for bits
  bool whole_ring = false;  ///< numbers whose differences may wrap
};

/// One level: `wide` groups of `fan_in` neighbours, then `narrow` ones of one less; 1 is passed on as it is.
struct Level {
  unsigned fan_in = 2;
  std::int64_t wide = 0, narrow = 0;
  std::int64_t groups() const { return wide + narrow; }
  bool operator==(const Level&) const = default;
};

/// The levels that reduce `length` rows of `width` to one, cheapest in rounds and bits together. A function
/// of public sizes, the same on every party: what a step costs is semi2k's, rounded.
std::vector<Level> plan_tree(std::int64_t length, std::int64_t width, TreeOf what);

}  // namespace spud::alu
