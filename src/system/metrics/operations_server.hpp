// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "base/error.hpp"
#include "system/metrics/registry.hpp"

namespace spud::metrics {

/// One thing that must hold before a service takes work: "store", "scheduler", "certificate".
struct Check {
  std::string name;
  bool ok = false;
  std::string reason;  ///< why not, one clause; shown to whoever asks, so nothing that a policy protects
};

nlohmann::ordered_json to_json(const Check& check);

/// What stands at a path, as somebody above this layer makes it.
struct Document {
  std::string type;    ///< "text/html; charset=utf-8"
  std::string policy;  ///< its Content-Security-Policy
  std::string body;
};
/// By path. Called on a thread of the server for every request; must not block for long.
using Documents = std::map<std::string, std::function<Document()>>;

struct OperationsOptions {
  std::string host = "127.0.0.1";  ///< anything else than loopback only because somebody configured it
  std::uint16_t port = 0;          ///< 0: a free one, told by port()
  Documents documents{};           ///< the status page and what belongs to it
};

/// HTTP for those who operate a service, on a port of its own: /metrics for Prometheus, /healthz (200 while
/// the process serves at all), /readyz (200 if every check holds, else 503 with the checks as JSON), and the
/// documents it is given. Nothing is to be cached, or taken for another type than it says. Plain HTTP, one
/// request a connection, which must be complete within five seconds. Has its own threads.
class OperationsServer {
 public:
  /// Called on a thread of the server for every /readyz; must not block for long.
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
