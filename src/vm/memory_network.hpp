// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "protocol/network.hpp"
#include "system/net/link_shape.hpp"

namespace spud::vm {

/// Links between parties that are threads of one process: for the simulator and tests. A party that ends with
/// an error closes it, and every other party's exchange fails, naming the one that closed.
class MemoryNetwork {
 public:
  /// `shape` makes every link slower, one way, by the clock on the wall.
  explicit MemoryNetwork(unsigned parties, const net::LinkShape& shape = {})
      : parties_(parties),
        shape_(shape),
        queues_(parties * parties),
        schedules_(parties * parties, net::LinkSchedule(shape)) {}
  /// The links of one party; used by that party's thread.
  std::unique_ptr<protocol::Network> party(Rank rank);
  void close(Rank rank);

 private:
  class Links;
  struct Message {
    protocol::RoundHeader header;
    std::shared_ptr<const Bytes> payload;  ///< one for all peers
    std::chrono::steady_clock::time_point arrives;
  };
  std::chrono::steady_clock::time_point arrival(unsigned from, unsigned to, std::uint64_t bytes);
  std::deque<Message>& queue(unsigned from, unsigned to) { return queues_[from * parties_ + to]; }

  unsigned parties_;
  net::LinkShape shape_;
  std::mutex mutex_;
  std::condition_variable arrived_;
  std::vector<std::deque<Message>> queues_;
  std::vector<net::LinkSchedule> schedules_;
  std::optional<Rank> closed_;
};

}  // namespace spud::vm
