// SPDX-License-Identifier: Apache-2.0
#include "service/trace/job_spans.hpp"

namespace spud::service::trace {

namespace {

constexpr std::int64_t kMicros = 1000;

}  // namespace

SpanId job_span(const JobRequest& request) {
  return span_id(trace_of(request), "job " + request.id.str());
}

Part job_spans(const Job& job, const PartyId& party, const NodeId& name) {
  Part part{trace_of(job.request), job.request.id, 0, party, "scheduler", name};
  Span whole{job_span(job.request), job.request.trace.span, "job " + job.request.id.str(),
             job.submitted_unix_millis * kMicros, job.ended_unix_millis * kMicros};
  whole.attributes = {{"state", std::string(to_string(job.state))},
                      {"device", job.request.device.str()},
                      {"attempts", static_cast<std::int64_t>(job.attempts.size())}};
  if (job.problem) whole.problem = short_text(job.problem->message());
  part.spans.push_back(whole);
  auto from = job.submitted_unix_millis;
  std::string what = "queued";
  const auto wait = [&](std::int64_t until) {
    // Nothing is waited for while an attempt goes on.
    if (from == 0 || part.spans.size() >= kSpansPerPart || (until != 0 && until <= from)) return;
    part.spans.push_back({span_id(part.trace, "wait " + job.request.id.str(), part.spans.size()), whole.id,
                          what, from * kMicros, until * kMicros});
  };
  for (const auto& attempt : job.attempts) {
    wait(attempt.started_unix_millis);
    from = attempt.ended_unix_millis;
    what = attempt.put_off > 0 ? "waits for room or a tape" : "waits for the next attempt";
  }
  if (job.state == JobState::kQueued) wait(0);
  return part;
}

}  // namespace spud::service::trace
