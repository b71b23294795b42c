// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "service/job.hpp"
#include "service/trace/part.hpp"

namespace spud::service::trace {

/// How far a teller's clock was ahead of the reader's when it was asked, from when the question went and the
/// answer came: half of the way is as far as it can be off.
struct ClockReading {
  std::int64_t ahead_micros = 0;
  std::int64_t error_micros = 0;
};
/// The better of two.
ClockReading reading(std::int64_t asked, std::int64_t answered, std::int64_t said);
const ClockReading& closer(const ClockReading& a, const ClockReading& b);

struct Told {
  Part part;
  ClockReading clock;
};

/// What ought to be there and is not.
struct Missing {
  std::uint32_t attempt = 0;
  PartyId party;
  std::string service;
  NodeId name;
  std::string why;
};

/// The parts of a job's trace, all by the scheduler's clock.
struct Timeline {
  TraceId trace;
  Job job;
  std::int64_t now_micros = 0;  ///< when it was asked after
  std::vector<Told> parts;      ///< the scheduler's first; then by attempt, party and service
  std::vector<Missing> missing;
  std::vector<std::string> notes;  ///< on clocks, for people
};

/// Brings all parts to the scheduler's clock: by the readings, held to what the messages of an attempt say,
/// since a node prepares it after it was asked to and before its answer was here. Where the two contradict
/// each other the messages count, and a note says so; a part that still begins before it was asked for is
/// noted, too. Parts whose parent is missing are put under the job. `now` is the reader's clock.
Timeline align(Job job, std::vector<Told> told, std::vector<Missing> missing, std::int64_t now);

/// The spans of a part, with one for each of its instructions. What has not ended ends `now`, and says so.
std::vector<Span> all_spans(const Part& part, std::int64_t now);

}  // namespace spud::service::trace
