// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <vector>

#include "actors/interfaces.hpp"
#include "actors/metered.hpp"
#include "actors/scheduler/node_line.hpp"

namespace spud::actors {

/// What the nodes have answered so far.
template <class T>
struct Gathered {
  std::vector<std::optional<T>> answers;  ///< by rank
  std::optional<Error> problem;           ///< the first
  unsigned missing = 0;
};

using Lines = std::vector<std::shared_ptr<NodeLine>>;

/// Has the nodes make a tape. `order` has the device with the addresses they have now.
StockActor::behavior_type tape_maker(MeteredPointer<StockActor, Gathered<service::stock::StockTape>> self,
                                     const SchedulerSetup* setup,
                                     std::shared_ptr<const service::scheduler::TapeOrder> order, Lines lines,
                                     SchedulerActor scheduler);

/// A client's wish for stock of a program.
struct PlanAsked {
  std::uint64_t asking = 0;
  wire::PrepareStock request;
};
/// Has the nodes compile a program and say what it asks of a dealer.
StockActor::behavior_type plan_maker(MeteredPointer<StockActor, Gathered<service::Fields>> self,
                                     const SchedulerSetup* setup, std::shared_ptr<const PlanAsked> asked,
                                     Lines lines, SchedulerActor scheduler);

}  // namespace spud::actors
