// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <string>

#include "actors/door/peers.hpp"
#include "service/device.hpp"
#include "system/metrics/catalogue.hpp"

namespace spud::actors {

/// What an attempt's link tells of its peer.
class LinkMeters {
 public:
  LinkMeters(Peers& peers, const service::Member& peer)
      : peers_(peers),
        peer_(Peers::name_of({peer.party, {}, crypto::Role::kCompute, peer.node})),
        rounds_(peers.registry().counter(metrics::family::kLinkRounds, {peer_})),
        waited_(peers.registry().counter(metrics::family::kLinkWait, {peer_})),
        refused_(peers.registry().counter(metrics::family::kFramesRefused, {"link"})) {}

  /// A round is complete. `late`: how long after our own message the peer's had come, from zero.
  void round(std::chrono::steady_clock::duration late) {
    rounds_.add();
    waited_.add(std::chrono::duration<double>(late).count());
  }
  /// Every heartbeat; one thread. A peer that has sent something since the last time works.
  void watch(const net::Connection& connection) {
    const auto frames = connection.traffic().frames_received;
    if (frames == frames_) return;
    frames_ = frames;
    peers_.worked(connection);
  }
  void failed() { peers_.failed(peer_); }
  void judge(const Error& error) { peers_.judge(peer_, error); }
  /// It sent what the protocol does not allow.
  void refused() { refused_.add(); }

 private:
  Peers& peers_;
  const std::string peer_;
  metrics::Counter rounds_, waited_, refused_;
  std::uint64_t frames_ = 0;
};

}  // namespace spud::actors
