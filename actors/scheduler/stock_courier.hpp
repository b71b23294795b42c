// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "actors/interfaces.hpp"
#include "actors/metered.hpp"
#include "actors/scheduler/node_line.hpp"

namespace spud::actors {

/// Carries one request over this line.
StockCourierActor::behavior_type stock_courier(Metered<StockCourierActor::base>* self,
                                               const SchedulerSetup* setup, std::shared_ptr<NodeLine> line);

}  // namespace spud::actors
