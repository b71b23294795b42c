// SPDX-License-Identifier: Apache-2.0
#include "service/scheduler/job_book.hpp"

#include <algorithm>

namespace spud::service::scheduler {

namespace {

bool in(JobState state, std::initializer_list<JobState> states) {
  return std::find(states.begin(), states.end(), state) != states.end();
}

/// Whoever may not see a job does not learn whether it exists.
std::unexpected<Error> unknown(const crypto::Identity& caller, const JobId& id) {
  return fail(ErrorCode::kDenied,
              "there is no job '" + id.str() + "' that " + caller.party.str() + " may see", "job");
}

}  // namespace

void JobEffects::add(JobEffects other) {
  store.insert(store.end(), other.store.begin(), other.store.end());
  start.insert(start.end(), other.start.begin(), other.start.end());
  cancel.insert(cancel.end(), other.cancel.begin(), other.cancel.end());
}

void JobBook::reload(Job job) {
  auto id = job.request.id;
  jobs_[id] = std::move(job);
}

Result<JobEffects> JobBook::submit(const crypto::Identity& caller, const JobRequest& request,
                                   const Device& device, std::int64_t unix_millis) {
  const std::string where = "job " + request.id.str();
  if (caller.role != crypto::Role::kClient) {
    return fail(ErrorCode::kDenied, caller.str() + " cannot submit jobs", where, "a client");
  }
  SPUD_TRY(verify(request));
  if (auto found = jobs_.find(request.id); found != jobs_.end()) {
    auto& job = found->second;
    if (job.party != caller.party || digest(job.request) != digest(request)) {
      return fail(ErrorCode::kConflict, "the id stands for another request", where, {}, {},
                  "choose another id; the same id is for repeating the same request");
    }
    if (!in(job.state, {JobState::kFailed, JobState::kCancelled})) return JobEffects{};
    if (job.attempts.size() >= kAttemptsPerJob) {
      return fail(ErrorCode::kResource, std::to_string(job.attempts.size()) + " attempts have failed", where,
                  {}, {}, "submit it under another id");
    }
    job.state = JobState::kQueued;
    return JobEffects{{request.id}, {}, {}};
  }
  if (digest(device) != request.device_digest) {
    return fail(ErrorCode::kConflict, "device " + device.name.str() + " is not the one that was pinned",
                where, "digest " + request.device_digest.brief() + "…, it is " + digest(device).brief() + "…",
                {}, "spud device show and spud device pin");
  }
  if (count(JobState::kQueued) >= queue_limit_) {
    return fail(ErrorCode::kResource, "the queue is full", where,
                "at most " + std::to_string(queue_limit_) + " jobs waiting", {}, "submit it again later");
  }
  Job job;
  job.request = request;
  job.party = caller.party;
  job.submitted_unix_millis = unix_millis;
  jobs_[request.id] = std::move(job);
  return JobEffects{{request.id}, {}, {}};
}

Result<JobEffects> JobBook::cancel(const crypto::Identity& caller, const JobId& id,
                                   std::int64_t unix_millis) {
  auto found = jobs_.find(id);
  if (found == jobs_.end() || !may_see(caller, found->second)) {
    return unknown(caller, id);
  }
  auto& job = found->second;
  if (caller.party != job.party) {
    return fail(ErrorCode::kDenied, caller.str() + " did not submit it", "job " + id.str(),
                "a client of " + job.party.str());
  }
  if (has_ended(job.state)) return JobEffects{};
  JobEffects effects{{id}, {}, {}};
  if (job.state == JobState::kRunning) {
    auto& attempt = job.attempts.back();
    attempt.ended_unix_millis = unix_millis;
    attempt.problem = Error{ErrorCode::kCancelled, "cancelled by " + caller.str(), "", "", "", ""};
    effects.cancel.push_back({id, attempt.number});
  }
  job.state = JobState::kCancelled;
  job.waiting.clear();
  return effects;
}

Status JobBook::startable(const Job& job, const DeviceBook& devices, const NodeRegistry& registry,
                          Millis now) const {
  SPUD_ASSIGN(auto device, devices.find(job.request.device));
  unsigned running = 0;
  for (const auto& [id, other] : jobs_) {
    running += other.state == JobState::kRunning && other.request.device == device.name;
  }
  if (running >= kRunningPerDevice) return fail(ErrorCode::kUnavailable, "the device is busy");
  std::string compiler;
  for (const auto& member : device.compute) {
    SPUD_TRY(registry.reach(member, now));
    if (!compiler.empty() && registry.compiler(member) != compiler) {
      return fail(ErrorCode::kUnavailable, "compilers differ: " + compiler + " and " +
                                               registry.compiler(member) + " at " + member.node.str());
    }
    compiler = registry.compiler(member);
  }
  if (device.dealer) SPUD_TRY(registry.reach(*device.dealer, now));
  return {};
}

JobEffects JobBook::schedule(const DeviceBook& devices, const NodeRegistry& registry, Millis now,
                             std::int64_t unix_millis) {
  std::vector<Job*> queued;
  for (auto& [id, job] : jobs_) {
    if (job.state == JobState::kQueued) queued.push_back(&job);
  }
  std::stable_sort(queued.begin(), queued.end(), [](const Job* a, const Job* b) {
    return a->submitted_unix_millis < b->submitted_unix_millis;
  });
  JobEffects effects;
  for (auto* job : queued) {
    auto able = startable(*job, devices, registry, now);
    if (!able) {
      job->waiting = able.error().message();
      continue;
    }
    Attempt attempt;
    attempt.number = static_cast<std::uint32_t>(job->attempts.size() + 1);
    attempt.started_unix_millis = unix_millis;
    job->attempts.push_back(attempt);
    job->state = JobState::kRunning;
    job->waiting.clear();
    effects.store.push_back(job->request.id);
    effects.start.push_back({job->request.id, attempt.number});
  }
  return effects;
}

JobEffects JobBook::ended(const AttemptName& name, std::optional<Error> problem,
                          std::optional<Digest> manifest, std::vector<NodeReport> reports,
                          std::int64_t unix_millis) {
  auto found = jobs_.find(name.job);
  if (found == jobs_.end()) return {};
  auto& job = found->second;
  if (job.state != JobState::kRunning || job.attempts.back().number != name.attempt) return {};
  auto& attempt = job.attempts.back();
  attempt.ended_unix_millis = unix_millis;
  attempt.manifest = manifest;
  attempt.reports = std::move(reports);
  job.state = problem ? JobState::kFailed : JobState::kDone;
  attempt.problem = std::move(problem);
  return JobEffects{{name.job}, {}, {}};
}

Status JobBook::may_see(const crypto::Identity& caller, const Job& job) const {
  const auto& outputs = job.request.outputs;
  const bool recipient = std::any_of(outputs.begin(), outputs.end(), [&](const OutputBinding& output) {
    return output.recipient == caller.party;
  });
  if (caller.role == crypto::Role::kClient && (caller.party == job.party || recipient)) return {};
  return unknown(caller, job.request.id);
}

Result<Job> JobBook::show(const crypto::Identity& caller, const JobId& id) const {
  auto found = jobs_.find(id);
  if (found == jobs_.end()) return unknown(caller, id);
  SPUD_TRY(may_see(caller, found->second));
  return found->second;
}

wire::Jobs JobBook::list(const crypto::Identity& caller) const {
  wire::Jobs jobs;
  for (const auto& [id, job] : jobs_) {
    if (may_see(caller, job)) jobs.push_back(job);
  }
  std::stable_sort(jobs.begin(), jobs.end(), [](const Job& a, const Job& b) {
    return a.submitted_unix_millis > b.submitted_unix_millis;
  });
  // An answer is one frame; the newest are what one looks for.
  if (jobs.size() > 200) jobs.resize(200);
  return jobs;
}

const Job* JobBook::find(const JobId& id) const {
  auto found = jobs_.find(id);
  return found == jobs_.end() ? nullptr : &found->second;
}

std::vector<AttemptName> JobBook::running() const {
  std::vector<AttemptName> names;
  for (const auto& [id, job] : jobs_) {
    if (job.state == JobState::kRunning) names.push_back({id, job.attempts.back().number});
  }
  return names;
}

std::size_t JobBook::count(JobState state) const {
  return static_cast<std::size_t>(std::count_if(
      jobs_.begin(), jobs_.end(), [&](const auto& entry) { return entry.second.state == state; }));
}

bool JobBook::uses(const DeviceId& device) const {
  return std::any_of(jobs_.begin(), jobs_.end(), [&](const auto& entry) {
    return entry.second.request.device == device && !has_ended(entry.second.state);
  });
}

}  // namespace spud::service::scheduler
