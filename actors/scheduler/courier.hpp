// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include "actors/interfaces.hpp"
#include "actors/metered.hpp"
#include "actors/scheduler/setup.hpp"

namespace spud::actors {

/// What a courier knows of its node. Runs on the courier's own thread.
struct CourierState {
  std::optional<Millis> unreachable_since;
};

/// Carries requests to `node`, which has `rank` in the attempt that `job` leads. `trace` is that of the job.
CourierActor::behavior_type courier(MeteredPointer<CourierActor, CourierState> self,
                                    const SchedulerSetup* setup, service::Member node, Rank rank,
                                    JobActor job, service::trace::TraceId trace);

}  // namespace spud::actors
