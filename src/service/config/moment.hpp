// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "base/error.hpp"

namespace spud::service {

/// A moment as people write it: "10m" from now (ms, s, m, h), or "2026-01-31T12:00:00Z", of which the seconds
/// or the whole time of day may be missing; always UTC. Unix milliseconds.
Result<std::int64_t> parse_moment(const std::string& text, std::int64_t now_unix_millis,
                                  const std::string& option);

}  // namespace spud::service
