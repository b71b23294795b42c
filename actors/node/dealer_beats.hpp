// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <condition_variable>
#include <mutex>
#include <thread>

#include "actors/door/peers.hpp"
#include "actors/node/link_times.hpp"
#include "system/net/connection.hpp"

namespace spud::actors {

/// Shows a dealer that this node lives, however long it takes nothing of its tape: on a thread, until this
/// goes or the dealer does not take it. The connection must outlive it. `observer` is told of a dealer that
/// has sent something since the last beat; null: nobody.
class DealerBeats {
 public:
  DealerBeats(net::Connection& connection, LinkTimes times, Peers* observer = nullptr);
  ~DealerBeats();
  DealerBeats(const DealerBeats&) = delete;
  DealerBeats& operator=(const DealerBeats&) = delete;

 private:
  void run();

  net::Connection& connection_;
  const LinkTimes times_;
  Peers* const observer_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool stopped_ = false;  // under mutex_
  std::thread thread_;    // last: uses all of the above
};

}  // namespace spud::actors
