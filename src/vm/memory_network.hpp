// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "protocol/network.hpp"

namespace spud::vm {

/// Links between parties that are threads of one process: for the simulator and tests. A party that ends with
/// an error closes it, and every other party's exchange fails, naming the one that closed.
class MemoryNetwork {
 public:
  explicit MemoryNetwork(unsigned parties) : parties_(parties), queues_(parties * parties) {}
  /// The links of one party; used by that party's thread.
  std::unique_ptr<protocol::Network> party(Rank rank);
  void close(Rank rank);

 private:
  class Links;
  struct Message {
    protocol::RoundHeader header;
    Bytes payload;
  };
  std::deque<Message>& queue(unsigned from, unsigned to) { return queues_[from * parties_ + to]; }

  unsigned parties_;
  std::mutex mutex_;
  std::condition_variable arrived_;
  std::vector<std::deque<Message>> queues_;
  std::optional<Rank> closed_;
};

}  // namespace spud::vm
