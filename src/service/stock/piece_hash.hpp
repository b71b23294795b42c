// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "system/crypto/sha256.hpp"

namespace spud::service::stock {

/// What corrections are hashed by: SHA-256 over the SHA-256 of every piece of them, so that several threads
/// can hash one tape. One thread.
class PieceHash {
 public:
  static constexpr std::size_t kPieceBytes = 1u << 20;

  void update(ByteView bytes) {
    while (!bytes.empty()) {
      const auto take = std::min(bytes.size(), kPieceBytes - in_piece_);
      piece_.update(bytes.first(take));
      in_piece_ += take;
      bytes = bytes.subspan(take);
      if (in_piece_ == kPieceBytes) end_piece();
    }
  }
  /// The next piece, hashed elsewhere; nothing of an earlier one is open.
  void add(const Digest& piece) { all_.update(piece.bytes); }
  Digest finish() {
    if (in_piece_ > 0) end_piece();
    return all_.finish();
  }

 private:
  void end_piece() {
    add(piece_.finish());
    in_piece_ = 0;
  }

  crypto::Sha256 all_, piece_;
  std::size_t in_piece_ = 0;
};

/// The same of bytes that are all there.
inline Digest hash_pieces(ByteView bytes) {
  PieceHash hash;
  hash.update(bytes);
  return hash.finish();
}

}  // namespace spud::service::stock
