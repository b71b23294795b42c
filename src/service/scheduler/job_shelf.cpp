// SPDX-License-Identifier: Apache-2.0
#include "service/scheduler/job_shelf.hpp"

namespace spud::service::scheduler {

std::int64_t JobShelf::turn(const Job& job) {
  return job.submitted_unix_millis - job.request.priority * kMillisPerPriority;
}

/// Jobs that an earlier version ended do not say when.
std::int64_t JobShelf::end(const Job& job) {
  if (job.ended_unix_millis != 0) return job.ended_unix_millis;
  return job.attempts.empty() ? job.submitted_unix_millis : job.attempts.back().ended_unix_millis;
}

void JobShelf::enlist(const Job& job) {
  const auto& id = job.request.id;
  ++counts_[job.state];
  if (job.state == JobState::kQueued) queued_.emplace(turn(job), id);
  if (job.state == JobState::kRunning) running_.insert(id);
  if (has_ended(job.state)) ended_.emplace(end(job), id);
}

void JobShelf::strike(const Job& job) {
  const auto& id = job.request.id;
  --counts_[job.state];
  queued_.erase({turn(job), id});
  running_.erase(id);
  ended_.erase({end(job), id});
}

Job& JobShelf::put(Job job) {
  const auto id = job.request.id;
  erase(id);
  auto& placed = jobs_.emplace(id, std::move(job)).first->second;
  submitted_.emplace(placed.submitted_unix_millis, id);
  enlist(placed);
  return placed;
}

Job* JobShelf::find(const JobId& id) {
  auto found = jobs_.find(id);
  return found == jobs_.end() ? nullptr : &found->second;
}

const Job* JobShelf::find(const JobId& id) const {
  auto found = jobs_.find(id);
  return found == jobs_.end() ? nullptr : &found->second;
}

void JobShelf::move(Job& job, JobState state, std::int64_t unix_millis) {
  strike(job);
  job.state = state;
  job.ended_unix_millis = has_ended(state) ? unix_millis : 0;
  enlist(job);
}

void JobShelf::erase(const JobId& id) {
  auto found = jobs_.find(id);
  if (found == jobs_.end()) return;
  strike(found->second);
  submitted_.erase({found->second.submitted_unix_millis, id});
  jobs_.erase(found);
}

std::size_t JobShelf::count(JobState state) const {
  auto found = counts_.find(state);
  return found == counts_.end() ? 0 : found->second;
}

}  // namespace spud::service::scheduler
