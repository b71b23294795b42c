// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <vector>

#include "base/limits.hpp"
#include "service/scheduler/device_book.hpp"

namespace spud::service::scheduler {

/// An attempt of a job: what the scheduler starts, watches and cancels.
struct AttemptName {
  JobId job;
  std::uint32_t attempt = 0;
  auto operator<=>(const AttemptName&) const = default;
};

/// What must happen after a job changed. Jobs in `store` are written, synced, before anything else happens or
/// is answered.
struct JobEffects {
  std::vector<JobId> store;
  std::vector<AttemptName> start;   ///< new attempts to run
  std::vector<AttemptName> cancel;  ///< running attempts to end
  void add(JobEffects other);
};

/// All jobs of a scheduler, which of them run, and what a repeated request means: state machine, no clock, no
/// sockets.
///
///   submit → queued → running → done
///               ↑        ├────→ failed      submitted again: a new attempt
///               └────────┘      cancelled   the same
class JobBook {
 public:
  static constexpr unsigned kRunningPerDevice = 4;  ///< attempts at a time
  static constexpr unsigned kAttemptsPerJob = 100;

  explicit JobBook(std::size_t queue_limit = limits::kQueuedJobs) : queue_limit_(queue_limit) {}

  /// A stored job. One that was running still is: see running().
  void reload(Job job);

  /// The same id with the same request is the same job; with another request it is a conflict. A failed or
  /// cancelled job that is submitted again is queued again.
  Result<JobEffects> submit(const crypto::Identity& caller, const JobRequest& request, const Device& device,
                            std::int64_t unix_millis);
  Result<JobEffects> cancel(const crypto::Identity& caller, const JobId& id, std::int64_t unix_millis);
  /// Starts what can start: oldest first, and only on devices whose members all take work. Others say what
  /// they wait for.
  JobEffects schedule(const DeviceBook& devices, const NodeRegistry& registry, Millis now,
                      std::int64_t unix_millis);
  /// An attempt has ended; without a problem the job is done. Ends that come twice or late change nothing.
  JobEffects ended(const AttemptName& name, std::optional<Error> problem, std::optional<Digest> manifest,
                   std::vector<NodeReport> reports, std::int64_t unix_millis);

  /// Clients of the submitter and of recipients may look.
  Result<Job> show(const crypto::Identity& caller, const JobId& id) const;
  wire::Jobs list(const crypto::Identity& caller) const;
  /// For the scheduler itself; null if there is none.
  const Job* find(const JobId& id) const;
  /// Attempts that ran when the scheduler ended: their nodes must be asked.
  std::vector<AttemptName> running() const;
  std::size_t count(JobState state) const;
  /// Is the device named by a job that has not ended?
  bool uses(const DeviceId& device) const;

 private:
  Status may_see(const crypto::Identity& caller, const Job& job) const;
  Status startable(const Job& job, const DeviceBook& devices, const NodeRegistry& registry, Millis now) const;

  std::size_t queue_limit_;
  std::map<JobId, Job> jobs_;
};

}  // namespace spud::service::scheduler
