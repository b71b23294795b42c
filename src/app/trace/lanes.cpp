// SPDX-License-Identifier: Apache-2.0
#include "app/trace/lanes.hpp"

#include <algorithm>
#include <numeric>
#include <tuple>

namespace spud::app::trace {

std::vector<std::size_t> by_start(const std::vector<service::trace::Span>& spans) {
  std::vector<std::size_t> order(spans.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::stable_sort(
      order, {}, [&](std::size_t i) { return std::tuple(spans[i].start_micros, -spans[i].end_micros); });
  return order;
}

}  // namespace spud::app::trace
