// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "actors/dealer/tapes_under_way.hpp"
#include "actors/door/peers.hpp"
#include "base/clock.hpp"
#include "base/random.hpp"
#include "system/metrics/log.hpp"
#include "system/metrics/registry.hpp"
#include "system/net/tls_context.hpp"
#include "system/store/store.hpp"

namespace spud::actors {

/// What the actors of a dealer share. Outlives the actor system.
struct DealerSetup {
  net::TlsContext tls;
  store::Store& store;
  const Clock& clock;
  Random& random;
  metrics::Registry& registry;
  metrics::Logger log;
  Millis peer_silence_limit{0};        ///< how long the nodes of an attempt may take to come together
  std::size_t tape_buffer = 0;         ///< bytes of a live tape dealt ahead of their use, for each session
  TapesUnderWay* under_way = nullptr;  ///< null: nobody gives them up
  std::shared_ptr<Peers> peers{};      ///< null: nobody counts
};

/// Families of a dealer's store: attempts that were dealt to; the last number of a tape of stock, and the
/// epoch.
inline const std::vector<std::string> kDealerFamilies{"dealt", "numbers"};

}  // namespace spud::actors
