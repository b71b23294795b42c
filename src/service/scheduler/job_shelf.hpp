// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <set>
#include <utility>

#include "service/job.hpp"

namespace spud::service::scheduler {

/// All jobs by their ids, and in each of the orders in which somebody looks at them, so that a hundred
/// thousand that have ended cost those that wait nothing.
class JobShelf {
 public:
  /// A point of priority is worth so long a wait: among jobs that wait, one comes first whose submission lies
  /// further back, each taken for so much older as its priority says. Whatever comes later, a job's turn is
  /// never more than 200 points away, so none starves.
  static constexpr std::int64_t kMillisPerPriority = 30'000;

  using ByTime = std::set<std::pair<std::int64_t, JobId>>;

  /// A job that has no place yet.
  Job& put(Job job);
  Job* find(const JobId& id);
  const Job* find(const JobId& id) const;
  /// The only way to another state. A job that ends notes when.
  void move(Job& job, JobState state, std::int64_t unix_millis);
  void erase(const JobId& id);

  const ByTime& queued() const { return queued_; }  ///< in the order of their turns
  const std::set<JobId>& running() const { return running_; }
  const ByTime& ended() const { return ended_; }          ///< by their ends
  const ByTime& submitted() const { return submitted_; }  ///< all, by their submission
  std::size_t count(JobState state) const;

 private:
  static std::int64_t turn(const Job& job);
  static std::int64_t end(const Job& job);
  void enlist(const Job& job);
  void strike(const Job& job);

  std::map<JobId, Job> jobs_;
  ByTime queued_, ended_, submitted_;
  std::set<JobId> running_;
  std::map<JobState, std::size_t> counts_;
};

}  // namespace spud::service::scheduler
