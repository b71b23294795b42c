// SPDX-License-Identifier: Apache-2.0
#include "service/scheduler/retry.hpp"

#include <algorithm>

namespace spud::service::scheduler {

bool may_mend(ErrorCode code) {
  // Every code is named, so that the compiler asks whoever adds one.
  switch (code) {
    case ErrorCode::kUnavailable:
    case ErrorCode::kTimeout:
    case ErrorCode::kCancelled:
      return true;
    case ErrorCode::kBadInput:
    case ErrorCode::kUnsupported:
    case ErrorCode::kNotFound:
    case ErrorCode::kConflict:
    case ErrorCode::kDenied:
    case ErrorCode::kPeerFault:
    case ErrorCode::kCorrupt:
    case ErrorCode::kResource:
    case ErrorCode::kInternal:
      return false;
  }
  return false;
}

Millis retry_pause(std::uint32_t failures) {
  if (failures == 0) return Millis(0);
  // Beyond six doublings it is the longest anyway.
  return std::min(Millis(1000) * (1 << std::min(failures - 1, 6u)), kLongestRetryPause);
}

}  // namespace spud::service::scheduler
