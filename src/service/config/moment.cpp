// SPDX-License-Identifier: Apache-2.0
#include "service/config/moment.hpp"

#include <ctime>

#include "service/config/key.hpp"

namespace spud::service {

Result<std::int64_t> parse_moment(const std::string& text, std::int64_t now_unix_millis,
                                  const std::string& option) {
  const auto wrong = [&] {
    return bad_input("'" + text + "'", option,
                     "a time from now such as 10m, or one such as 2026-01-31T12:00:00Z");
  };
  if (auto from_now = parse_duration(text)) {
    constexpr std::int64_t kCentury = 100ll * 366 * 24 * 3600 * 1000;
    if (from_now->count() <= 0 || from_now->count() > kCentury) return wrong();
    return now_unix_millis + from_now->count();
  }
  for (const char* format : {"%Y-%m-%dT%H:%M:%SZ", "%Y-%m-%dT%H:%MZ", "%Y-%m-%d"}) {
    std::tm parts{};
    const char* end = ::strptime(text.c_str(), format, &parts);
    if (end != nullptr && *end == '\0') return static_cast<std::int64_t>(::timegm(&parts)) * 1000;
  }
  return wrong();
}

}  // namespace spud::service
