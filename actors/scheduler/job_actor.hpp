// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <optional>
#include <vector>

#include "actors/interfaces.hpp"
#include "actors/metered.hpp"
#include "actors/scheduler/setup.hpp"
#include "service/trace/recorder.hpp"

namespace spud::actors {

/// An attempt to be led, or, after a restart of the scheduler, one to be asked after.
struct AttemptOrder {
  service::scheduler::AttemptName name;
  service::JobRequest request;
  PartyId party;           ///< of the client that asked
  service::Device device;  ///< with the addresses the nodes have now
  bool resumed = false;
  std::shared_ptr<service::trace::Recorder> trace{};  ///< of what is done for it here
};

struct JobActorState {
  std::optional<service::scheduler::AttemptState> attempt;
  std::vector<CourierActor> couriers;  ///< by rank
  std::map<Rank, service::JobProgress> progress;
  /// What nodes were asked and have not answered, by rank, and the choice of a tape.
  std::map<Rank, service::trace::SpanId> asked;
  service::trace::SpanId choosing;
};

JobActor::behavior_type job_actor(MeteredPointer<JobActor, JobActorState> self, const SchedulerSetup* setup,
                                  std::shared_ptr<const AttemptOrder> order, SchedulerActor scheduler);

}  // namespace spud::actors
