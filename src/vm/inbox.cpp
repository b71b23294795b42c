// SPDX-License-Identifier: Apache-2.0
#include "vm/inbox.hpp"

namespace spud::vm {
namespace {

// Below this a copy costs less than a segment of its own.
constexpr std::size_t kLentBytes = 64 * 1024;
// Memory beyond it is given back after its round.
constexpr std::size_t kKeptBytes = 64u << 20;

}  // namespace

std::byte* Inbox::room(Peer& peer, std::size_t bytes) {
  const bool fits = bytes <= peer.size - peer.used;
  const bool too_large = peer.round_bytes == 0 && peer.size > std::max(bytes, kKeptBytes);
  if (!fits || too_large) {
    if (peer.used > 0) peer.full.push_back(std::move(peer.memory));
    peer.memory.reset();
    peer.memory = std::make_unique_for_overwrite<std::byte[]>(bytes);
    peer.size = bytes;
    peer.used = 0;
  }
  std::byte* at = peer.memory.get() + peer.used;
  peer.used += bytes;
  peer.round_bytes += bytes;
  return at;
}

void Inbox::end_round(Peer& peer) {
  // The next round of this kind finds room for all its parts.
  if (!peer.full.empty() && peer.size < peer.round_bytes && peer.round_bytes <= kKeptBytes) {
    peer.memory.reset();
    peer.memory = std::make_unique_for_overwrite<std::byte[]>(peer.round_bytes);
    peer.size = peer.round_bytes;
  }
  peer.full.clear();
  peer.shares.clear();
  peer.used = peer.round_bytes = 0;
}

std::span<const protocol::Segments> Inbox::prepare(Openings openings) {
  segments_.resize(peers_.size());
  bool may_lend = true;  // an opening has memory for one peer
  for (std::size_t p = 0; p < peers_.size(); ++p) {
    auto& peer = peers_[p];
    segments_[p].clear();
    if (p == own_) continue;
    const std::size_t first = peer.shares.size();
    std::size_t bytes = 0;
    for (const auto& opening : openings) {
      const std::size_t size = opening->bytes_from(Rank{static_cast<unsigned>(p)});
      const bool lends = (may_lend || opening->sender) && size >= kLentBytes;
      auto& share = peer.shares.emplace_back(lends ? opening->lend() : MutableBytes{});
      if (share.empty()) bytes += size;
    }
    may_lend = false;
    std::byte* at = room(peer, bytes);
    for (std::size_t i = 0; i < openings.size(); ++i) {
      auto& share = peer.shares[first + i];
      const bool lent = !share.empty();
      if (!lent) {
        share = {at, openings[i]->bytes_from(Rank{static_cast<unsigned>(p)})};
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

std::size_t Inbox::bytes_of(Openings openings) const {
  std::size_t bytes = 0;
  bool may_lend = true;
  for (std::size_t p = 0; p < peers_.size(); ++p) {
    if (p == own_) continue;
    for (const auto& opening : openings) {
      const std::size_t size = opening->bytes_from(Rank{static_cast<unsigned>(p)});
      const bool lends = (may_lend || opening->sender) && size >= kLentBytes && opening->may_lend();
      if (!lends) bytes += size;
    }
    may_lend = false;
  }
  return bytes;
}

void Inbox::deliver(Openings openings) {
  for (std::size_t i = 0; i < openings.size(); ++i) {
    for (std::size_t p = 0; p < peers_.size(); ++p) {
      const bool sent = openings[i]->is_sent_by(Rank{static_cast<unsigned>(p)});
      if (p != own_ && sent) openings[i]->add(peers_[p].shares[i]);
    }
  }
  for (auto& peer : peers_) end_round(peer);
}

}  // namespace spud::vm
