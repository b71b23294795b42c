// SPDX-License-Identifier: Apache-2.0
#include "vm/inbox.hpp"

namespace spud::vm {
namespace {

// Below this a copy costs less than a segment of its own.
constexpr std::size_t kLentBytes = 64 * 1024;
// Memory beyond it is given back after its round.
constexpr std::size_t kKeptBytes = 64u << 20;

}  // namespace

void Inbox::make_room(Peer& peer, std::size_t bytes) {
  if (bytes <= peer.size && peer.size <= std::max(bytes, kKeptBytes)) return;
  peer.memory.reset();
  peer.memory = std::make_unique_for_overwrite<std::byte[]>(bytes);
  peer.size = bytes;
}

std::span<const protocol::Segments> Inbox::prepare(Openings openings) {
  segments_.resize(peers_.size());
  bool may_lend = true;  // an opening has memory for one peer
  for (std::size_t p = 0; p < peers_.size(); ++p) {
    auto& peer = peers_[p];
    peer.shares.clear();
    segments_[p].clear();
    if (p == own_) continue;
    std::size_t bytes = 0;
    for (const auto& opening : openings) {
      const bool lends = may_lend && opening->byte_count() >= kLentBytes;
      auto& share = peer.shares.emplace_back(lends ? opening->lend() : MutableBytes{});
      if (share.empty()) bytes += opening->byte_count();
    }
    may_lend = false;
    make_room(peer, bytes);
    std::size_t at = 0;
    for (std::size_t i = 0; i < openings.size(); ++i) {
      auto& share = peer.shares[i];
      const bool lent = !share.empty();
      if (!lent) {
        share = {peer.memory.get() + at, openings[i]->byte_count()};
        at += share.size();
      }
      if (share.empty()) continue;
      auto& segments = segments_[p];
      if (!segments.empty() && segments.back().data() + segments.back().size() == share.data()) {
        segments.back() = {segments.back().data(), segments.back().size() + share.size()};
      } else {
        segments.push_back(share);
      }
    }
  }
  return segments_;
}

void Inbox::deliver(Openings openings) {
  for (std::size_t i = 0; i < openings.size(); ++i) {
    for (std::size_t p = 0; p < peers_.size(); ++p) {
      if (p != own_) openings[i]->add(peers_[p].shares[i]);
    }
  }
}

}  // namespace spud::vm
