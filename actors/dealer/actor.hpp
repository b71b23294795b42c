// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <memory>

#include "actors/dealer/setup.hpp"
#include "actors/interfaces.hpp"

namespace spud::actors {

struct DealerActorState {
  service::dealer::TapeLedger ledger;
  std::map<std::string, TapeActor> tapes;  ///< that wait for their nodes, by attempt
  bool draining = false;
};

/// Reads the ledger.
Result<service::dealer::TapeLedger> load_ledger(const store::Store& store);

DealerActor::behavior_type dealer_actor(DealerActor::stateful_pointer<DealerActorState> self,
                                        const DealerSetup* setup,
                                        std::shared_ptr<service::dealer::TapeLedger> ledger);

}  // namespace spud::actors
