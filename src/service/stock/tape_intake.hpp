// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>
#include <thread>
#include <vector>

#include "service/stock/piece_hash.hpp"
#include "service/stock/tape_vault.hpp"

namespace spud::service::stock {

/// Puts one tape into a vault while it comes: hands whole files of pieces to threads that hash, seal and
/// write them, some while others wait for the disk. One that is dropped before made() is burnt. The vault
/// must outlive it.
class TapeIntake final : public correlation::TapeWriter {
 public:
  static constexpr std::size_t kPieceBytes = PieceHash::kPieceBytes;
  static constexpr std::size_t kPiecesPerFile = 64;
  static constexpr unsigned kWriters = 3;

  ~TapeIntake() override;
  Status write(ByteView bytes) override;
  /// All has come. kCorrupt if it is not what the dealer says it dealt: so many bytes, of this digest
  /// (stock::tape_digest). On return all of it is on disk.
  Status made(std::uint64_t bytes, const Digest& digest);
  std::uint64_t bytes() const { return bytes_; }

 private:
  friend class TapeVault;
  TapeIntake(TapeVault& vault, const TapeId& id, const Digest& demand, const Seed& tape_key);
  /// Pieces of one file, not sealed yet, each with room for its tag, in one large piece of memory: pages of 2
  /// MiB.
  struct File {
    std::uint64_t first = 0;  ///< number of its first piece
    std::size_t bytes = 0;    ///< of all pieces, without their tags
    std::unique_ptr<ring::Buffer> memory;
    std::size_t pieces() const { return (bytes + kPieceBytes - 1) / kPieceBytes; }
    std::byte* piece(std::size_t i) const {
      return memory->data() + i * (kPieceBytes + crypto::Sealing::kTagBytes);
    }
  };
  Status hand_over();
  Status keep_to_rate();
  void write_files();
  Status write_file(crypto::Sealing& sealing, File file);
  Status finish();
  void stop();
  void give_up();

  TapeVault& vault_;
  const TapeId id_;
  const Digest demand_;
  const Millis began_;
  const Seed tape_key_;
  File file_;
  std::uint64_t bytes_ = 0;
  bool made_ = false;

  std::mutex mutex_;
  std::condition_variable changed_;
  // Under mutex_.
  std::deque<File> waiting_;
  std::map<std::uint64_t, Digest> hashes_;  ///< of pieces, by number
  bool last_ = false;
  Status failure_;
  std::vector<std::thread> writers_;  // last: use all of the above
};

/// The key of a piece, or of a tape's first row: for the family "tapes".
Bytes piece_key(const TapeId& id, std::uint64_t index);
/// The key of a tape in the families "ledger" and "heads"; all of its pieces' keys start with it.
Bytes tape_key(const TapeId& id);

}  // namespace spud::service::stock
