// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "actors/door/peers.hpp"
#include "actors/door/reach.hpp"
#include "service/wire/scheduler_codec.hpp"
#include "system/metrics/log.hpp"
#include "system/metrics/operations_server.hpp"
#include "system/net/connection.hpp"

namespace spud::actors {

/// Tells the scheduler, again and again, that this node or dealer is there. A thread of its own, outside the
/// actor system: it waits for the network. A scheduler that is away is tried again every interval.
class Announcer {
 public:
  struct Options {
    net::Address scheduler;
    crypto::Identity identity;  ///< the scheduler's
    std::string advertise;      ///< our address, as others reach us
    std::string compiler;       ///< our compiler's version; empty for a dealer
    Millis interval{0};
    /// Adds to each announcement what changes; may be empty.
    std::function<void(service::wire::Announce&)> more{};
    const Clock* clock = nullptr;  ///< what it shows is said with each; null: nothing, and no time passes
    /// Counts bytes, and is told whether the scheduler answers; null: nobody.
    Peers* peers = nullptr;
  };
  Announcer(Options options, net::TlsContext tls, metrics::Logger log);
  ~Announcer();

  /// Whether the last announcement was answered, and why not.
  metrics::Check check() const;
  /// From now on announcements say that we take no new work; the first one at once.
  void drain();

 private:
  void run();
  Status announce(bool draining, Millis patience);
  void tell(const Status& announced);

  const Options options_;
  const net::TlsContext tls_;
  const metrics::Logger log_;
  std::unique_ptr<net::Connection> connection_;  // the thread's
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  // Under mutex_.
  Reach reach_;
  bool draining_ = false;
  bool told_ = false;  ///< that we drain
  bool stopped_ = false;
  std::thread thread_;  // last: uses all of the above
};

}  // namespace spud::actors
