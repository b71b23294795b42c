// SPDX-License-Identifier: Apache-2.0
#include "service/stock/tape_intake.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

#include "base/crash_point.hpp"
#include "system/store/key.hpp"

namespace spud::service::stock {

namespace {

/// Files that may wait for the disk.
constexpr std::size_t kFilesAhead = 1;

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
    : vault_(vault), id_(id), demand_(demand), began_(vault.clock_.now()), tape_key_(tape_key.clone()) {
  try {
    for (unsigned i = 0; i < kWriters; ++i) writers_.emplace_back([this] { write_files(); });
  } catch (...) {
    give_up();
    throw;
  }
}

TapeIntake::~TapeIntake() {
  give_up();
}

void TapeIntake::give_up() {
  stop();
  if (!made_) (void)vault_.discard(id_);
  vault_.returned(id_);
}

Status TapeIntake::write(ByteView bytes) {
  bytes_ += bytes.size();
  while (!bytes.empty()) {
    if (!file_.memory) {
      file_.memory =
          std::make_unique<ring::Buffer>(kPiecesPerFile * (kPieceBytes + crypto::Sealing::kTagBytes));
    }
    const auto within = file_.bytes % kPieceBytes;
    const auto take = std::min(bytes.size(), kPieceBytes - within);
    std::memcpy(file_.piece(file_.bytes / kPieceBytes) + within, bytes.data(), take);
    file_.bytes += take;
    bytes = bytes.subspan(take);
    if (file_.bytes == kPiecesPerFile * kPieceBytes) SPUD_TRY(hand_over());
  }
  return keep_to_rate();
}

Status TapeIntake::hand_over() {
  File next{file_.first + file_.pieces(), 0, {}};
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return !failure_ || waiting_.size() < kFilesAhead; });
  if (!failure_) return failure_;
  waiting_.push_back(std::exchange(file_, std::move(next)));
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

void TapeIntake::write_files() {
  crypto::Sealing sealing(tape_key_);
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [&] { return last_ || !waiting_.empty(); });
    if (waiting_.empty()) return;
    File file = std::move(waiting_.front());
    waiting_.pop_front();
    changed_.notify_all();
    lock.unlock();
    auto written = write_file(sealing, std::move(file));
    lock.lock();
    if (!written && failure_) failure_ = std::move(written);
    changed_.notify_all();
  }
}

Status TapeIntake::write_file(crypto::Sealing& sealing, File file) {
  std::vector<Bytes> keys;
  std::vector<Digest> hashes;
  std::vector<store::Store::Row> rows;
  std::vector<MutableBytes> sealed;
  for (std::size_t i = 0; i < file.pieces(); ++i) {
    const auto bytes = std::min(kPieceBytes, file.bytes - i * kPieceBytes);
    const ByteView plain(file.piece(i), bytes);
    sealed.emplace_back(file.piece(i), bytes + crypto::Sealing::kTagBytes);
    hashes.push_back(crypto::sha256(plain));
    keys.push_back(piece_key(id_, file.first + i));
    SPUD_TRY(sealing.seal(crypto::Sealing::counted(file.first + i), keys.back(), plain, sealed.back()));
  }
  for (std::size_t i = 0; i < keys.size(); ++i) rows.push_back({keys[i], sealed[i]});
  crash_point("vault.pieces.before");
  SPUD_TRY(vault_.store_->ingest(vault_.family("tapes"), rows));
  crash_point("vault.pieces.after");
  std::lock_guard lock(mutex_);
  for (std::size_t i = 0; i < hashes.size(); ++i) hashes_[file.first + i] = hashes[i];
  return {};
}

Status TapeIntake::finish() {
  if (file_.bytes > 0) SPUD_TRY(hand_over());
  stop();
  return failure_;
}

void TapeIntake::stop() {
  {
    std::lock_guard lock(mutex_);
    last_ = true;
    changed_.notify_all();
  }
  for (auto& writer : writers_) {
    if (writer.joinable()) writer.join();
  }
}

Status TapeIntake::made(std::uint64_t bytes, const Digest& digest) {
  SPUD_TRY(finish());
  const std::string where = "tape " + id_.str();
  if (bytes_ != bytes) {
    return fail(ErrorCode::kCorrupt, std::to_string(bytes_) + " bytes came", where,
                std::to_string(bytes) + " bytes", id_.party.str());
  }
  PieceHash hash;
  for (const auto& [index, piece] : hashes_) hash.add(piece);
  if (bytes_ > 0 && tape_digest(id_, demand_, hash.finish()) != digest)
    return fail(ErrorCode::kCorrupt, "what came is not what was dealt", where, digest.hex(), id_.party.str());
  SPUD_TRY(vault_.made(id_, digest, bytes_));
  made_ = true;
  return {};
}

}  // namespace spud::service::stock
