// SPDX-License-Identifier: Apache-2.0
#include "app/job_report/figures.hpp"

#include <cstdio>

#include "base/utc.hpp"

namespace spud::app::job_report {

namespace {

/// Three digits that count.
std::string short_number(double value) {
  char text[32];
  std::snprintf(text, sizeof text, value < 10 ? "%.2f" : value < 100 ? "%.1f" : "%.0f", value);
  return text;
}

}  // namespace

std::string duration_text(std::int64_t micros) {
  if (micros < 1000) return std::to_string(micros) + " µs";
  const auto millis = static_cast<double>(micros) / 1e3;
  if (millis < 1000) return short_number(millis) + " ms";
  const auto seconds = micros / 1'000'000;
  if (seconds < 120) return short_number(static_cast<double>(micros) / 1e6) + " s";
  if (seconds < 7200) return std::to_string(seconds / 60) + " min " + std::to_string(seconds % 60) + " s";
  return std::to_string(seconds / 3600) + " h " + std::to_string(seconds / 60 % 60) + " min";
}

std::string count_text(std::uint64_t count) {
  auto text = std::to_string(count);
  for (auto at = static_cast<std::ptrdiff_t>(text.size()) - 3; at > 0; at -= 3)
    text.insert(static_cast<std::size_t>(at), "\u202f");
  return text;
}

std::string moment_text(std::int64_t micros) {
  if (micros == 0) return "–";
  char millis[8];
  std::snprintf(millis, sizeof millis, ".%03d", static_cast<int>(micros / 1000 % 1000));
  return utc_text(micros / 1'000'000, kUtcTime) + millis;
}

std::int64_t figure(const service::trace::Span& span, const std::string& name) {
  for (const auto& attribute : span.attributes) {
    if (attribute.name != name) continue;
    if (const auto* number = std::get_if<std::int64_t>(&attribute.value)) return *number;
  }
  return 0;
}

}  // namespace spud::app::job_report
