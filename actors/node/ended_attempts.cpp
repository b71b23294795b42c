// SPDX-License-Identifier: Apache-2.0
#include "actors/node/ended_attempts.hpp"

#include <algorithm>
#include <utility>

namespace spud::actors {

void EndedAttempts::remember(const JobId& job, std::uint32_t attempt, Error cause) {
  ended_.push_back({job, attempt, std::move(cause)});
  if (ended_.size() > kRemembered) ended_.pop_front();
}

const Error* EndedAttempts::cause(const JobId& job, std::uint32_t attempt) const {
  const auto found = std::ranges::find_if(
      ended_, [&](const Ended& ended) { return ended.job == job && ended.attempt == attempt; });
  return found == ended_.end() ? nullptr : &found->cause;
}

}  // namespace spud::actors
