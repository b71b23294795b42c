// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <optional>

#include "actors/interfaces.hpp"
#include "actors/metered.hpp"
#include "actors/scheduler/node_line.hpp"
#include "actors/scheduler/setup.hpp"
#include "service/trace/recorder.hpp"

namespace spud::actors {

/// A device's name, and the first digits of a plan's digest.
using PlanOnDevice = std::pair<std::string, std::string>;

/// What a scheduler knows. `load` fills it from the store, before the actor takes messages.
struct SchedulerState {
  service::scheduler::NodeRegistry registry{Millis(0)};
  service::scheduler::DeviceBook devices;
  service::scheduler::JobBook jobs;
  service::scheduler::StockBook stock;
  bool draining = false;

  /// A client that waits for a job to end.
  struct Waiter {
    Identity caller;
    JobId job;
    caf::typed_response_promise<Outcome<service::Job>> promise;
  };
  std::map<std::uint64_t, Waiter> waiters;
  std::uint64_t next_waiter = 0;
  std::map<service::scheduler::AttemptName, JobActor> running;
  std::map<service::scheduler::AttemptName, service::JobProgress> progress;  ///< of those that run
  std::map<service::scheduler::AttemptName, std::shared_ptr<service::trace::Recorder>> traces;  ///< the same
  std::shared_ptr<TraceDesk> ended_traces;

  /// A client that waits until its program is compiled, to have stock made for it.
  struct Asking {
    Identity caller;
    DeviceId device;
    Digest device_digest;
    service::scheduler::StockWish wish;
    caf::typed_response_promise<Outcome<wire::StockKind>> promise;
    NodeLines lines;
  };
  std::map<std::uint64_t, Asking> askings;
  std::uint64_t next_asking = 0;
  std::map<DeviceId, NodeLines> makings;  ///< tapes that are being made
  Millis stock_tick{0};                   ///< when stock is looked at next
  /// Those that have gauges, and since when there is less ready of one than its target.
  std::map<PlanOnDevice, std::optional<Millis>> measured_plans;
};

/// Reads the store; kCorrupt if a record does not decode.
Status load(SchedulerState& state, const SchedulerSetup& setup);

SchedulerActor::behavior_type scheduler_actor(MeteredPointer<SchedulerActor, SchedulerState> self,
                                              const SchedulerSetup* setup,
                                              std::shared_ptr<SchedulerState> loaded);

}  // namespace spud::actors
