// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>

#include <caf/scheduled_actor.hpp>

namespace spud::actors {

/// Messages that have come and were not taken; nullopt: the actor has ended, or sleeps until one comes. Only
/// on the thread that runs the actor.
std::optional<std::size_t> mail_in(caf::scheduled_actor& actor);

}  // namespace spud::actors
