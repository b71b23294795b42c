// SPDX-License-Identifier: Apache-2.0
#include "vm/tape_pipe.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

namespace spud::vm {

namespace {

/// Small writes gather in buffers of this size.
constexpr std::size_t kChunkBytes = 64 * 1024;

}  // namespace

Status TapePipe::wait_for_room(std::unique_lock<std::mutex>& lock) {
  changed_.wait(lock, [&] { return closed_.has_value() || held_ < capacity_; });
  if (closed_) return std::unexpected(*closed_);
  return {};
}

Status TapePipe::write(ByteView bytes) {
  std::unique_lock lock(mutex_);
  SPUD_TRY(wait_for_room(lock));
  held_ += bytes.size();
  while (!bytes.empty()) {
    if (chunks_.empty() || chunks_.back().end == chunks_.back().memory->size()) {
      chunks_.push_back({std::make_unique<ring::Buffer>(std::max(kChunkBytes, bytes.size())), 0, 0});
    }
    Chunk& last = chunks_.back();
    const std::size_t take = std::min(bytes.size(), last.memory->size() - last.end);
    std::memcpy(last.memory->data() + last.end, bytes.data(), take);
    last.end += take;
    bytes = bytes.subspan(take);
  }
  changed_.notify_all();
  return {};
}

Status TapePipe::push(std::unique_ptr<ring::Buffer> bytes) {
  std::unique_lock lock(mutex_);
  SPUD_TRY(wait_for_room(lock));
  const std::size_t size = bytes->size();
  held_ += size;
  chunks_.push_back({std::move(bytes), 0, size});
  changed_.notify_all();
  return {};
}

Status TapePipe::read(MutableBytes out) {
  while (!out.empty()) {
    if (front_.begin == front_.end) {
      std::unique_lock lock(mutex_);
      if (chunks_.empty()) starved_ = std::chrono::steady_clock::now();
      changed_.wait(lock, [&] { return closed_.has_value() || !chunks_.empty(); });
      if (const auto since = std::exchange(starved_, std::nullopt)) {
        const auto waited = std::chrono::steady_clock::now() - *since;
        waited_nanos_.fetch_add(static_cast<std::uint64_t>(waited.count()), std::memory_order_relaxed);
      }
      if (chunks_.empty()) return std::unexpected(*closed_);
      front_ = std::move(chunks_.front());
      chunks_.pop_front();
    }
    const std::size_t take = std::min(out.size(), front_.end - front_.begin);
    std::memcpy(out.data(), front_.memory->data() + front_.begin, take);
    front_.begin += take;
    out = out.subspan(take);
    std::lock_guard lock(mutex_);
    held_ -= take;
    changed_.notify_all();
  }
  return {};
}

void TapePipe::close(Error reason) {
  std::lock_guard lock(mutex_);
  if (!closed_) closed_ = std::move(reason);
  changed_.notify_all();
}

std::optional<std::chrono::steady_clock::time_point> TapePipe::starved() const {
  std::lock_guard lock(mutex_);
  return starved_;
}

std::size_t TapePipe::waiting() const {
  std::lock_guard lock(mutex_);
  return held_;
}

}  // namespace spud::vm
