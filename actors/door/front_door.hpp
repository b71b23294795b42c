// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <set>
#include <thread>

#include "system/metrics/log.hpp"
#include "system/metrics/registry.hpp"
#include "system/net/connection.hpp"

namespace spud::actors {

/// Where a service is reached: accepts connections, shakes hands, and serves each on a thread of its own.
/// Outside the actor system, since all of that blocks. Hostile peers cost one thread for as long as a
/// handshake may take, up to limits::kConnectionsPerService; more are turned away.
class FrontDoor {
 public:
  /// Serves one connection until it ends. Called on that connection's thread. May keep the connection beyond
  /// its return.
  using Serve = std::function<void(const std::shared_ptr<net::Connection>&)>;

  static Result<std::unique_ptr<FrontDoor>> open(const net::Address& address, net::TlsContext context,
                                                 metrics::Registry& registry, metrics::Logger log,
                                                 Serve serve);
  ~FrontDoor();

  const net::Address& address() const { return listener_.address(); }
  /// Threads that serve now.
  std::size_t serving() const;
  /// Accepts nothing any more, ends the connections that are being served, and joins. Again: nothing.
  void close();

 private:
  FrontDoor(net::Listener listener, net::TlsContext context, metrics::Registry& registry, metrics::Logger log,
            Serve serve);
  void accept_all();
  void serve(net::Socket socket);
  /// Null: there is none to serve, which was counted.
  std::shared_ptr<net::Connection> shake_hands(net::Socket socket);

  net::Listener listener_;
  net::TlsContext context_;
  metrics::Registry& registry_;
  metrics::Logger log_;
  Serve serve_;

  mutable std::mutex mutex_;
  std::condition_variable ended_;
  // Under mutex_.
  bool closed_ = false;
  std::size_t threads_ = 0;
  std::set<std::shared_ptr<net::Connection>> open_;

  std::thread acceptor_;  // last: uses all of the above
};

}  // namespace spud::actors
