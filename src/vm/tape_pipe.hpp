// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <condition_variable>
#include <mutex>
#include <optional>

#include "correlation/tape.hpp"

namespace spud::vm {

/// A bounded pipe between whoever brings the tape and the party that uses it: dealing runs ahead of use, but
/// never by more than `capacity` bytes. One writer thread, one reader thread; either may end it.
class TapePipe final : public correlation::TapeWriter, public correlation::TapeReader {
 public:
  explicit TapePipe(std::size_t capacity) : capacity_(capacity) {}

  /// Blocks while the pipe is full.
  Status write(ByteView bytes) override;
  /// Blocks until enough has arrived.
  Status read(MutableBytes out) override;
  /// No more bytes will come: every read past what is there fails with `reason`; writes fail too.
  void close(Error reason);
  std::size_t waiting() const;

 private:
  const std::size_t capacity_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  Bytes buffer_;
  std::size_t begin_ = 0;
  std::size_t wanted_ = 0;  ///< what the reader waits for: it may be larger than the capacity
  std::optional<Error> closed_;
};

}  // namespace spud::vm
