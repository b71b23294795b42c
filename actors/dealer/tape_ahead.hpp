// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>

#include "correlation/tape.hpp"
#include "ring/buffer.hpp"

namespace spud::actors {

/// Lets a dealer expand while what it expanded is on its way: holds at most `capacity` bytes and two blocks
/// (of a MiB, or of its capacity where that is less), and carries them onward, block by block, on a thread of
/// its own, in order.
class TapeAhead final : public correlation::TapeWriter {
 public:
  TapeAhead(correlation::TapeWriter& onward, std::size_t capacity);
  /// What was not carried yet is dropped.
  ~TapeAhead() override;

  /// Blocks while the buffer is full. Fails as soon as something could not be carried onward, for that
  /// reason.
  Status write(ByteView bytes) override;
  /// Blocks until all has been carried onward.
  Status finish();

 private:
  struct Block {
    std::unique_ptr<ring::Buffer> memory;
    std::size_t size = 0;
  };
  Status hand_over();
  void carry();

  correlation::TapeWriter& onward_;
  const std::size_t capacity_, block_bytes_;
  Block open_;  ///< the writer's: not full yet
  std::mutex mutex_;
  std::condition_variable changed_;
  // Under mutex_.
  std::deque<Block> blocks_;
  std::size_t held_ = 0;  ///< in blocks_ and in the hands of the thread
  std::optional<Error> failed_;
  bool dropped_ = false;
  std::thread carrier_;  // last: uses all of the above
};

}  // namespace spud::actors
