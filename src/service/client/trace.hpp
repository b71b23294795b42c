// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include "service/client/client.hpp"
#include "service/trace/timeline.hpp"

namespace spud::service::client {

/// Asks the scheduler and all nodes of the job's device for their parts of its trace, of all attempts or of
/// one, and puts them together. Fails only without the job itself: whoever is away, or has nothing, is named
/// in the timeline.
Result<trace::Timeline> timeline(Client& client, const JobId& id, std::optional<std::uint32_t> attempt,
                                 const Clock& clock);

}  // namespace spud::service::client
