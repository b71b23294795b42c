// SPDX-License-Identifier: Apache-2.0
#include "actors/dealer/tape_ahead.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

namespace spud::actors {

namespace {
/// Items of a tape may be small: they are carried together.
constexpr std::size_t kBlockBytes = 1u << 20;
}  // namespace

TapeAhead::TapeAhead(correlation::TapeWriter& onward, std::size_t capacity)
    : onward_(onward),
      capacity_(capacity),
      block_bytes_(std::min(capacity, kBlockBytes)),
      carrier_([this] { carry(); }) {}

TapeAhead::~TapeAhead() {
  {
    std::lock_guard lock(mutex_);
    dropped_ = true;
    changed_.notify_all();
  }
  carrier_.join();
}

Status TapeAhead::write(ByteView bytes) {
  while (!bytes.empty()) {
    if (!open_.memory) open_.memory = std::make_unique<ring::Buffer>(block_bytes_);
    const auto take = std::min(bytes.size(), block_bytes_ - open_.size);
    std::memcpy(open_.memory->data() + open_.size, bytes.data(), take);
    open_.size += take;
    bytes = bytes.subspan(take);
    if (open_.size == block_bytes_) SPUD_TRY(hand_over());
  }
  return {};
}

Status TapeAhead::hand_over() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return failed_ || held_ < capacity_; });
  if (failed_) return std::unexpected(*failed_);
  held_ += open_.size;
  blocks_.push_back(std::exchange(open_, {}));
  changed_.notify_all();
  return {};
}

Status TapeAhead::finish() {
  if (open_.size > 0) SPUD_TRY(hand_over());
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return failed_ || held_ == 0; });
  if (failed_) return std::unexpected(*failed_);
  return {};
}

void TapeAhead::carry() {
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [&] { return dropped_ || !blocks_.empty(); });
    if (dropped_) return;
    const Block block = std::move(blocks_.front());
    blocks_.pop_front();
    lock.unlock();
    auto carried = onward_.write({block.memory->data(), block.size});
    lock.lock();
    held_ -= block.size;
    if (!carried) failed_ = std::move(carried).error();
    changed_.notify_all();
    if (failed_) return;
  }
}

}  // namespace spud::actors
