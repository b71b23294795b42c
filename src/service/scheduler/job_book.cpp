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
  paused_.erase(id);
  return effects;
}

/// What a job's start depends on.
struct JobBook::World {
  const DeviceBook& devices;
  const NodeRegistry& registry;
  const StockBook& stock;
  Millis now;
};

std::size_t JobBook::promised(const StockName& kind, const AttemptName& except) const {
  return static_cast<std::size_t>(std::count_if(promised_.begin(), promised_.end(), [&](const auto& entry) {
    return entry.first != except && entry.second == kind;
  }));
}

Result<JobBook::Counts> JobBook::startable(const Job& job, const World& world) const {
  SPUD_ASSIGN(auto device, world.devices.find(job.request.device));
  unsigned running = 0;
  for (const auto& [id, other] : jobs_) {
    running += other.state == JobState::kRunning && other.request.device == device.name;
  }
  if (running >= kRunningPerDevice) return fail(ErrorCode::kUnavailable, "the device is busy");
  std::string compiler;
  for (const auto& member : device.compute) {
    SPUD_TRY(world.registry.reach(member, world.now));
    if (!compiler.empty() && world.registry.compiler(member) != compiler) {
      return fail(ErrorCode::kUnavailable, "compilers differ: " + compiler + " and " +
                                               world.registry.compiler(member) + " at " + member.node.str());
    }
    compiler = world.registry.compiler(member);
  }
  if (device.dealers.empty()) return Counts::kOnDealer;
  const auto supply = job.request.supply;
  if (job.demand && supply != Supply::kLive) {
    const StockName kind{device.name, *job.demand};
    const auto promised_here = promised(kind, {});
    if (world.stock.available(device, *job.demand) > promised_here) return Counts::kOnTape;
    if (supply == Supply::kStock) {
      const auto* record = world.stock.find(kind);
      return fail(
          ErrorCode::kUnavailable,
          "no tape of " +
              (record != nullptr ? "plan " + record->plan.brief() : "demand " + job.demand->brief()) +
              "… is free",
          "stock of device " + device.name.str(), {}, {},
          world.stock.state(device, *job.demand) +
              (promised_here > 0 ? ", " + std::to_string(promised_here) + " promised to others" : "") +
              (record != nullptr ? "" : "; spud stock make, with its program"));
    }
  }
  // An attempt that may only use stock asks no dealer, even where it only learns what it needs.
  if (supply != Supply::kStock) SPUD_TRY(world.registry.reach_dealer(device, world.now));
  return Counts::kOnDealer;
}

JobEffects JobBook::schedule(const DeviceBook& devices, const NodeRegistry& registry, const StockBook& stock,
                             Millis now, std::int64_t unix_millis) {
  std::vector<Job*> queued;
  for (auto& [id, job] : jobs_) {
    if (job.state == JobState::kQueued) queued.push_back(&job);
  }
  std::stable_sort(queued.begin(), queued.end(), [](const Job* a, const Job* b) {
    return a->submitted_unix_millis < b->submitted_unix_millis;
  });
  const World world{devices, registry, stock, now};
  JobEffects effects;
  for (auto* job : queued) {
    if (auto paused = paused_.find(job->request.id); paused != paused_.end()) {
      // A clock that was set back makes no pause longer.
      const auto left = paused->second - unix_millis;
      if (left > 0 && left <= kPauseMillis) continue;
      paused_.erase(paused);
    }
    auto counts = startable(*job, world);
    if (!counts) {
      job->waiting = counts.error().message();
      continue;
    }
    Attempt attempt;
    attempt.number = static_cast<std::uint32_t>(job->attempts.size() + 1);
    attempt.started_unix_millis = unix_millis;
    const AttemptName name{job->request.id, attempt.number};
    if (*counts == Counts::kOnTape) promised_[name] = {job->request.device, *job->demand};
    job->attempts.push_back(std::move(attempt));
    job->state = JobState::kRunning;
    job->waiting.clear();
    effects.store.push_back(name.job);
    effects.start.push_back(name);
  }
  return effects;
}

TapeChoice JobBook::choose(const AttemptName& name, const Digest& demand, const Device& device,
                           StockBook& stock) {
  const std::string where = "job " + name.job.str();
  auto found = jobs_.find(name.job);
  if (found == jobs_.end() || found->second.state != JobState::kRunning ||
      found->second.attempts.back().number != name.attempt) {
    return {{}, fail(ErrorCode::kCancelled, "the attempt has ended", where)};
  }
  auto& job = found->second;
  auto& attempt = job.attempts.back();
  if (attempt.tape) return {{}, attempt.tape};
  job.demand = demand;
  promised_.erase(name);
  const JobEffects effects{{name.job}, {}, {}};
  if (job.request.supply == Supply::kLive) return {effects, std::nullopt};
  // Others may count on what is there.
  if (stock.available(device, demand) > promised({device.name, demand}, name)) {
    attempt.tape = stock.take(device, demand, name);
  }
  if (!attempt.tape && job.request.supply == Supply::kStock) {
    return {effects, fail(ErrorCode::kUnavailable, "no tape of demand " + demand.brief() + "… is free", where,
                          {}, {}, stock.state(device, demand))};
  }
  return {effects, attempt.tape};
}

JobEffects JobBook::ended(const AttemptName& name, Finished finished, std::int64_t unix_millis) {
  promised_.erase(name);
  auto found = jobs_.find(name.job);
  if (found == jobs_.end()) return {};
  auto& job = found->second;
  if (job.state != JobState::kRunning || job.attempts.back().number != name.attempt) return {};
  auto& attempt = job.attempts.back();
  attempt.ended_unix_millis = unix_millis;
  attempt.manifest = finished.manifest;
  attempt.reports = std::move(finished.reports);
  if (finished.again && job.attempts.size() < kAttemptsPerJob) {
    job.state = JobState::kQueued;
    job.waiting = finished.problem ? finished.problem->message() : "";
    paused_[name.job] = unix_millis + kPauseMillis;
  } else {
    job.state = finished.problem ? JobState::kFailed : JobState::kDone;
  }
  attempt.problem = std::move(finished.problem);
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

WaitingJobs JobBook::waiting_for_tapes() const {
  WaitingJobs waiting;
  for (const auto& [id, job] : jobs_) {
    if (job.state != JobState::kQueued || job.request.supply != Supply::kStock || !job.demand) continue;
    ++waiting[{job.request.device, *job.demand}];
  }
  return waiting;
}

bool JobBook::uses(const DeviceId& device) const {
  return std::any_of(jobs_.begin(), jobs_.end(), [&](const auto& entry) {
    return entry.second.request.device == device && !has_ended(entry.second.state);
  });
}

}  // namespace spud::service::scheduler
