// SPDX-License-Identifier: Apache-2.0
// Code of CAF's mailboxes that elsewhere is part of its library alone, and here like there is compiled
// without sanitizers (CMakeLists.txt): a queue's end is a node that is no message and is cast to one before
// it is compared, which UBSan takes for an error, and TSan cannot know what the library orders.
#include "actors/mailbox.hpp"

namespace spud::actors {

std::optional<std::size_t> mail_in(caf::scheduled_actor& actor) {
  auto& mailbox = actor.mailbox();
  if (mailbox.closed() || mailbox.blocked()) return std::nullopt;
  return mailbox.size();
}

}  // namespace spud::actors
