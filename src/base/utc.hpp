// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

namespace spud {

inline constexpr char kUtcDate[] = "%Y-%m-%d";             ///< 2026-01-31
inline constexpr char kUtcTime[] = "%Y-%m-%d %H:%M:%S";    ///< 2026-01-31 12:00:00, for people
inline constexpr char kUtcStamp[] = "%Y-%m-%dT%H:%M:%SZ";  ///< 2026-01-31T12:00:00Z, for programs

/// A moment in UTC, in a format of strftime(3).
std::string utc_text(std::int64_t unix_seconds, const char* format);

/// From ten without a fraction: "0.4", "3", "12".
std::string rounded_text(double value);

/// How long something took or is ago, for people: "31 ms", "0.4 s", "45 s", "3 min 20 s", "2 h 5 min",
/// "5 d 3 h".
std::string span_text(std::int64_t millis);

}  // namespace spud
