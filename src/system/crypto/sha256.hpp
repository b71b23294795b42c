// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string_view>

#include "base/bytes.hpp"

struct evp_md_ctx_st;

namespace spud::crypto {

/// SHA-256 of `data` in one call.
Digest sha256(ByteView data);

/// SHA-256 of data that comes in pieces. One thread at a time.
class Sha256 {
 public:
  Sha256();
  Sha256(Sha256&&) noexcept = default;
  Sha256& operator=(Sha256&&) noexcept = default;
  void update(ByteView data);
  /// The digest of everything since construction or the last finish(); starts anew.
  Digest finish();

 private:
  struct Free {
    void operator()(evp_md_ctx_st* context) const;
  };
  std::unique_ptr<evp_md_ctx_st, Free> context_;
};

/// A seed for the purpose `label`, independent of the seeds of all other labels: HKDF-Expand (RFC 5869,
/// section 2.3) with SHA-256, the parent as its key and "spud derive 1:" + label as its info. Whoever knows
/// the result learns nothing about the parent or its other children.
Seed derive(const Seed& parent, std::string_view label);

}  // namespace spud::crypto
