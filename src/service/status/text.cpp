// SPDX-License-Identifier: Apache-2.0
#include "service/status/text.hpp"

#include <algorithm>
#include <cmath>
#include <iterator>

#include "base/utc.hpp"

namespace spud::service::status {

std::string bytes_text(double bytes) {
  constexpr const char* kUnits[] = {" B", " KiB", " MiB", " GiB", " TiB", " PiB"};
  if (!(bytes > 0)) return "0 B";
  std::size_t unit = 0;
  for (; bytes >= 1023.5 && unit + 1 < std::size(kUnits); ++unit) bytes /= 1024;
  return (unit == 0 ? std::to_string(std::llround(bytes)) : rounded_text(bytes)) + kUnits[unit];
}

std::string value_text(double value, const std::string& unit) {
  if (unit.starts_with("B")) return bytes_text(value) + unit.substr(1);
  if (value >= 1e6) return rounded_text(value / 1e6) + " M" + unit;
  if (value >= 1e4) return rounded_text(value / 1e3) + " k" + unit;
  return rounded_text(value) + unit;
}

const char* link_text(const PeerRow& peer, const std::string& role) {
  if (peer.up) return *peer.up ? "up" : "down";
  // Clients, and nodes to their dealer, come when they want something; a node forgets those that it had no
  // attempt with for a while.
  return role == "dealer" || peer.peer.ends_with("/client") ? "incoming" : "idle";
}

std::string round_trip_text(double seconds) {
  const auto micros = seconds * 1e6;
  if (micros < 1) return "< 1 µs";
  if (micros < 999.5) return std::to_string(std::llround(micros)) + " µs";
  return value_text(micros < 999'500 ? micros / 1e3 : seconds, micros < 999'500 ? " ms" : " s");
}

std::string moment_text(std::int64_t unix_millis) {
  return unix_millis == 0 ? "-" : utc_text(unix_millis / 1000, kUtcTime);
}

std::string heard_text(std::int64_t silent_millis) {
  if (silent_millis < 0) return "never";
  // Whoever is well is heard of every second or so: a figure that jumps about says no more.
  constexpr std::int64_t kJustNow = 1000;
  return silent_millis < kJustNow ? "just now" : span_text(silent_millis) + " ago";
}

std::int64_t took_millis(const JobRow& job) {
  return job.ended_unix_millis == 0
             ? 0
             : std::max<std::int64_t>(0, job.ended_unix_millis - job.submitted_unix_millis);
}

std::string step_text(const JobProgress& progress) {
  std::string text = to_string(progress.phase);
  if (progress.phase != Phase::kRunning) return text;
  if (progress.of_rounds > 0) {
    text += ", round " + std::to_string(progress.rounds) + " of " + std::to_string(progress.of_rounds);
  } else if (progress.of_instructions > 0) {
    text += ", instruction " + std::to_string(progress.instructions) + " of " +
            std::to_string(progress.of_instructions);
  }
  return text;
}

std::string rest_text(const JobProgress& progress) {
  const auto rest = rest_millis(progress);
  return rest ? "about " + span_text(static_cast<std::int64_t>(*rest)) + " left" : "";
}

double share_done(const JobProgress& progress) {
  if (progress.phase > Phase::kRunning) return 1;
  if (progress.phase < Phase::kRunning) return 0;
  const auto of = progress.of_rounds > 0 ? progress.of_rounds : progress.of_instructions;
  const auto done = progress.of_rounds > 0 ? progress.rounds : progress.instructions;
  return of == 0 ? 0 : std::min(1.0, static_cast<double>(done) / static_cast<double>(of));
}

std::string member_text(const std::string& party, const std::string& name) {
  return party == name || name.empty() ? party : party + "/" + name;
}

std::string members_text(const std::vector<MemberRow>& members) {
  std::string text;
  for (const auto& member : members) {
    text += (text.empty() ? "" : ", ") + member_text(member.party, member.name);
    if (member.presence != Presence::kPresent) text += std::string(" (") + to_string(member.presence) + ")";
  }
  return text.empty() ? "-" : text;
}

}  // namespace spud::service::status
