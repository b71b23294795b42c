// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <utility>

#include "actors/interfaces.hpp"
#include "actors/metered.hpp"
#include "actors/node/control.hpp"
#include "actors/node/ended_attempts.hpp"
#include "actors/node/setup.hpp"
#include "service/node/memory_book.hpp"

namespace spud::actors {

/// The attempts under way on a node.
struct ComputeNodeState {
  struct Running {
    std::uint32_t attempt = 0;
    SessionActor session;
    std::shared_ptr<SessionControl> control;
    service::Fields manifest;              ///< empty until it is compiled
    std::optional<ReservedTape> reserved;  ///< `manifest` names it
    service::Device device;
    bool started = false;
    std::string dealer{};  ///< once it is started, if it is dealt to live
    Millis began{0};
    service::JobRequest request{};
    PartyId party{};            ///< that asked for the job
    std::int64_t prepared = 0;  ///< microseconds of the clock, when the manifest was there
  };
  struct Waiter {
    wire::AwaitAttempt request;
    caf::typed_response_promise<Outcome<wire::AttemptStatus>> promise;
  };
  std::map<JobId, Running> running;
  /// Sessions whose threads still hold what they took, which may be longer than their attempts last.
  std::map<caf::actor_addr, std::pair<JobId, std::uint32_t>> sessions;
  std::shared_ptr<service::node::MemoryBook> memory;
  EndedAttempts failed;
  std::map<std::uint64_t, Waiter> waiters;
  std::size_t admitting = 0;  ///< preparations that the store has not admitted yet
  std::uint64_t next_waiter = 0;
  bool draining = false;
  /// Attempts that ended well since then, and of which the scheduler does not know: a node that ends now
  /// leaves it to believe that they are lost.
  std::set<std::pair<JobId, std::uint32_t>> untold;
};

ComputeNodeActor::behavior_type compute_node(MeteredPointer<ComputeNodeActor, ComputeNodeState> self,
                                             const NodeSetup* setup, ShareStoreActor store);

}  // namespace spud::actors
