// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>

#include "actors/interfaces.hpp"
#include "actors/metered.hpp"
#include "actors/node/control.hpp"
#include "actors/node/setup.hpp"

namespace spud::actors {

/// A program compiled for one attempt.
struct Compiled {
  std::shared_ptr<const Planned> planned;
  service::Fields manifest;
  Rank own{};
  double seconds = 0;
};

struct SessionState {
  std::shared_ptr<const Preparation> preparation;
  std::optional<Compiled> compiled;
};

/// Compiles a program for the inputs at hand, or finds it compiled, and says what the attempt will be.
/// Refuses a program whose number of results is not that of the job's outputs.
Result<Compiled> compile(const Preparation& preparation, const NodeSetup& setup);

SessionActor::behavior_type session(MeteredPointer<SessionActor, SessionState> self, const NodeSetup* setup,
                                    std::shared_ptr<SessionControl> control, ShareStoreActor store,
                                    ComputeNodeActor supervisor);

}  // namespace spud::actors
