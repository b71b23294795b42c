// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "service/job.hpp"
#include "service/trace/part.hpp"

namespace spud::service::trace {

/// The span of a job as a whole, under which its attempts stand.
SpanId job_span(const JobRequest& request);

/// What the scheduler's record of a job says of its course: the job, what it waited for between attempts, by
/// the millisecond. `party` and `name` are the scheduler's.
Part job_spans(const Job& job, const PartyId& party, const NodeId& name);

}  // namespace spud::service::trace
