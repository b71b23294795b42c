// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include "base/utc.hpp"
#include "service/status/view.hpp"

/// Figures for people, the same on a page and in a terminal.
namespace spud::service::status {

/// "812 B", "3.1 GiB".
std::string bytes_text(double bytes);
using spud::span_text;
/// Of a value of a series: "1.2/s", "3.1 MiB/s", "120 MiB".
std::string value_text(double value, const std::string& unit);
/// "up", "down"; of a peer that nobody watches from a service of this role, "incoming" or "idle".
const char* link_text(const PeerRow& peer, const std::string& role);
/// "43 µs", "2.3 ms".
std::string round_trip_text(double seconds);
/// "2026-01-31 12:00:00", UTC; "-" for 0.
std::string moment_text(std::int64_t unix_millis);
/// "3 s ago", "just now"; "never" for −1.
std::string heard_text(std::int64_t silent_millis);
/// How long a job that has ended took from its submission.
std::int64_t took_millis(const JobRow& job);

/// What it is at: "preparing", "running, round 30 of 90".
std::string step_text(const JobProgress& progress);
/// "about 3 s left"; empty if that is not known.
std::string rest_text(const JobProgress& progress);
/// How much of the run is done, 0 to 1; 0 before it has begun, 1 once results are stored.
double share_done(const JobProgress& progress);

/// "alice/alice-0"; the party alone if its process has the same name.
std::string member_text(const std::string& party, const std::string& name);
/// "alice, bob and dave"; those that are not here say so: "bob (absent)".
std::string members_text(const std::vector<MemberRow>& members);

}  // namespace spud::service::status
