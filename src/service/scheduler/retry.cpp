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

std::int64_t pause_left(const Job& job, std::int64_t unix_millis) {
  const auto left = job.retry_unix_millis - unix_millis;
  // A clock that was set back makes no pause longer.
  return left > 0 && left <= kLongestRetryPause.count() * 5 / 4 ? left : 0;
}

Millis put_off_pause(std::uint32_t attempt, std::uint32_t times, const JobId& job) {
  const auto pause = retry_pause(times);
  std::uint32_t turn = attempt;
  for (const char letter : job.str()) turn = 31 * turn + static_cast<unsigned char>(letter);
  return pause + pause * (turn % 8) / 32;
}

std::string attempt_text(const Job& job) {
  if (job.failures == 0) return {};
  return "attempt " + std::to_string(job.failures + 1) + " of " + std::to_string(job.request.max_attempts);
}

std::string pause_text(const Job& job, std::int64_t left) {
  // Where and what was expected may quote data and policies, and this is shown to more than the job's party.
  const auto& cause = job.attempts.back().problem;
  const auto attempt = attempt_text(job);
  return (attempt.empty() ? "the next attempt" : attempt) + " is due in " +
         std::to_string((left + 999) / 1000) + " s" +
         (cause ? "; the last: " + Error{cause->code, cause->what, "", "", cause->party, ""}.message() : "");
}

}  // namespace spud::service::scheduler
