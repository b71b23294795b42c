// SPDX-License-Identifier: Apache-2.0
#include "service/scheduler/job_book.hpp"

#include <algorithm>

#include "service/scheduler/retry.hpp"

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
  erase.insert(erase.end(), other.erase.begin(), other.erase.end());
}

void JobBook::reload(Job job) {
  shelf_.put(std::move(job));
}

Result<JobEffects> JobBook::submit(const crypto::Identity& caller, const JobRequest& request,
                                   const Device& device, std::int64_t unix_millis) {
  const std::string where = "job " + request.id.str();
  if (caller.role != crypto::Role::kClient) {
    return fail(ErrorCode::kDenied, caller.str() + " cannot submit jobs", where, "a client");
  }
  SPUD_TRY(verify(request));
  if (auto* found = shelf_.find(request.id)) {
    auto& job = *found;
    if (job.party != caller.party || digest(job.request) != digest(request)) {
      return fail(ErrorCode::kConflict, "the id stands for another request", where, {}, {},
                  "choose another id; the same id is for repeating the same request");
    }
    if (!in(job.state, {JobState::kFailed, JobState::kCancelled})) return JobEffects{};
    if (job.attempts.size() >= kAttemptsPerJob) {
      return fail(ErrorCode::kResource, std::to_string(job.attempts.size()) + " attempts have failed", where,
                  {}, {}, "submit it under another id");
    }
    if (is_past_deadline(request, unix_millis)) return std::unexpected(deadline_passed(request));
    if (digest(device) != request.device_digest) {
      return fail(ErrorCode::kConflict, "device " + device.name.str() + " has had members replaced", where,
                  {}, {},
                  "spud device show and pin --anew, push its data again, then submit it under another id");
    }
    job.failures = 0;
    job.queued_unix_millis = unix_millis;
    job.retry_unix_millis = 0;
    job.problem.reset();
    shelf_.move(job, JobState::kQueued, unix_millis);
    return JobEffects{{request.id}, {}, {}};
  }
  if (is_past_deadline(request, unix_millis)) return std::unexpected(deadline_passed(request));
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
  job.request.trace.trace = trace_of(request);
  job.party = caller.party;
  job.submitted_unix_millis = unix_millis;
  shelf_.put(std::move(job));
  return JobEffects{{request.id}, {}, {}};
}

std::string blamed_dealer(const Job& job, const Device& device) {
  if (job.attempts.size() < 2) return {};
  const auto& problem = job.attempts[job.attempts.size() - 2].problem;
  if (!problem) return {};
  const auto blamed = std::ranges::find(device.dealers, problem->party,
                                        [](const Member& dealer) { return dealer.party.str(); });
  return blamed == device.dealers.end() ? std::string() : blamed->identity;
}

Result<JobEffects> JobBook::cancel(const crypto::Identity& caller, const JobId& id,
                                   std::int64_t unix_millis) {
  auto* found = shelf_.find(id);
  if (found == nullptr || !may_see(caller, *found)) return unknown(caller, id);
  auto& job = *found;
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
  job.waiting.clear();
  job.retry_unix_millis = 0;
  shelf_.move(job, JobState::kCancelled, unix_millis);
  return effects;
}

TapeChoice JobBook::choose(const AttemptName& name, const Digest& demand, const Device& device,
                           StockBook& stock) {
  const std::string where = "job " + name.job.str();
  auto* found = shelf_.find(name.job);
  if (found == nullptr || found->state != JobState::kRunning ||
      found->attempts.back().number != name.attempt) {
    return {{}, fail(ErrorCode::kCancelled, "the attempt has ended", where)};
  }
  auto& job = *found;
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
    // The counts too: while the job waits, what happened is all that is shown of this.
    return {effects,
            fail(ErrorCode::kUnavailable,
                 "no tape of demand " + demand.brief() + "… is free: " + stock.state(device, demand), where)};
  }
  return {effects, attempt.tape};
}

void JobBook::requeue(Job& job, const Error& cause, Millis pause, std::int64_t unix_millis) {
  job.retry_unix_millis = unix_millis + pause.count();
  job.attempts.back().problem = cause;
  // One that was put off has only waited.
  if (job.attempts.back().put_off == 0) job.queued_unix_millis = unix_millis;
  job.waiting = pause_text(job, pause.count());
  shelf_.move(job, JobState::kQueued, unix_millis);
}

void JobBook::fail_job(Job& job, Error problem, std::int64_t unix_millis) {
  job.problem = std::move(problem);
  job.waiting.clear();
  job.retry_unix_millis = 0;
  shelf_.move(job, JobState::kFailed, unix_millis);
}

