// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>

#include "correlation/tape.hpp"
#include "ring/buffer.hpp"

namespace spud::vm {

/// A bounded pipe between whoever brings the tape and the party that uses it: dealing runs ahead of use, but
/// never by more than `capacity` bytes and one write. One writer thread, one reader thread; either may end
/// it.
class TapePipe final : public correlation::TapeWriter, public correlation::TapeReader {
 public:
  explicit TapePipe(std::size_t capacity) : capacity_(capacity) {}

  /// Blocks while the pipe is full.
  Status write(ByteView bytes) override;
  /// The same for bytes that need not be copied: all of a buffer.
  Status push(std::unique_ptr<ring::Buffer> bytes);
  /// Blocks until enough has arrived. A read that fails may have taken what was there: nothing more is read.
  Status read(MutableBytes out) override;
  /// No more bytes will come: every read past what is there fails with `reason`; writes fail too.
  void close(Error reason);
  std::size_t waiting() const;
  std::uint64_t waited_nanos() const override { return waited_nanos_.load(std::memory_order_relaxed); }
  /// Since when the reader waits for bytes; nullopt: it does not.
  std::optional<std::chrono::steady_clock::time_point> starved() const;

 private:
  struct Chunk {
    std::unique_ptr<ring::Buffer> memory;
    std::size_t begin = 0, end = 0;
  };
  Status wait_for_room(std::unique_lock<std::mutex>& lock);

  const std::size_t capacity_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  // Under mutex_.
  std::deque<Chunk> chunks_;
  std::size_t held_ = 0;  ///< bytes that were not read yet
  std::optional<Error> closed_;
  std::optional<std::chrono::steady_clock::time_point> starved_;
  // The reader's.
  Chunk front_;
  std::atomic<std::uint64_t> waited_nanos_{0};  ///< written by the reader alone
};

}  // namespace spud::vm
