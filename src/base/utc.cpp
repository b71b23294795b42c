// SPDX-License-Identifier: Apache-2.0
#include "base/utc.hpp"

#include <algorithm>
#include <cstdio>
#include <ctime>

namespace spud {

namespace {

std::string two(std::int64_t large, const char* large_unit, std::int64_t small, const char* small_unit) {
  std::string text = std::to_string(large) + large_unit;
  if (small != 0) text += " " + std::to_string(small) + small_unit;
  return text;
}

}  // namespace

std::string rounded_text(double value) {
  char text[32];
  std::snprintf(text, sizeof text, value < 9.95 ? "%.1f" : "%.0f", value);
  const std::string shown = text;
  return shown.ends_with(".0") ? shown.substr(0, shown.size() - 2) : shown;
}

std::string utc_text(std::int64_t unix_seconds, const char* format) {
  const std::time_t time = unix_seconds;
  std::tm parts{};
  ::gmtime_r(&time, &parts);
  char text[64];
  return {text, std::strftime(text, sizeof text, format, &parts)};
}

std::string span_text(std::int64_t millis) {
  constexpr std::int64_t kTenth = 100, kMinute = 60, kHour = 3600, kDay = 86'400;
  millis = std::max<std::int64_t>(millis, 0);
  if (millis < kTenth) return std::to_string(millis) + " ms";
  const auto seconds = millis / 1000;
  if (millis < 9950) return rounded_text(static_cast<double>(millis) / 1000) + " s";
  if (seconds < kMinute) return std::to_string(seconds) + " s";
  if (seconds < kHour) return two(seconds / kMinute, " min", seconds % kMinute, " s");
  if (seconds < kDay) return two(seconds / kHour, " h", seconds % kHour / kMinute, " min");
  return two(seconds / kDay, " d", seconds % kDay / kHour, " h");
}

}  // namespace spud
