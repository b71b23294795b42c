// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "actors/interfaces.hpp"
#include "actors/metered.hpp"
#include "actors/node/share_desk.hpp"

namespace spud::actors {

struct ShareStoreState {
  std::shared_ptr<ShareDesk> desk;
};

/// Mail for a desk that has been loaded.
ShareStoreActor::behavior_type share_store(MeteredPointer<ShareStoreActor, ShareStoreState> self,
                                           const NodeSetup* setup, std::shared_ptr<ShareDesk> desk);

}  // namespace spud::actors
