// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "actors/dealer/setup.hpp"
#include "actors/door/front_door.hpp"
#include "actors/interfaces.hpp"

namespace spud::actors {

/// Serves one connection to a dealer: one tape. The last rank's thread deals while it sends.
void serve_dealer(caf::actor_system& system, const DealerActor& actor, const DealerSetup& setup,
                  net::Connection& connection);

}  // namespace spud::actors
