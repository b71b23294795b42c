// SPDX-License-Identifier: Apache-2.0
#include "service/stock/tape_intake.hpp"

#include <algorithm>

#include "base/crash_point.hpp"
#include "system/store/key.hpp"

namespace spud::service::stock {

namespace {

/// Files that may wait for the disk.
constexpr std::size_t kFilesAhead = 2;

store::Key key_of(const TapeId& id) {
  store::Key key(id.party.str(), id.node.str());
  key.number(id.epoch).number(id.sequence);
  return key;
}

}  // namespace

Bytes tape_key(const TapeId& id) {
  const auto key = key_of(id);
  return {key.view().begin(), key.view().end()};
}

Bytes piece_key(const TapeId& id, std::uint64_t index) {
  auto key = key_of(id);
  key.number(index);
  return {key.view().begin(), key.view().end()};
}

TapeIntake::TapeIntake(TapeVault& vault, const TapeId& id, const Digest& demand, const Seed& tape_key)
    : vault_(vault), id_(id), demand_(demand), began_(vault.clock_.now()), sealing_(tape_key) {
  piece_.reserve(kPieceBytes + crypto::Sealing::kTagBytes);
  writer_ = std::thread([this] { store_rows(); });
}

TapeIntake::~TapeIntake() {
  stop();
  wipe(piece_);
  if (!made_) (void)vault_.discard(id_);
  vault_.returned(id_);
}

Status TapeIntake::write(ByteView bytes) {
  bytes_ += bytes.size();
  hash_.update(bytes);
  while (!bytes.empty()) {
    const auto take = std::min(bytes.size(), kPieceBytes - piece_.size());
    piece_.insert(piece_.end(), bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(take));
    bytes = bytes.subspan(take);
    if (piece_.size() == kPieceBytes) SPUD_TRY(seal_piece());
  }
  return keep_to_rate();
}

Status TapeIntake::seal_piece() {
  const auto plain = piece_.size();
  auto key = piece_key(id_, pieces_);
  Bytes sealed(plain + crypto::Sealing::kTagBytes);
  SPUD_TRY(sealing_.seal(crypto::Sealing::counted(pieces_), key, piece_, sealed));
  rows_.emplace_back(std::move(key), std::move(sealed));
  piece_.clear();
  ++pieces_;
  return rows_.size() == kPiecesPerFile ? hand_over() : Status{};
}

Status TapeIntake::hand_over() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return !failure_ || waiting_.size() < kFilesAhead; });
  if (!failure_) return failure_;
  waiting_.push_back(std::exchange(rows_, {}));
  changed_.notify_all();
  return {};
}

Status TapeIntake::keep_to_rate() {
  const auto rate = vault_.limits_.bytes_per_second;
  if (rate == 0) return {};
  const auto due = began_ + Millis(bytes_ * 1000 / rate);
  const auto now = vault_.clock_.now();
  if (due <= now) return {};
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, due - now, [&] { return !failure_; });
  return failure_;
}

void TapeIntake::store_rows() {
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [&] { return last_ || !waiting_.empty(); });
    if (waiting_.empty()) return;
    const Rows rows = std::move(waiting_.front());
    waiting_.pop_front();
    lock.unlock();
    crash_point("vault.pieces.before");
    auto stored = vault_.store_->ingest(vault_.family("tapes"), rows);
    crash_point("vault.pieces.after");
    lock.lock();
    if (!stored && failure_) failure_ = std::move(stored);
    changed_.notify_all();
  }
}

Status TapeIntake::finish() {
  if (!piece_.empty()) SPUD_TRY(seal_piece());
  if (!rows_.empty()) SPUD_TRY(hand_over());
  stop();
  return failure_;
}

void TapeIntake::stop() {
  {
    std::lock_guard lock(mutex_);
    last_ = true;
    changed_.notify_all();
  }
  if (writer_.joinable()) writer_.join();
}

Status TapeIntake::made(std::uint64_t bytes, const Digest& digest) {
  SPUD_TRY(finish());
  const std::string where = "tape " + id_.str();
  if (bytes_ != bytes) {
    return fail(ErrorCode::kCorrupt, std::to_string(bytes_) + " bytes came", where,
                std::to_string(bytes) + " bytes", id_.party.str());
  }
  if (bytes_ > 0 && tape_digest(id_, demand_, hash_.finish()) != digest)
    return fail(ErrorCode::kCorrupt, "what came is not what was dealt", where, digest.hex(), id_.party.str());
  SPUD_TRY(vault_.made(id_, digest, bytes_));
  made_ = true;
  return {};
}

}  // namespace spud::service::stock
