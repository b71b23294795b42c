// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "service/job.hpp"
#include "system/metrics/log.hpp"

namespace spud::actors {

/// A service's logger for what it does for an attempt of a job: every line names job, attempt and trace, as
/// do those of all other services.
inline metrics::Logger log_of(const metrics::Logger& log, const JobId& job, std::uint32_t attempt,
                              const service::trace::TraceId& trace) {
  return log.with({{"job", job}, {"attempt", attempt}, {"trace", trace.hex()}});
}
inline metrics::Logger log_of(const metrics::Logger& log, const service::JobRequest& request,
                              std::uint32_t attempt) {
  return log_of(log, request.id, attempt, service::trace_of(request));
}

}  // namespace spud::actors
