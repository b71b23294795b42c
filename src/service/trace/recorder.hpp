// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mutex>
#include <set>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "service/job.hpp"
#include "service/trace/part.hpp"

namespace spud::service::trace {

/// Writes one service's part of an attempt. Any thread; bounded: what is beyond the bounds is not written.
class Recorder {
 public:
  /// `head` says whose part it is; `top` is the name of the span around all others, which stands under
  /// `parent`. The clock outlives it.
  Recorder(Part head, const std::string& top, SpanId parent, const Clock& clock);

  /// Under which others put what they do for this part.
  Context context() const;
  /// Ends the step under way and begins another, one after the other.
  void step(const std::string& name);
  /// For the step under way; for the part as a whole if there is none.
  void note(Attributes attributes);
  /// Beside the steps: begins under the top, or `parent`, and answers its id.
  SpanId begin(const std::string& name, Attributes attributes = {}, SpanId parent = {});
  void end(const SpanId& id, const std::optional<Error>& problem = {}, Attributes attributes = {});
  /// What the run's instructions took, in the step under way. `begin` is when the table was opened, by the
  /// clock's now_micros(); rows' times count from there.
  void instructions(std::vector<InstructionRow> rows, std::int64_t begin);
  /// Another service's part, as it was told.
  void add(Part part);
  /// Ends the step under way and the part. Once.
  void close(const std::optional<Error>& problem);
  /// As it is now: the own part first.
  std::vector<Part> parts() const;

 private:
  std::int64_t now() const { return began_ + clock_.now_micros() - opened_; }
  SpanId push(const std::string& name, SpanId parent, Attributes attributes);
  Span* find(const SpanId& id);
  void finish(Span& span, const std::optional<Error>& problem);

  const Clock& clock_;
  // Wall time is asked once: a clock that is set meanwhile moves no span against another.
  const std::int64_t began_, opened_;
  mutable std::mutex mutex_;
  // Under mutex_.
  Part part_;
  std::vector<Part> others_;
  SpanId step_;
};

/// Who may fetch the parts of a job's attempt: the party that asked for it, and those whom its results reach.
std::set<PartyId> readers(const JobRequest& request, const PartyId& asked);

}  // namespace spud::service::trace
