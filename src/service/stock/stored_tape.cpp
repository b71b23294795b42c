// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstring>

#include "base/limits.hpp"
#include "service/stock/tape_intake.hpp"
#include "service/stock/tape_vault.hpp"

namespace spud::service::stock {

namespace {

/// Pieces that may wait to be opened.
constexpr std::size_t kSealedAhead = 8;
/// Pieces that are erased together: whole files, so that they go back to the disk at once.
constexpr std::uint64_t kPiecesErased = 2 * TapeIntake::kPiecesPerFile;

}  // namespace

StoredTape::StoredTape(TapeVault& vault, const StockTape& tape, StockKeys::Secrets secrets)
    : vault_(vault),
      id_(tape.id),
      bytes_(tape.bytes),
      seed_(std::move(secrets.seed)),
      sealing_(secrets.tape_key),
      pipe_(limits::kTapeBufferBytes) {
  // All ranks but the last have a seed and nothing to read.
  if (bytes_ == 0) {
    end({});
    return;
  }
  try {
    reader_ = std::thread([this] { read(); });
    opener_ = std::thread([this] { open_pieces(); });
    tender_ = std::thread([this] { tend_files(); });
  } catch (...) {
    stop();
    throw;
  }
}

StoredTape::~StoredTape() {
  stop();
}

void StoredTape::stop() {
  pipe_.close(Error{ErrorCode::kCancelled, "the attempt has ended", "tape", "", "", ""});
  {
    std::lock_guard lock(mutex_);
    ended_ = true;
    changed_.notify_all();
  }
  for (auto* thread : {&reader_, &opener_, &tender_}) {
    if (thread->joinable()) thread->join();
  }
  vault_.returned(id_);
}

/// Nothing more comes: because it is the end, or because of an error.
void StoredTape::end(Status status) {
  pipe_.close(status ? Error{ErrorCode::kPeerFault, "the tape is exhausted", "tape " + id_.str(), "",
                             id_.party.str(), ""}
                     : std::move(status).error());
}

void StoredTape::read() {
  auto all = read_all();
  std::lock_guard lock(mutex_);
  if (!all) {
    end(std::move(all));
    ended_ = true;
  }
  all_read_ = true;
  changed_.notify_all();
}

Status StoredTape::read_all() {
  std::uint64_t bytes = 0, index = 0;
  SPUD_TRY(vault_.store_->scan(
      vault_.family("tapes"), tape_key(id_),
      [&](ByteView key, ByteView sealed) -> Result<store::Walk> {
        if (!std::ranges::equal(key, piece_key(id_, index)) || sealed.size() <= crypto::Sealing::kTagBytes) {
          return fail(ErrorCode::kCorrupt, "piece " + std::to_string(index) + " is missing",
                      "tape " + id_.str());
        }
        bytes += sealed.size() - crypto::Sealing::kTagBytes;
        return queue(index++, sealed);
      },
      {}, store::Store::Bulk::kYes));
  std::lock_guard lock(mutex_);
  if (bytes == bytes_ || ended_) return {};
  return fail(ErrorCode::kCorrupt, std::to_string(bytes) + " bytes are on disk", "tape " + id_.str(),
              std::to_string(bytes_) + " bytes");
}

Result<store::Walk> StoredTape::queue(std::uint64_t index, ByteView sealed) {
  auto piece = std::make_unique<ring::Buffer>(sealed.size());
  std::memcpy(piece->data(), sealed.data(), sealed.size());
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return ended_ || sealed_.size() < kSealedAhead; });
  if (ended_) return store::Walk::kStop;
  sealed_.push_back({index, std::move(piece)});
  read_ = index + 1;
  changed_.notify_all();
  return store::Walk::kContinue;
}

void StoredTape::open_pieces() {
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [&] { return ended_ || all_read_ || !sealed_.empty(); });
    if (ended_) return;
    if (sealed_.empty()) return end({});
    auto [index, sealed] = std::move(sealed_.front());
    sealed_.pop_front();
    changed_.notify_all();
    lock.unlock();
    auto opened = [&]() -> Status {
      auto piece = std::make_unique<ring::Buffer>(sealed->size() - crypto::Sealing::kTagBytes);
      SPUD_TRY(sealing_.open(crypto::Sealing::counted(index), piece_key(id_, index),
                             {sealed->data(), sealed->size()}, {piece->data(), piece->size()}));
      return pipe_.push(std::move(piece));
    }();
    lock.lock();
    if (opened) continue;
    end(std::move(opened));
    ended_ = true;
    changed_.notify_all();
    return;
  }
}

/// Files of pieces that have been read go, used or not; what cannot be erased here is erased with the rest.
/// And the file after the one that is read is opened, which takes some reads that would each wait for the
/// disk.
void StoredTape::tend_files() {
  const std::uint64_t pieces = (bytes_ + TapeIntake::kPieceBytes - 1) / TapeIntake::kPieceBytes;
  std::uint64_t erased = 0, opened = TapeIntake::kPiecesPerFile;
  std::unique_lock lock(mutex_);
  for (;;) {
    const auto to_open = [&] { return opened < pieces && opened <= read_ + TapeIntake::kPiecesPerFile; };
    const auto to_erase = [&] { return read_ >= erased + kPiecesErased; };
    changed_.wait(lock, [&] { return ended_ || all_read_ || to_open() || to_erase(); });
    if (ended_) return;
    const bool open = to_open(), erase = to_erase();
    if (!open && !erase) return;
    lock.unlock();
    if (open) {
      (void)vault_.store_->get(vault_.family("tapes"), piece_key(id_, opened));
      opened += TapeIntake::kPiecesPerFile;
    }
    if (erase) {
      (void)vault_.store_->erase_range(vault_.family("tapes"), piece_key(id_, erased),
                                       piece_key(id_, erased + kPiecesErased), store::Durability::kSynced);
      erased += kPiecesErased;
    }
    lock.lock();
  }
}

}  // namespace spud::service::stock
