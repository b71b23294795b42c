// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "system/metrics/registry.hpp"

namespace spud::metrics {

/// One thing that must hold before a service takes work: "store", "scheduler", "certificate".
struct Check {
  std::string name;
  bool ok = false;
  std::string reason;  ///< why not, one clause; shown to whoever asks, so nothing that a policy protects
};

struct OperationsOptions {
  std::string host = "127.0.0.1";  ///< anything else than loopback only because somebody configured it
  std::uint16_t port = 0;          ///< 0: a free one, told by port()
  std::string title = "spud";      ///< on the status page, e.g. "spud node alice-0"
  BuildInfo build;
};

/// HTTP for those who operate a service, on a port of its own: /metrics for Prometheus, /healthz (200 while
/// the process serves at all), /readyz (200 if every check holds, else 503 with the checks as JSON), / a page
/// for people. Plain HTTP, one request a connection, which must be complete within five seconds. Has its own
/// threads.
class OperationsServer {
 public:
  /// Called on a thread of the server for every /readyz and status page; must not block for long.
  using Readiness = std::function<std::vector<Check>()>;

  /// Serves when it returns. kBadInput naming the address if it cannot be listened on. `registry` outlives
  /// the server.
  static Result<std::unique_ptr<OperationsServer>> start(const OperationsOptions& options,
                                                         const Registry& registry, Readiness readiness);
  /// Stops.
  ~OperationsServer();

  std::uint16_t port() const;
  /// Ends requests under way and joins all threads, within a second. Again: nothing.
  void stop();

 private:
  class Server;
  explicit OperationsServer(std::unique_ptr<Server> server);
  std::unique_ptr<Server> server_;
};

}  // namespace spud::metrics
