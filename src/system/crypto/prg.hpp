// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>

#include "base/bytes.hpp"

struct evp_cipher_ctx_st;

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
  Prg(Prg&& other) noexcept;
  Prg& operator=(Prg&& other) noexcept;
  Prg(const Prg&) = delete;
  Prg& operator=(const Prg&) = delete;
  ~Prg();

  /// The first out.size() bytes of `stream`.
  void fill(std::uint64_t stream, MutableBytes out) const { fill_from(stream, 0, out); }
  /// The same stream from 16-byte block `block` on, so that threads can share the making of a large one.
  void fill_from(std::uint64_t stream, std::uint64_t block, MutableBytes out) const;

 private:
  evp_cipher_ctx_st* take() const;
  void give_back(evp_cipher_ctx_st* context) const;

  std::array<std::byte, 16> key_{};
  // A keyed context at rest, or null while a thread uses it. The usual single caller never makes a second
  // one.
  mutable std::atomic<evp_cipher_ctx_st*> idle_{nullptr};
};

}  // namespace spud::crypto
