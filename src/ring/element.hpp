// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/check.hpp"

namespace spud::ring {

/// Z_2^k for one k. Word is the smallest unsigned type that holds an element; reduce() brings a word back
/// into the ring.
template <unsigned K>
struct Ring;

template <>
struct Ring<4> {  // small enough to enumerate: for tests of what a protocol reveals
  using Word = std::uint8_t;
  static constexpr unsigned kBits = 4;
  static constexpr Word reduce(unsigned w) { return w & 15u; }
};
template <>
struct Ring<32> {
  using Word = std::uint32_t;
  static constexpr unsigned kBits = 32;
  static constexpr Word reduce(Word w) { return w; }
};
template <>
struct Ring<64> {
  using Word = std::uint64_t;
  static constexpr unsigned kBits = 64;
  static constexpr Word reduce(Word w) { return w; }
};
template <>
struct Ring<128> {
  using Word = unsigned __int128;
  static constexpr unsigned kBits = 128;
  static constexpr Word reduce(Word w) { return w; }
};

/// ⌊word / 2^by⌋ of a word that may lie outside the ring (an intermediate of an element-wise map).
template <class Word>
constexpr Word shift_right(Word word, unsigned by, unsigned bits) {
  if (bits < 8 * sizeof(Word)) word = static_cast<Word>(word & ((Word{1} << bits) - 1));
  return static_cast<Word>(word >> by);
}

inline bool is_ring(unsigned bits) {
  return bits == 4 || bits == 32 || bits == 64 || bits == 128;
}

/// Calls body(Ring<k>{}) for a k known at run time.
template <class Body>
decltype(auto) with_ring(unsigned bits, Body&& body) {
  switch (bits) {
    case 4:
      return body(Ring<4>{});
    case 32:
      return body(Ring<32>{});
    case 64:
      return body(Ring<64>{});
    case 128:
      return body(Ring<128>{});
    default:
      SPUD_CHECK(false, "rings are Z_2^4 (tests), Z_2^32, Z_2^64 and Z_2^128");
  }
}

/// Bytes of one word in memory and on the wire.
inline std::size_t word_bytes(unsigned bits) {
  return bits == 4 ? 1 : bits / 8;
}

}  // namespace spud::ring
