// SPDX-License-Identifier: Apache-2.0
#include "actors/door/refused_frame.hpp"

#include "system/metrics/catalogue.hpp"

namespace spud::actors {

void judge_frame(metrics::Registry& registry, const char* reason, const metrics::Logger& log,
                 const net::Connection& connection, Error& error) {
  if (error.code != ErrorCode::kPeerFault) return;
  if (error.party.empty()) error.party = connection.peer().party.str();
  registry.counter(metrics::family::kFramesRefused, {reason}).add();
  log.warning("refused a frame", {{"peer", connection.peer().str()}, {"error", error.message()}});
}

}  // namespace spud::actors
