// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "service/field.hpp"
#include "service/stock/tape.hpp"

namespace spud::service::scheduler {

/// A plan of which tapes are made, and what it asks of a dealer.
struct StockPlan {
  Digest demand;
  Digest plan;
  Digest program;
};

/// What the nodes of a device answered to prepareStock, in rank order: they must have compiled the same plan
/// with the same demand. Names the field and the party that differ.
Result<StockPlan> agree_on_plan(const Device& device, const Digest& program,
                                const std::vector<Fields>& answers);

/// What they answered to makeTape, in rank order: one tape, for this device and demand, from this dealer.
Result<stock::StockTape> agree_on_tape(const Device& device, const Member& dealer, const Digest& demand,
                                       const std::vector<stock::StockTape>& answers);

}  // namespace spud::service::scheduler
