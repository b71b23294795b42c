// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/id.hpp"
#include "base/type.hpp"
#include "service/device.hpp"
#include "service/field.hpp"
#include "service/tape_id.hpp"
#include "service/trace/context.hpp"

namespace spud::service {

/// A public input: known to every node, uploaded to each of them by digest.
struct PublicInput {
  Digest digest;  ///< SHA-256 of the tensor's bytes
  TensorType type;
};

struct InputBinding {
  std::string name;  ///< in0, in1, …
  std::variant<DatasetId, PublicInput> source;
};

struct OutputBinding {
  std::string name;  ///< out0, out1, …
  PartyId recipient;
};

/// Where an attempt's correlations come from. Numbers are on the wire.
enum class Supply : std::uint8_t {
  kAny = 0,    ///< from stock if a tape is ready, else dealt live
  kStock = 1,  ///< from stock only: the job waits for a tape
  kLive = 2,   ///< dealt live only
};
const char* to_string(Supply supply);
Result<Supply> supply_from_string(const std::string& name);

/// Jobs of a higher priority come first.
inline constexpr std::int32_t kHighestPriority = 100, kLowestPriority = -kHighestPriority;
/// Attempts of a job whose client does not say how many.
inline constexpr std::uint32_t kStandardAttempts = 3;
/// Of one job, those that could not begin for want of a tape included.
inline constexpr std::uint32_t kAttemptsPerJob = 100;

/// A run that a client asks for. The client chooses the id; the same id with an equal request is the same
/// job.
struct JobRequest {
  JobId id;
  DeviceId device;
  Digest device_digest;  ///< as the client pinned it
  Digest program;
  std::vector<InputBinding> inputs;
  std::vector<OutputBinding> outputs;
  Supply supply = Supply::kAny;
  std::int64_t deadline_unix_millis = 0;           ///< it ends by then, done or not; 0: never
  std::int32_t priority = 0;                       ///< kLowestPriority to kHighestPriority
  std::uint32_t max_attempts = kStandardAttempts;  ///< from 1; a failure that may mend is tried again
  trace::Context trace{};                          ///< names no other request: not in its digest
};

/// A job or an attempt that is not done by its deadline: what queue and nodes answer alike.
Error deadline_passed(const JobRequest& request);
inline bool is_past_deadline(const JobRequest& request, std::int64_t unix_millis) {
  return request.deadline_unix_millis != 0 && unix_millis >= request.deadline_unix_millis;
}

Fields describe(const JobRequest& request);
/// The trace that a job belongs to, whoever asks.
inline trace::TraceId trace_of(const JobRequest& request) {
  return request.trace.trace.is_set() ? request.trace.trace : trace::made_up(request.id);
}
Digest digest(const JobRequest& request);
/// Names and counts within bounds; inputs and outputs numbered from 0 without gaps.
Status verify(const JobRequest& request);

enum class JobState : std::uint8_t { kQueued = 1, kRunning, kFailed, kDone, kCancelled };
const char* to_string(JobState state);
Result<JobState> job_state_from_string(const std::string& name);
inline bool has_ended(JobState state) {
  return state != JobState::kQueued && state != JobState::kRunning;
}

/// A figure of an attempt, e.g. {"run_seconds", 0.2}.
struct Measure {
  std::string name;
  double value = 0;
};
using Measures = std::vector<Measure>;

/// What a running attempt is at. Numbers are on the wire.
enum class Phase : std::uint8_t {
  kPreparing = 1,  ///< nodes check policies and compile
  kReserving,      ///< they agree; a tape is chosen and set aside
  kLinking,
  kTape,
  kLoading,
  kRunning,
  kStoring,
};
const char* to_string(Phase phase);

/// How far an attempt is.
struct JobProgress {
  Phase phase = Phase::kPreparing;
  std::uint64_t instructions = 0;     ///< done, each turn of a loop anew
  std::uint64_t of_instructions = 0;  ///< 0: not known
  std::uint64_t rounds = 0;
  std::uint64_t of_rounds = 0;   ///< 0: not known
  std::uint64_t run_millis = 0;  ///< since the run of the plan began
  bool operator==(const JobProgress&) const = default;
};
/// The slower of two nodes.
const JobProgress& slower(const JobProgress& a, const JobProgress& b);
/// How long the rest of the run takes at the rate so far: by rounds where there are some, else by
/// instructions. nullopt: not known.
std::optional<std::uint64_t> rest_millis(const JobProgress& progress);

struct NodeReport {
  NodeId node;
  Measures measures;
};

struct Attempt {
  std::uint32_t number = 0;  ///< from 1
  std::int64_t started_unix_millis = 0;
  std::int64_t ended_unix_millis = 0;  ///< 0: has not ended
  std::optional<Digest> manifest;      ///< what all nodes agreed on
  std::optional<Error> problem;
  std::vector<NodeReport> reports;
  std::optional<TapeId> tape{};  ///< from stock; never given to another attempt
  /// So often in turn it could not begin, by other numbers before: it does not count. 0: it began.
  std::uint32_t put_off = 0;
};

/// A job as the scheduler knows it.
struct Job {
  JobRequest request;
  PartyId party;  ///< of the client that asked
  JobState state = JobState::kQueued;
  std::int64_t submitted_unix_millis = 0;
  std::vector<Attempt> attempts;
  std::string waiting;                    ///< why a queued job does not run yet
  std::optional<Digest> demand{};         ///< what it asks of a dealer, once nodes have said it
  std::uint32_t failures = 0;             ///< attempts that began and failed since it was last submitted
  std::int64_t queued_unix_millis = 0;    ///< since when it waits anew; 0: since it was submitted
  std::int64_t retry_unix_millis = 0;     ///< when a queued job is tried again; 0: as soon as it can
  std::int64_t ended_unix_millis = 0;     ///< 0: has not ended
  std::optional<Error> problem{};         ///< why it failed, all attempts together
  std::optional<JobProgress> progress{};  ///< of a running attempt, as it was heard of last; not stored
};

/// Since when a job that waits does; attempts that nodes put off are a part of it.
inline std::int64_t waits_since(const Job& job) {
  return job.queued_unix_millis != 0 ? job.queued_unix_millis : job.submitted_unix_millis;
}

}  // namespace spud::service
