// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>

#include "actors/interfaces.hpp"
#include "actors/node/control.hpp"
#include "actors/node/setup.hpp"

namespace spud::actors {

/// A program compiled for one attempt.
struct Compiled {
  ir::Plan plan;
  Bytes demand;  ///< encoded; what the dealer is asked for
  service::Fields manifest;
  Rank own{};
  double seconds = 0;
  std::uint64_t instructions = 0;  ///< that the run will execute
  std::uint64_t rounds = 0;        ///< and take
};

struct SessionState {
  std::shared_ptr<const Preparation> preparation;
  std::optional<Compiled> compiled;
};

/// Compiles a program for the inputs at hand and forecasts its demand. Refuses a program whose number of
/// results is not that of the job's outputs.
Result<Compiled> compile(const Preparation& preparation, const std::string& own_identity, const Clock& clock);

SessionActor::behavior_type session(SessionActor::stateful_pointer<SessionState> self, const NodeSetup* setup,
                                    std::shared_ptr<SessionControl> control, ShareStoreActor store,
                                    ComputeNodeActor supervisor);

}  // namespace spud::actors
