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

  /// Memory for a message of every peer, by rank: a round's, or a part's. The memory is good until deliver(),
  /// the list of it until the next call.
  std::span<const protocol::Segments> prepare(Openings openings);
  /// In the run on shapes: what a round of these takes here, beside the openings' own memory.
  std::size_t bytes_of(Openings openings) const;
  /// Adds what lies in that memory, once it has all come, to the openings of the whole round.
  void deliver(Openings openings);

 private:
  using Memory = std::unique_ptr<std::byte[]>;
  struct Peer {
    Memory memory;
    std::size_t size = 0, used = 0;
    std::size_t round_bytes = 0;       ///< used by all parts of this round so far
    std::vector<Memory> full;          ///< of earlier parts, where one memory did not do for all
    std::vector<MutableBytes> shares;  ///< one an opening of this round
  };
  /// So many bytes, uninitialised, that stay until the round ends.
  static std::byte* room(Peer& peer, std::size_t bytes);
  static void end_round(Peer& peer);

  std::vector<Peer> peers_;
  std::vector<protocol::Segments> segments_;
  unsigned own_;
};

}  // namespace spud::vm
