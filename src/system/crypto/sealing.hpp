// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <memory>

#include "base/bytes.hpp"
#include "base/error.hpp"

struct evp_cipher_ctx_st;

namespace spud::crypto {

/// AES-256-GCM (NIST SP 800-38D) under one key: bytes nobody else can read or change unnoticed. A nonce must
/// never seal twice under one key. One thread.
class Sealing {
 public:
  static constexpr std::size_t kNonceBytes = 12;
  static constexpr std::size_t kTagBytes = 16;
  using Nonce = std::array<std::byte, kNonceBytes>;

  explicit Sealing(const Seed& key);

  /// `out` holds the plain bytes' size and kTagBytes more; it may begin where `plain` does. `context` is not
  /// encrypted, but opening needs the same.
  Status seal(const Nonce& nonce, ByteView context, ByteView plain, MutableBytes out);
  /// `out` holds the sealed bytes' size less kTagBytes. kCorrupt if the bytes, the nonce, the context or the
  /// key are not those of sealing: `out` must not be used then, and is wiped.
  Status open(const Nonce& nonce, ByteView context, ByteView sealed, MutableBytes out);

  /// A nonce that counts: for keys that seal numbered pieces, each once.
  static Nonce counted(std::uint64_t number);

 private:
  struct Free {
    void operator()(evp_cipher_ctx_st* context) const;
  };
  using Context = std::unique_ptr<evp_cipher_ctx_st, Free>;
  Context sealing_, opening_;
};

}  // namespace spud::crypto
