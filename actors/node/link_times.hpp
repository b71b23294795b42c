// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "system/net/deadline.hpp"

namespace spud::actors {

/// When a link counts as dead.
struct LinkTimes {
  Millis heartbeat{0};  ///< how often we show that we live
  Millis silence{0};    ///< how long a peer may show nothing
  Millis round{
      net::kForever};  ///< how long a session may take to come to its next round, or a dealer to deal on
};

}  // namespace spud::actors
