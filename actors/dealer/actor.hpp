// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <memory>

#include "actors/dealer/setup.hpp"
#include "actors/interfaces.hpp"
#include "actors/metered.hpp"
#include "system/store/epoch.hpp"

namespace spud::actors {

struct DealerActorState {
  service::dealer::TapeLedger ledger;
  service::dealer::TapeNumbers numbers;
  std::map<std::string, TapeActor> tapes;  ///< that wait for their nodes, by attempt
  bool draining = false;
  std::uint64_t dealt = 0;  ///< tapes since it started
  std::uint64_t epoch = 0;
};

/// What a dealer finds in its store: the ledger, the last number, and in which epoch it goes on from there.
struct DealerLedger {
  service::dealer::TapeLedger attempts;
  service::dealer::TapeNumbers numbers;
  store::Epoch epoch;
};
Result<DealerLedger> load_ledger(store::Store& store, const crypto::Identity& self, const Clock& clock);

DealerActor::behavior_type dealer_actor(MeteredPointer<DealerActor, DealerActorState> self,
                                        const DealerSetup* setup, std::shared_ptr<DealerLedger> ledger);

}  // namespace spud::actors
