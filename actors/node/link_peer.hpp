// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "actors/node/link_meters.hpp"
#include "actors/node/links.hpp"
#include "service/wire/session_codec.hpp"

namespace spud::actors {

/// A lock that can be waited for so long, as std::timed_mutex is; made of parts that ThreadSanitizer knows.
class Gate {
 public:
  void lock() {
    std::unique_lock lock(mutex_);
    free_.wait(lock, [&] { return !taken_; });
    taken_ = true;
  }
  bool try_lock() {
    std::lock_guard lock(mutex_);
    return !std::exchange(taken_, true);
  }
  bool try_lock_for(Millis patience) {
    std::unique_lock lock(mutex_);
    if (!free_.wait_for(lock, patience, [&] { return !taken_; })) return false;
    return taken_ = true;
  }
  void unlock() {
    std::lock_guard lock(mutex_);
    taken_ = false;
    free_.notify_one();
  }

 private:
  std::mutex mutex_;
  std::condition_variable free_;
  bool taken_ = false;
};

/// What goes to all peers: memory of the machine, which settle() waits for.
struct Links::Message {
  Bytes header;
  std::vector<ByteView> payload;
};

struct Links::Expected {
  wire::Round round;
  protocol::Segments into;
};

/// One peer. The reading thread is the only one that receives; sends are serialised by `sending`, which is
/// taken before Links::mutex_.
struct Links::Peer {
  Rank rank{};
  std::string party;
  std::optional<LinkMeters> meters;  ///< nullopt: nobody wants to know
  std::shared_ptr<net::Connection> connection;
  Gate sending;
  std::thread reader, sender;
  bool told = false;  ///< it has said why it ends; of the opening, then of the reader
  // Under Links::mutex_. Neither queue needs a bound of its own: both hold views of memory that the machine
  // keeps for its round in any case.
  std::deque<std::shared_ptr<const Message>> outgoing;
  bool handed_over = false;       ///< to the sender: it has to look
  std::deque<Expected> expected;  ///< in the order in which they must come
  bool receiving = false;         ///< the reader writes where the first of them says
  bool finished = false;
  /// What came before we asked for it; empty while anything is expected.
  std::deque<std::pair<wire::Round, Bytes>> aside;
  std::size_t aside_bytes = 0;
  /// When the last message that was expected had come, and for how long rounds waited for this peer's.
  std::chrono::steady_clock::time_point arrived{};
  std::chrono::nanoseconds waited{0};
};

}  // namespace spud::actors
