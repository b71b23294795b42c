// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <condition_variable>
#include <mutex>

#include "base/clock.hpp"
#include "service/dealer/stocking.hpp"

namespace spud::actors {

/// Where the connections of one tape of stock meet: service/dealer/stocking.hpp for several threads.
class StockMeeting {
 public:
  explicit StockMeeting(unsigned parties) : tape_(parties) {}

  void dealt(const service::wire::StockEnd& end);
  void stored(Rank rank, const Digest& digest);
  void fail(const Error& error);

  /// Waits until all has been dealt, or the tape has failed.
  Result<service::wire::StockEnd> await_dealt();
  /// Waits until all nodes have stored it, or the tape has failed. kTimeout, for all, if that takes longer.
  Status await_ready(Millis longest);
  /// Whether there is no point in dealing on.
  const std::atomic<bool>& over() const { return over_; }

 private:
  std::atomic<bool> over_{false};
  std::mutex mutex_;
  std::condition_variable changed_;
  service::dealer::Stocking tape_;  // under mutex_
};

}  // namespace spud::actors
