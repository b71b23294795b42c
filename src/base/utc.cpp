// SPDX-License-Identifier: Apache-2.0
#include "base/utc.hpp"

#include <ctime>

namespace spud {

std::string utc_text(std::int64_t unix_seconds, const char* format) {
  const std::time_t time = unix_seconds;
  std::tm parts{};
  ::gmtime_r(&time, &parts);
  char text[64];
  return {text, std::strftime(text, sizeof text, format, &parts)};
}

}  // namespace spud
