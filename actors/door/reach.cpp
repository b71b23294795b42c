// SPDX-License-Identifier: Apache-2.0
#include "actors/door/reach.hpp"

#include <utility>

namespace spud::actors {

Reach::Say Reach::tried(const Status& outcome, Millis now) {
  if (!outcome) return failed(outcome.error().what, now);
  cause_.reset();
  told_.clear();
  if (std::exchange(reached_, true)) return Say::kNothing;
  return std::exchange(ever_, true) ? Say::kBack : Say::kReached;
}

Reach::Say Reach::failed(const std::string& cause, Millis now) {
  const bool first = !cause_;
  if (first) since_ = now;
  reached_ = false;
  cause_ = cause;
  if (first && !ever_) return Say::kNothing;
  std::erase_if(told_, [&](const auto& told) { return now - told.second >= kRemind; });
  if (told_.contains(cause) || told_.size() >= kCauses) return Say::kNothing;
  told_.emplace(cause, now);
  return Say::kNotReached;
}

std::string Reach::reason() const {
  if (reached_) return {};
  const std::string since = ever_ ? "it is not reached any more" : "it was not reached yet";
  return cause_ ? since + ": " + *cause_ : since;
}

}  // namespace spud::actors
