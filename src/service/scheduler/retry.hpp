// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "service/job.hpp"

namespace spud::service::scheduler {

/// May another attempt of the same job succeed where one failed with this? So it is where somebody was
/// absent, late, or gave up (a node that is drained says kCancelled; a client's own cancel ends the job, not
/// only the attempt). Refusals, bad input and limits stay what they are.
bool may_mend(ErrorCode code);

/// Before the attempt that follows so many failed ones: 1 s, doubled each time, 30 s at most.
Millis retry_pause(std::uint32_t failures);
inline constexpr Millis kLongestRetryPause{30'000};

/// How many milliseconds until a job is tried again; 0: now.
std::int64_t pause_left(const Job& job, std::int64_t unix_millis);
/// After an attempt that was put off, so often in turn: as after failures, and up to a quarter longer, by job
/// and attempt, so that jobs which stood in each other's way do not do so again.
Millis put_off_pause(std::uint32_t attempt, std::uint32_t times, const JobId& job);
/// "attempt 2 of 3", the one that comes next; empty where all of them are still to come.
std::string attempt_text(const Job& job);
/// What a job waits for that is tried again in so many milliseconds, and why.
std::string pause_text(const Job& job, std::int64_t left);

}  // namespace spud::service::scheduler
