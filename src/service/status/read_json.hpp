// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "base/error.hpp"
#include "service/status/view.hpp"

namespace spud::service::status {

/// /status.json as to_json(Snapshot) writes it: every field that this build knows must be there and of its
/// kind, more are passed over. kUnsupported for another version, kBadInput for all else. Figures of time are
/// within what can be computed with; texts are as somebody else wrote them, and may hold any character.
Result<Snapshot> read_json(std::string_view text);

}  // namespace spud::service::status
