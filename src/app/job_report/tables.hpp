// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "app/job_report/course.hpp"

namespace spud::app::job_report {

/// What a node sent to one peer and had from it, in one step.
struct StepTraffic {
  std::string step, peer;
  std::uint64_t sent = 0, received = 0;
};
std::vector<StepTraffic> traffic_of(const service::trace::Part& node);

std::string attempts_table(const std::vector<Course>& courses, std::int64_t now);
/// How long each node was at each step.
std::string steps_table(const Course& course, std::int64_t now);
/// The plan's forecast beside what was measured.
std::string forecast_table(const Course& course);
/// Bytes by node, peer and step.
std::string traffic_table(const Course& course);
/// The dearest instructions.
std::string instructions_table(const Course& course);

}  // namespace spud::app::job_report
