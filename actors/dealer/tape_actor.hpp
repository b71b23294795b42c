// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <vector>

#include "actors/dealer/setup.hpp"
#include "actors/interfaces.hpp"
#include "actors/metered.hpp"

namespace spud::actors {

struct TapeActorState {
  struct Waiter {
    Rank rank{};
    caf::typed_response_promise<Outcome<std::shared_ptr<const TapeGrant>>> promise;
  };
  std::optional<service::dealer::TapeState> tape;  ///< from the first request on
  std::shared_ptr<const TapeRequest> first;
  std::vector<Waiter> waiters;
};

TapeActor::behavior_type tape_actor(MeteredPointer<TapeActor, TapeActorState> self, const DealerSetup* setup,
                                    DealerActor dealer);

/// A dealer's logger for what it does for an attempt, or an order of stock.
metrics::Logger log_of_tape(const metrics::Logger& log, const wire::OpenTape& open);

/// Draws one seed a party; the tape's name is derived from all of them, so that no two tapes share one.
/// `stock` is the number of a tape that is to be kept.
Result<std::vector<std::shared_ptr<const TapeGrant>>> draw_grants(const TapeRequest& request,
                                                                  const std::optional<service::TapeId>& stock,
                                                                  Random& random);

}  // namespace spud::actors
