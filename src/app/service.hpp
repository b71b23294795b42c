// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>

#include <caf/all.hpp>

#include "app/reload/reloader.hpp"
#include "app/status/status_page.hpp"
#include "base/clock.hpp"
#include "service/config/services.hpp"
#include "system/metrics/catalogue.hpp"
#include "system/metrics/operations_server.hpp"

namespace spud::app {

/// Of the whole project, as CMakeLists.txt names it.
extern const char* const kVersion;
/// What drained work may still need to tell its peers and the store.
inline constexpr Millis kLastWords{2000};

/// What every service's process has: log, metrics, the operators' page, what it takes anew by SIGHUP, and its
/// end by signal. Made first, before any other thread: it blocks these signals for all of them.
class ServiceProcess {
 public:
  using Checks = std::function<std::vector<metrics::Check>()>;

  /// `role` is the verb: "scheduler", "node", "dealer".
  static Result<std::unique_ptr<ServiceProcess>> start(const service::ServiceConfig& config,
                                                       const std::string& role);

  const Clock& clock() const { return clock_; }
  metrics::Registry& registry() { return *registry_; }
  const metrics::Logger& log() const { return log_; }

  /// Opens /metrics, /healthz, /readyz and the status page, which `describe` adds to. What both use must
  /// outlive end_soon().
  Status open_operations(Checks checks, StatusPage::Describe describe);
  /// From wait_for_signal() on: SIGHUP, and every tls.look_interval, lets `tls` and the log follow what their
  /// files say now.
  void follow(net::TlsContext tls, Reloader::Reread reread);
  /// Blocks until SIGTERM or SIGINT; from then on /readyz says no, and a second signal ends the process at
  /// once, with 128 and the signal's number as its code, whatever it is doing.
  void wait_for_signal();
  /// Asks `busy` every 50 ms until it answers 0 or `limit` has passed; whether it did answer 0.
  bool drain(Millis limit, const std::function<std::uint64_t()>& busy);
  /// Closes the operations port. From now on: whatever still blocks after kLastWords is left, and the process
  /// ends with code 0. What counts is on disk.
  void end_soon();

 private:
  ServiceProcess(const service::ServiceConfig& config, std::string role)
      : config_(config), role_(std::move(role)) {}

  const service::ServiceConfig& config_;
  const std::string role_;
  SystemClock clock_;
  metrics::Logger log_;
  std::unique_ptr<metrics::Registry> registry_;
  metrics::Registry::Looking memory_look_;
  std::optional<Reloader> reloader_;
  std::atomic<bool> draining_{false};
  std::unique_ptr<StatusPage> status_;
  std::unique_ptr<metrics::OperationsServer> operations_;  // last: uses the rest
};

/// CAF as services need it: blocking work is in detached actors, so a few threads do.
caf::actor_system_config actor_config();

/// Is the store's disk still writable?
template <class Store>
metrics::Check store_check(Store& store) {
  auto probed = store.probe();
  return {"store", probed.has_value(), probed ? "" : probed.error().what};
}

/// Has it room for new work?
template <class Store>
metrics::Check disk_check(const Store& store) {
  auto room = store.room(0);
  return {"disk", room.has_value(), room ? "" : room.error().what};
}

}  // namespace spud::app
