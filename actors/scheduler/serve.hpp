// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "actors/door/front_door.hpp"
#include "actors/interfaces.hpp"
#include "actors/scheduler/setup.hpp"

namespace spud::actors {

/// Serves one connection to a scheduler: request by request, until the peer leaves, is idle for long, or
/// breaks the protocol. Once a write to the store has failed, that is every request's answer: nothing is
/// shown that a restart would not find.
void serve_scheduler(caf::actor_system& system, const SchedulerSetup& setup, const SchedulerActor& actor,
                     net::Connection& connection);

}  // namespace spud::actors
