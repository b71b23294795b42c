// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <vector>

#include "service/trace/timeline.hpp"

namespace spud::app::job_report {

/// One attempt of a timeline: whose parts there are, and from when to when they go.
struct Course {
  std::uint32_t attempt = 0;
  const service::Attempt* record = nullptr;  ///< as the scheduler shows it; null: it does not
  std::vector<const service::trace::Told*> parts;
  std::vector<const service::trace::Missing*> missing;
  std::int64_t begin = 0, end = 0;
};

/// In order.
std::vector<Course> courses_of(const service::trace::Timeline& timeline);

/// The step of a node by its name; null if it did not come to it.
const service::trace::Span* step(const service::trace::Part& part, const std::string& name);
/// When it ended, or now.
std::int64_t end_of(const service::trace::Span& span, std::int64_t now);

/// Where the time of a node's run went.
struct Spent {
  std::int64_t run_micros = 0;
  std::int64_t computing_micros = 0, dealer_micros = 0;
  std::map<std::string, std::int64_t> waited_micros;  ///< by party: for its messages, one after the other
  std::int64_t rest_micros = 0;                       ///< of the run: sending, and what nobody counted
};
Spent spent(const service::trace::Part& node, std::int64_t now);

/// An instruction over all nodes: of each figure the largest.
struct Instruction {
  service::trace::InstructionRow row;
  std::string slowest;  ///< party of the node where it took longest
};
/// The dearest first.
std::vector<Instruction> instructions_of(const Course& course);

}  // namespace spud::app::job_report