JobEffects JobBook::ended(const AttemptName& name, Finished finished, std::int64_t unix_millis) {
  promised_.erase(name);
  auto* found = shelf_.find(name.job);
  if (found == nullptr) return {};
  auto& job = *found;
  if (job.state != JobState::kRunning || job.attempts.back().number != name.attempt) return {};
  auto& attempt = job.attempts.back();
  attempt.ended_unix_millis = unix_millis;
  attempt.manifest = finished.manifest;
  attempt.reports = std::move(finished.reports);
  attempt.problem = finished.problem;
  const JobEffects effects{{name.job}, {}, {}};
  attempt.put_off = finished.again ? attempt.put_off + 1 : 0;
  if (!finished.problem) {
    shelf_.move(job, JobState::kDone, unix_millis);
    return effects;
  }
  const auto cause = *finished.problem;
  const bool room = job.attempts.size() < kAttemptsPerJob;
  const bool in_time = !is_past_deadline(job.request, unix_millis);
  if (finished.again) {
    // What nodes have no room for waits for as long as that takes; a tape that is never there is a fault.
    const bool for_room = !finished.manifest && cause.code == ErrorCode::kUnavailable;
    if (in_time && (for_room || attempt.put_off < kAttemptsPerJob)) {
      requeue(job, cause, put_off_pause(attempt.number, for_room ? attempt.put_off : 1, job.request.id),
              unix_millis);
    } else {
      fail_job(job, in_time ? cause : deadline_passed(job.request), unix_millis);
    }
    return effects;
  }
  ++job.failures;
  if (!may_mend(cause.code)) {
    fail_job(job, cause, unix_millis);
  } else if (!in_time) {
    fail_job(job, deadline_passed(job.request), unix_millis);
  } else if (room && job.failures < job.request.max_attempts) {
    requeue(job, cause, retry_pause(job.failures), unix_millis);
  } else {
    auto problem = cause;
    if (job.failures > 1)
      problem.what = std::to_string(job.failures) + " attempts have failed, the last: " + cause.what;
    fail_job(job, std::move(problem), unix_millis);
  }
  return effects;
}

JobEffects JobBook::expire(std::int64_t unix_millis) {
  JobEffects effects;
  const auto oldest = unix_millis - keep_.count();
  while (!shelf_.ended().empty() && effects.erase.size() < kForgottenAtOnce) {
    const auto [ended, id] = *shelf_.ended().begin();
    if (ended > oldest && shelf_.ended().size() <= ended_limit_) break;
    shelf_.erase(id);
    effects.erase.push_back(id);
  }
  return effects;
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
  const auto* job = shelf_.find(id);
  if (job == nullptr) return unknown(caller, id);
  SPUD_TRY(may_see(caller, *job));
  return *job;
}

wire::Jobs JobBook::list(const crypto::Identity& caller, const wire::ListJobs& wanted) const {
  wire::Jobs jobs;
  const auto most = wanted.limit == 0 ? limits::kJobsPerMessage
                                      : std::min<std::size_t>(wanted.limit, limits::kJobsPerMessage);
  const auto& order = shelf_.submitted();
  auto from = order.rbegin();
  if (!wanted.before.empty()) {
    const auto* last = shelf_.find(wanted.before);
    // It may be forgotten, and then so are those before it.
    if (last == nullptr || !may_see(caller, *last)) return jobs;
    from = std::make_reverse_iterator(order.find({last->submitted_unix_millis, wanted.before}));
  }
  std::size_t bytes = 0;
  for (; from != order.rend() && jobs.size() < most; ++from) {
    const auto& job = *shelf_.find(from->second);
    if (wanted.state && job.state != *wanted.state) continue;
    if (!wanted.device.empty() && job.request.device != wanted.device) continue;
    if (!may_see(caller, job)) continue;
    bytes += wire::encode(job).size();
    if (!jobs.empty() && bytes > limits::kJobBytesPerMessage) break;
    jobs.push_back(job);
  }
  return jobs;
}

const Job* JobBook::find(const JobId& id) const {
  return shelf_.find(id);
}

std::vector<AttemptName> JobBook::running() const {
  std::vector<AttemptName> names;
  for (const auto& id : shelf_.running()) names.push_back({id, shelf_.find(id)->attempts.back().number});
  return names;
}

std::size_t JobBook::count(JobState state) const {
  return shelf_.count(state);
}

Millis JobBook::longest_wait(std::int64_t unix_millis) const {
  auto since = unix_millis;
  for (const auto& [turn, id] : shelf_.queued()) since = std::min(since, waits_since(*shelf_.find(id)));
  return Millis(unix_millis - since);
}

WaitingJobs JobBook::waiting_for_tapes() const {
  WaitingJobs waiting;
  for (const auto& [turn, id] : shelf_.queued()) {
    const auto& job = *shelf_.find(id);
    if (job.request.supply != Supply::kStock || !job.demand) continue;
    ++waiting[{job.request.device, *job.demand}];
  }
  return waiting;
}

bool JobBook::runs(const DeviceId& device) const {
  return std::ranges::any_of(shelf_.running(),
                             [&](const JobId& id) { return shelf_.find(id)->request.device == device; });
}

bool JobBook::uses(const DeviceId& device) const {
  const auto of_it = [&](const JobId& id) { return shelf_.find(id)->request.device == device; };
  return std::ranges::any_of(shelf_.running(), of_it) ||
         std::ranges::any_of(shelf_.queued(), [&](const auto& entry) { return of_it(entry.second); });
}

}  // namespace spud::service::scheduler
