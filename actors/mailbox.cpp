// SPDX-License-Identifier: Apache-2.0
// The end of CAF's queues is a node that is no message and is cast to one before it is compared, which
// UBSan's check of types takes for an error. No other file has code of CAF that does so: this one is compiled
// without that check (CMakeLists.txt).
#include "actors/mailbox.hpp"

namespace spud::actors {

std::optional<std::size_t> mail_in(caf::scheduled_actor& actor) {
  auto& mailbox = actor.mailbox();
  if (mailbox.closed() || mailbox.blocked()) return std::nullopt;
  return mailbox.size();
}

}  // namespace spud::actors
