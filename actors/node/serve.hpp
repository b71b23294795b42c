// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>

#include "actors/door/front_door.hpp"
#include "actors/door/peers.hpp"
#include "actors/interfaces.hpp"
#include "actors/node/tape_desk.hpp"

namespace spud::actors {

/// Where a connection to a node leads.
struct NodeDoor {
  caf::actor_system& system;
  ComputeNodeActor node;
  ShareStoreActor store;
  metrics::Registry& registry;
  metrics::Logger log;
  TapeDesk* tapes = nullptr;  ///< null: this node keeps no stock
  Millis heartbeat{1000};     ///< how often a connection whose answer takes its time says so
  PartyId party{};
  NodeId name{};
  const std::atomic<bool>* draining = nullptr;      ///< no new uploads and tapes once it is true
  std::atomic<std::uint64_t>* answering = nullptr;  ///< counts requests whose answers have not gone yet
  Peers* peers = nullptr;                           ///< counts bytes; null: nobody does
};

/// Serves one connection to a node. Compute nodes open links, which are handed to their session; clients and
/// schedulers are answered request by request.
void serve_node(const NodeDoor& door, const std::shared_ptr<net::Connection>& connection);

}  // namespace spud::actors
