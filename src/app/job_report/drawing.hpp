// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "app/job_report/course.hpp"

namespace spud::app::job_report {

/// Lanes of an attempt, party by party: steps, and below a node's the operations of its run. Drawings have no
/// text and are as wide as the page, so that they fit a phone; names stand above them, times
/// above and below all of them.
std::string lanes_html(const Course& course, std::int64_t now);
/// Where the run's time went, a bar a node.
std::string spent_html(const Course& course, std::int64_t now);
/// A small bar of a share from 0 to 1.
std::string share_svg(double share);
std::string legend_html();

}  // namespace spud::app::job_report
