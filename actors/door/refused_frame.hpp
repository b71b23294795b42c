// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/error.hpp"
#include "system/metrics/log.hpp"
#include "system/metrics/registry.hpp"
#include "system/net/connection.hpp"

namespace spud::actors {

/// What it was a part of, as spud_refused_frames_total has it.
inline constexpr char kMalformedRequest[] = "malformed", kBrokenTape[] = "tape";

/// Counts and tells of a frame that cannot be read, is of another version, too large or out of place: its
/// sender's fault, as `error` says from now on. What else may end a connection is nobody's, and is left as it
/// is.
void judge_frame(metrics::Registry& registry, const char* reason, const metrics::Logger& log,
                 const net::Connection& connection, Error& error);

}  // namespace spud::actors
