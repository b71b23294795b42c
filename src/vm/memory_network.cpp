// SPDX-License-Identifier: Apache-2.0
#include "vm/memory_network.hpp"

#include <algorithm>

#include "base/check.hpp"

namespace spud::vm {

class MemoryNetwork::Links final : public protocol::Network {
 public:
  Links(MemoryNetwork& network, unsigned rank) : network_(network), rank_(rank) {}

  Status exchange(const protocol::RoundHeader& header, std::span<const ByteView> send,
                  std::span<const protocol::Segments> receive) override {
    auto gathered = std::make_shared<Bytes>();
    gathered->reserve(header.bytes);
    for (auto segment : send) gathered->insert(gathered->end(), segment.begin(), segment.end());
    const std::shared_ptr<const Bytes> payload = std::move(gathered);
    std::unique_lock lock(network_.mutex_);
    for (unsigned peer = 0; peer < network_.parties_; ++peer) {
      if (peer != rank_)
        network_.queue(rank_, peer).push_back({header, payload, network_.arrival(rank_, peer, header.bytes)});
    }
    network_.arrived_.notify_all();
    for (unsigned peer = 0; peer < network_.parties_; ++peer) {
      if (peer == rank_) continue;
      auto& queue = network_.queue(peer, rank_);
      network_.arrived_.wait(lock, [&] { return !queue.empty() || network_.closed_.has_value(); });
      if (queue.empty()) {
        return fail(ErrorCode::kUnavailable, "a party ended the run", "round " + std::to_string(header.round),
                    "", "party " + std::to_string(index(*network_.closed_)));
      }
      // Deques keep their elements in place while others are added, and this party alone takes them.
      const auto arrives = queue.front().arrives;
      if (network_.shape_.active()) {
        network_.arrived_.wait_until(lock, arrives,
                                     [&] { return std::chrono::steady_clock::now() >= arrives; });
      }
      Message message = std::move(queue.front());
      queue.pop_front();
      auto expected = header;
      expected.bytes = protocol::byte_count(receive[peer]);
      if (message.header != expected) {
        return fail(ErrorCode::kPeerFault,
                    "a party is in round " + std::to_string(message.header.round) + " with " +
                        std::to_string(message.header.bytes) + " bytes",
                    "round " + std::to_string(header.round), std::to_string(expected.bytes) + " bytes",
                    "party " + std::to_string(peer));
      }
      lock.unlock();
      ByteView from = *message.payload;
      for (auto segment : receive[peer]) {
        std::ranges::copy(from.first(segment.size()), segment.begin());
        from = from.subspan(segment.size());
      }
      lock.lock();
    }
    return {};
  }

 private:
  MemoryNetwork& network_;
  unsigned rank_;
};

std::chrono::steady_clock::time_point MemoryNetwork::arrival(unsigned from, unsigned to,
                                                             std::uint64_t bytes) {
  const auto now = std::chrono::steady_clock::now();
  if (!shape_.active()) return now;
  auto& schedule = schedules_[from * parties_ + to];
  const auto since = std::chrono::duration_cast<net::Micros>(now.time_since_epoch());
  return std::chrono::steady_clock::time_point(schedule.arrival(since, bytes));
}

std::unique_ptr<protocol::Network> MemoryNetwork::party(Rank rank) {
  return std::make_unique<Links>(*this, index(rank));
}

void MemoryNetwork::close(Rank rank) {
  std::lock_guard lock(mutex_);
  if (!closed_) closed_ = rank;
  arrived_.notify_all();
}

}  // namespace spud::vm
