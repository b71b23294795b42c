// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>

#include "system/store/store.hpp"

namespace spud::store {

/// Decisions of many threads over state in memory that must be on disk before they take effect. They are
/// taken one at a time and written in the order in which they were taken, all that came while the disk was
/// busy in one synced write.
///
/// A write that fails makes this unusable: what is in memory may not be on disk. The store must outlive it.
class GroupCommit {
 public:
  explicit GroupCommit(Store& store) : store_(store) {}

  /// Runs `decide` while no other decision runs, and returns when its batch, and all before it, are on disk.
  /// An error of `decide` is returned and writes nothing. An empty batch waits for those before it too: an
  /// answer that repeats an earlier one relies on the same bytes.
  Status run(const std::function<Result<Batch>()>& decide);
  /// Runs `look` while no decision runs. What it sees may not be on disk yet.
  void look(const std::function<void()>& look) const;

 private:
  void write_pending(std::unique_lock<std::mutex>& lock);

  Store& store_;
  mutable std::mutex mutex_;
  std::condition_variable written_;
  // Under mutex_.
  Batch pending_;
  std::uint64_t taken_ = 0;  ///< decisions
  std::uint64_t done_ = 0;   ///< of them on disk
  bool writing_ = false;
  std::optional<Error> failure_;
};

}  // namespace spud::store
