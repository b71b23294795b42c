// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <mutex>
#include <string>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "service/peer_book.hpp"
#include "system/metrics/registry.hpp"
#include "system/net/connection.hpp"

namespace spud::actors {

/// What a connection carries.
enum class Carries { kSession, kTape, kRequest };

/// What a service publishes about its peers: bytes, whether they work, how far they are. One a process, which
/// outlives its connections' users. Any thread.
class Peers {
 public:
  /// `beats`: how long a peer may be untried while it is needed, as a PeerBook takes it.
  Peers(metrics::Registry& registry, const Clock& clock, Millis beats = Millis(0));

  /// A peer's name in metrics: that of logs, but all clients of a party are one.
  static std::string name_of(const crypto::Identity& peer);

  /// Counts what goes over a connection from now on, and what has.
  void count(net::Connection& connection, Carries kind);
  /// It has answered, or sent something: it works.
  void worked(const net::Connection& connection);
  void worked(const std::string& peer);
  /// It did not answer, or its connection broke.
  void failed(const std::string& peer);
  /// Something with it ended so: whoever broke off or fell silent does not work, whoever said why it refuses
  /// does.
  void judge(const std::string& peer, const Error& error);

  metrics::Registry& registry() { return registry_; }

 private:
  void show(const std::string& peer, const service::PeerBook::Standing& standing);

  metrics::Registry& registry_;
  const Clock& clock_;
  std::mutex mutex_;
  service::PeerBook book_;              // under mutex_
  metrics::Registry::Looking forgets_;  // last: looks at the rest
};

}  // namespace spud::actors
