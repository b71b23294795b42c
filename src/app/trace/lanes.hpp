// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <vector>

#include "service/trace/part.hpp"

namespace spud::app::trace {

/// Lanes below it are for steps.
inline constexpr std::size_t kInstructionLanes = 100;

/// Puts spans into lanes in which each holds the next, or ends before it begins: what drawings of nested
/// boxes need. Give them in the order of by_start().
class Lanes {
 public:
  /// The first lane, from `first` on, where it fits.
  std::size_t place(const service::trace::Span& span, std::size_t first) {
    for (auto lane = first;; ++lane) {
      auto& open = open_[lane];
      while (!open.empty() && open.back() <= span.start_micros) open.pop_back();
      if (!open.empty() && span.end_micros > open.back()) continue;
      open.push_back(span.end_micros);
      return lane;
    }
  }

 private:
  std::map<std::size_t, std::vector<std::int64_t>>
      open_;  ///< ends of those that are not over, outermost first
};

/// Places of spans by their start, of those that start together the longest first.
std::vector<std::size_t> by_start(const std::vector<service::trace::Span>& spans);

}  // namespace spud::app::trace
