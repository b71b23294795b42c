// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "actors/door/front_door.hpp"
#include "actors/interfaces.hpp"

namespace spud::actors {

/// Serves one connection to a scheduler: request by request, until the peer leaves, is idle for long, or
/// breaks the protocol.
void serve_scheduler(caf::actor_system& system, const SchedulerActor& actor, metrics::Registry& registry,
                     const metrics::Logger& log, net::Connection& connection);

}  // namespace spud::actors
