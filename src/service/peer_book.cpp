// SPDX-License-Identifier: Apache-2.0
#include "service/peer_book.hpp"

namespace spud::service {

PeerBook::Standing PeerBook::worked(const std::string& peer, std::optional<double> round_trip_seconds,
                                    Millis now) {
  auto& entry = peers_[peer];
  entry.heard = now;
  entry.standing.up = true;
  if (round_trip_seconds) entry.standing.round_trip_seconds = round_trip_seconds;
  return entry.standing;
}

PeerBook::Standing PeerBook::failed(const std::string& peer, Millis now) {
  auto& entry = peers_[peer];
  entry.heard = now;
  entry.standing = {};
  return entry.standing;
}

std::vector<std::string> PeerBook::forget(Millis now) {
  std::vector<std::string> forgotten;
  std::erase_if(peers_, [&](const auto& peer) {
    if (now - peer.second.heard < (peer.second.standing.up ? kKept : missed_)) return false;
    forgotten.push_back(peer.first);
    return true;
  });
  return forgotten;
}

}  // namespace spud::service
