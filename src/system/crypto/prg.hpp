// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "system/crypto/counter_aes.hpp"

namespace spud::crypto {

/// Expands a seed to 2^64 independent streams of pseudo-random bytes: AES-128 in counter mode. The key is the
/// first 16 bytes of SHA-256("spud prg 1" || seed); the counter block of block b of stream s is s || b, both
/// 8 bytes big-endian. The same bytes on every machine and in every version: shares and tapes depend on it.
///
/// Streams have no state: fill(s, …) always begins at block 0, so one (Prg, stream) pair must not serve two
/// purposes. fill() may be called from several threads at once; moving and destroying may not overlap with
/// it.
class Prg {
 public:
  explicit Prg(const Seed& seed);

  /// The first out.size() bytes of `stream`.
  void fill(std::uint64_t stream, MutableBytes out) const { fill_from(stream, 0, out); }
  /// The same stream from 16-byte block `block` on, so that threads can share the making of a large one, or
  /// one thread makes it piece by piece where it is used. A piece of a few bytes costs one block.
  void fill_from(std::uint64_t stream, std::uint64_t block, MutableBytes out) const;

 private:
  CounterAes aes_;
};

}  // namespace spud::crypto
