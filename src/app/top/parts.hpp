// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "app/top/columns.hpp"
#include "app/top/screen.hpp"

/// What screens are made of.
namespace spud::app::top {

/// A table of the screen and what did not come with it.
struct Part {
  Columns columns;
  std::uint64_t total = 0;
};

/// Of what a scheduler shows: jobs, nodes, devices, stock.
std::vector<Part> scheduler_parts(const Heard& heard, const Paper& paper);
std::string scheduler_summary(const Heard& heard);

/// Of what a service says of itself: its own view, then readiness, certificates, disks and peers.
std::vector<Part> service_parts(const Heard& heard, const Paper& paper);
/// Who it is and how it is, a line each.
std::vector<std::string> service_head(const Heard& heard, const Paper& paper);

/// How much of something is done.
std::string bar(double share, const Paper& paper);
/// Shorter than on a page: that it runs is said by the round.
std::string step(const service::JobProgress& progress);

}  // namespace spud::app::top
