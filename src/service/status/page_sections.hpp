// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "service/status/view.hpp"

/// What is between a page's head and what all services have.
namespace spud::service::status {

struct Sections {
  std::string tiles;     ///< of a list of figures
  std::string sections;  ///< tables under headings
  std::string small{};   ///< narrow ones, to stand beside those that all services have
};

Sections sections_of(const SchedulerView& view, const Snapshot& snapshot);
Sections sections_of(const NodeView& view, const Snapshot& snapshot);
Sections sections_of(const DealerView& view, const Snapshot& snapshot);

/// How far an attempt is, as a bar and in words.
std::string progress_html(const JobProgress& progress);

}  // namespace spud::service::status
