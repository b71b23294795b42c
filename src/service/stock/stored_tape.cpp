// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "base/limits.hpp"
#include "service/stock/tape_intake.hpp"
#include "service/stock/tape_vault.hpp"
#include "system/store/key.hpp"

namespace spud::service::stock {

StoredTape::StoredTape(TapeVault& vault, const StockTape& tape, StockKeys::Secrets secrets)
    : vault_(vault),
      id_(tape.id),
      bytes_(tape.bytes),
      seed_(std::move(secrets.seed)),
      sealing_(secrets.tape_key),
      pipe_(limits::kTapeBufferBytes) {
  reader_ = std::thread([this] { read(); });
}

StoredTape::~StoredTape() {
  ended_ = true;
  pipe_.close(Error{ErrorCode::kCancelled, "the attempt has ended", "tape", "", "", ""});
  reader_.join();
  vault_.returned(id_);
}

void StoredTape::read() {
  auto all = read_all();
  pipe_.close(all ? Error{ErrorCode::kPeerFault, "the tape is exhausted", "tape " + id_.str(), "",
                          id_.party.str(), ""}
                  : std::move(all).error());
}

Status StoredTape::read_all() {
  std::uint64_t bytes = 0, index = 0;
  while (bytes < bytes_ && !ended_) {
    const auto first = index;
    SPUD_TRY(vault_.store_->scan(
        vault_.family("tapes"), tape_key(id_),
        [&](ByteView key, ByteView sealed) -> Result<store::Walk> {
          const auto expected = piece_key(id_, index);
          if (!std::ranges::equal(key, expected) || sealed.size() <= crypto::Sealing::kTagBytes) {
            return fail(ErrorCode::kCorrupt, "piece " + std::to_string(index) + " is missing",
                        "tape " + id_.str());
          }
          auto piece = std::make_unique<ring::Buffer>(sealed.size() - crypto::Sealing::kTagBytes);
          SPUD_TRY(sealing_.open(crypto::Sealing::counted(index), expected, sealed,
                                 {piece->data(), piece->size()}));
          bytes += piece->size();
          ++index;
          SPUD_TRY(pipe_.push(std::move(piece)));
          const bool whole_file = index - first == TapeIntake::kPiecesPerFile;
          return whole_file || ended_ ? store::Walk::kStop : store::Walk::kContinue;
        },
        piece_key(id_, first)));
    if (index == first) break;
    // A file of pieces has been read: it goes, used or not.
    SPUD_TRY(vault_.store_->erase_range(vault_.family("tapes"), piece_key(id_, first), piece_key(id_, index),
                                        store::Durability::kSynced));
  }
  if (bytes == bytes_ || ended_) return {};
  return fail(ErrorCode::kCorrupt, std::to_string(bytes) + " bytes are on disk", "tape " + id_.str(),
              std::to_string(bytes_) + " bytes");
}

}  // namespace spud::service::stock
