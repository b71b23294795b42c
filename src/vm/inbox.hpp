// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "protocol/network.hpp"
#include "protocol/opening.hpp"

namespace spud::vm {

/// Where one party receives what its peers send in a round: large shares of one peer in the memory of their
/// openings, everything else in memory that is kept from round to round and never zeroed.
class Inbox {
 public:
  using Openings = std::span<const std::shared_ptr<protocol::PostedOpening>>;

  Inbox(Rank rank, unsigned parties) : peers_(parties), own_(index(rank)) {}

  /// Memory for a message of every peer, by rank; good until the next call.
  std::span<const protocol::Segments> prepare(Openings openings);
  /// Adds what lies in that memory, once it has all come, to the same openings.
  void deliver(Openings openings);

 private:
  struct Peer {
    std::unique_ptr<std::byte[]> memory;
    std::size_t size = 0;
    std::vector<MutableBytes> shares;  ///< one an opening
  };
  void make_room(Peer& peer, std::size_t bytes);

  std::vector<Peer> peers_;
  std::vector<protocol::Segments> segments_;
  unsigned own_;
};

}  // namespace spud::vm
