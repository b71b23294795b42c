// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "actors/door/peers.hpp"
#include "actors/traces/trace_desk.hpp"
#include "base/clock.hpp"
#include "service/scheduler/job_book.hpp"
#include "system/metrics/log.hpp"
#include "system/metrics/registry.hpp"
#include "system/net/tls_context.hpp"
#include "system/store/store.hpp"

namespace spud::actors {

/// What the actors of a scheduler share. Outlives the actor system.
struct SchedulerSetup {
  net::TlsContext tls;
  store::Store& store;
  const Clock& clock;
  metrics::Registry& registry;
  metrics::Logger log;
  Millis heartbeat_interval{0};
  Millis registration_timeout{0};  ///< a node silent for longer counts as absent
  Millis peer_silence_limit{0};
  std::size_t job_queue_limit = 0;  ///< jobs that may wait
  Millis reserve_timeout{60'000};   ///< for all nodes to prepare an attempt
  Millis node_gone_after = service::scheduler::NodeRegistry::kGoneAfter;
  Millis jobs_keep = service::scheduler::JobBook::kKeep;  ///< jobs that have ended
  std::shared_ptr<Peers> peers{};                         ///< null: nobody counts
};

/// Families of a scheduler's store.
inline const std::vector<std::string> kSchedulerFamilies{"nodes",       "devices",      "jobs",
                                                         "stock_kinds", "stock_orders", kTraceFamily};

}  // namespace spud::actors
