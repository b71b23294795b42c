// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <thread>

#include "base/bytes.hpp"
#include "system/net/deadline.hpp"
#include "system/net/link_shape.hpp"

namespace spud::net {

/// Makes a fast link look like a slow one: holds bytes until they would have come out of it, on a thread of
/// its own, so that the sender goes on computing. The sender waits only when kQueuedBytes are on their way.
class LinkShaper {
 public:
  static constexpr std::size_t kQueuedBytes = 64u << 20;

  /// `send` puts bytes on the real link and may block; called from the shaper's thread only.
  LinkShaper(const LinkShape& shape, std::function<Status(ByteView)> send);
  /// Waits until what was pushed has been sent, or has failed.
  ~LinkShaper();

  /// Takes over `bytes`. Reports the failure of an earlier send; kCancelled after finish().
  Status push(Bytes bytes, Deadline deadline);
  /// No more pushes: waiting ones return. What is queued is still sent, then `after` is called on the thread.
  void finish(std::function<void()> after);
  /// After finish(): waits until all is sent, at most `grace` beyond the time at which the link should have
  /// done so.
  bool drained(Millis grace);

 private:
  struct Parcel {
    Micros due;
    Bytes bytes;
  };
  void run();
  Micros now() const;

  const std::function<Status(ByteView)> send_;
  const std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();

  std::mutex mutex_;
  std::condition_variable changed_;
  // Under mutex_.
  LinkSchedule schedule_;
  std::deque<Parcel> queue_;
  std::size_t queued_bytes_ = 0;
  Micros last_due_{0};
  bool finished_ = false;
  bool ended_ = false;
  std::function<void()> after_;
  std::optional<Error> failure_;

  std::thread thread_;  // last: it uses all of the above
};

}  // namespace spud::net
