// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "base/clock.hpp"
#include "base/error.hpp"

namespace spud::service::scheduler {

/// May another attempt of the same job succeed where one failed with this? So it is where somebody was
/// absent, late, or gave up (a node that is drained says kCancelled; a client's own cancel ends the job, not
/// only the attempt). Refusals, bad input and limits stay what they are.
bool may_mend(ErrorCode code);

/// Before the attempt that follows so many failed ones: 1 s, doubled each time, 30 s at most.
Millis retry_pause(std::uint32_t failures);
inline constexpr Millis kLongestRetryPause{30'000};

}  // namespace spud::service::scheduler
