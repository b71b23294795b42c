// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <optional>
#include <vector>

#include "actors/interfaces.hpp"
#include "actors/scheduler/setup.hpp"

namespace spud::actors {

/// An attempt to be led, or, after a restart of the scheduler, one to be asked after.
struct AttemptOrder {
  service::scheduler::AttemptName name;
  service::JobRequest request;
  PartyId party;           ///< of the client that asked
  service::Device device;  ///< with the addresses the nodes have now
  bool resumed = false;
};

struct JobActorState {
  std::optional<service::scheduler::AttemptState> attempt;
  std::vector<CourierActor> couriers;  ///< by rank
  std::map<Rank, service::JobProgress> progress;
};

JobActor::behavior_type job_actor(JobActor::stateful_pointer<JobActorState> self, const SchedulerSetup* setup,
                                  std::shared_ptr<const AttemptOrder> order, SchedulerActor scheduler);

}  // namespace spud::actors
