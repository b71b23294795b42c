// SPDX-License-Identifier: Apache-2.0
#include "service/status/view.hpp"

#include <algorithm>

namespace spud::service::status {

const char* to_string(Presence presence) {
  switch (presence) {
    case Presence::kPresent:
      return "present";
    case Presence::kDraining:
      return "draining";
    case Presence::kAbsent:
      return "absent";
    case Presence::kGone:
      return "gone";
  }
  return "absent";
}

const char* to_string(DeviceState state) {
  switch (state) {
    case DeviceState::kReady:
      return "ready";
    case DeviceState::kNoDealer:
      return "no dealer";
    case DeviceState::kWaiting:
      return "waiting";
  }
  return "waiting";
}

bool Snapshot::ready() const {
  return std::ranges::all_of(checks, [](const metrics::Check& check) { return check.ok; });
}

bool Snapshot::current() const {
  constexpr std::int64_t kFresh = 3000;
  return heard && silence.empty() && age_millis < kFresh;
}

}  // namespace spud::service::status
