// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>
#include <vector>

#include "service/stock/tape_vault.hpp"
#include "system/crypto/sha256.hpp"

namespace spud::service::stock {

/// Puts one tape into a vault while it comes: seals it piece by piece, and writes whole files of pieces on a
/// thread of its own. One that is dropped before made() is burnt. The vault must outlive it.
class TapeIntake final : public correlation::TapeWriter {
 public:
  static constexpr std::size_t kPieceBytes = 1u << 20;
  static constexpr std::size_t kPiecesPerFile = 64;

  ~TapeIntake() override;
  Status write(ByteView bytes) override;
  /// All has come. kCorrupt if it is not what the dealer says it dealt: so many bytes, of this digest
  /// (stock::tape_digest). On return all of it is on disk.
  Status made(std::uint64_t bytes, const Digest& digest);
  std::uint64_t bytes() const { return bytes_; }

 private:
  friend class TapeVault;
  TapeIntake(TapeVault& vault, const TapeId& id, const Digest& demand, const Seed& tape_key);
  using Rows = std::vector<std::pair<Bytes, Bytes>>;
  Status seal_piece();
  Status hand_over();
  Status keep_to_rate();
  void store_rows();
  Status finish();
  void stop();

  TapeVault& vault_;
  const TapeId id_;
  const Digest demand_;
  const Millis began_;
  crypto::Sealing sealing_;
  crypto::Sha256 hash_;
  Bytes piece_;
  Rows rows_;
  std::uint64_t pieces_ = 0, bytes_ = 0;
  bool made_ = false;

  std::mutex mutex_;
  std::condition_variable changed_;
  // Under mutex_.
  std::deque<Rows> waiting_;
  bool storing_ = false;
  bool last_ = false;
  Status failure_;
  std::thread writer_;  // last: uses all of the above
};

/// The key of a piece, or of a tape's first row: for the family "tapes".
Bytes piece_key(const TapeId& id, std::uint64_t index);
/// The key of a tape in the families "ledger" and "heads"; all of its pieces' keys start with it.
Bytes tape_key(const TapeId& id);

}  // namespace spud::service::stock
