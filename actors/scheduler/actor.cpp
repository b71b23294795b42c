// SPDX-License-Identifier: Apache-2.0
#include "actors/scheduler/actor.hpp"

#include <algorithm>

#include "actors/scheduler/job_actor.hpp"
#include "actors/scheduler/stock_desk.hpp"
#include "actors/traces/job_log.hpp"
#include "base/crash_point.hpp"
#include "service/scheduler/retry.hpp"
#include "service/status/scheduler_view.hpp"
#include "service/trace/job_spans.hpp"
#include "system/metrics/catalogue.hpp"
#include "system/store/key.hpp"

namespace spud::actors {

namespace {

using Self = MeteredPointer<SchedulerActor, SchedulerState>;
using service::scheduler::AttemptName;
using service::scheduler::JobEffects;

constexpr Millis kTick{200};

/// How far a running job is, if that was heard.
std::optional<service::JobProgress> progress_of(const SchedulerState& state, const service::Job& job) {
  if (job.state != service::JobState::kRunning) return std::nullopt;
  auto found = state.progress.find({job.request.id, job.attempts.back().number});
  if (found == state.progress.end()) return std::nullopt;
  return found->second;
}

/// The handlers' common ground. Copied into every handler; the actor's thread only.
struct Desk {
  Self self;
  const SchedulerSetup* setup;

  SchedulerState& state() const { return self->state; }
  Millis now() const { return setup->clock.now(); }
  std::int64_t unix_millis() const { return setup->clock.unix_millis(); }

  Status put(const char* family, const std::string& key, ByteView value) const {
    return setup->store.put(setup->store.family(family), store::Key(key), value, store::Durability::kSynced);
  }

  /// Stores first; only then starts, cancels and answers waiters.
  Status carry_out(const JobEffects& effects) const {
    store::Batch batch;
    for (const auto& id : effects.store) {
      batch.put(setup->store.family("jobs"), store::Key(id.str()), wire::encode(*state().jobs.find(id)));
    }
    for (const auto& id : effects.erase) batch.erase(setup->store.family("jobs"), store::Key(id.str()));
    if (!effects.store.empty() || !effects.erase.empty())
      SPUD_TRY(setup->store.write(std::move(batch), store::Durability::kSynced));
    // Counted before whoever waits for a job hears of its end.
    for (const auto& id : effects.store) count_end(*state().jobs.find(id));
    for (const auto& name : effects.start) {
      count_start(name);
      start(name, false);
    }
    for (const auto& name : effects.cancel) {
      if (auto found = state().running.find(name); found != state().running.end()) {
        self->send(found->second, service::scheduler::CancelAsked{});
      }
    }
    for (const auto& id : effects.store) answer_waiters(id);
    measure();
    return {};
  }

  double seconds_since(std::int64_t since_unix_millis) const {
    return std::max(0.0, static_cast<double>(unix_millis() - since_unix_millis) / 1000);
  }

  /// A job that has ended is stored once with that.
  void count_end(const service::Job& job) const {
    if (!service::has_ended(job.state)) return;
    std::string outcome = "done", kind = "done";
    if (job.state == service::JobState::kCancelled) outcome = kind = "cancelled";
    if (job.state == service::JobState::kFailed) {
      outcome = to_string(job.problem ? job.problem->code : ErrorCode::kInternal);
      kind = "failed";
    }
    setup->registry.counter(metrics::family::kJobs, {outcome}).add();
    setup->registry.histogram(metrics::family::kJobSeconds, {kind})
        .observe(seconds_since(job.submitted_unix_millis));
  }

  void count_start(const AttemptName& name) const {
    if (name.attempt != 1) return;
    setup->registry.histogram(metrics::family::kJobWait)
        .observe(seconds_since(state().jobs.find(name.job)->submitted_unix_millis));
  }

  void start(const AttemptName& name, bool resumed) const {
    const auto* job = state().jobs.find(name.job);
    auto device = state().devices.find(job->request.device);
    if (!device) {
      self->send(self, AttemptOver{name, {device.error(), std::nullopt, {}}});
      return;
    }
    state().registry.locate(*device, now());
    const auto trace = record(*job, name);
    auto order = std::make_shared<const AttemptOrder>(
        AttemptOrder{name, job->request, job->party, *device, resumed, trace});
    state().traces[name] = trace;
    auto actor = self->spawn(job_actor, setup, order, SchedulerActor(self));
    self->monitor(actor);
    state().running[name] = actor;
    if (!resumed) state().progress[name] = {};
    self->send(actor, Tick{});
    log(name).info(resumed ? "asking after an attempt" : "attempt begins", {{"device", job->request.device}});
  }

  /// For what concerns an attempt.
  metrics::Logger log(const AttemptName& name) const {
    const auto* job = state().jobs.find(name.job);
    return log_of(setup->log, name.job, name.attempt,
                  job != nullptr ? service::trace_of(job->request) : service::trace::made_up(name.job));
  }

  std::shared_ptr<service::trace::Recorder> record(const service::Job& job, const AttemptName& name) const {
    const auto& self_id = setup->tls.self();
    const service::trace::Part head{
        service::trace_of(job.request), name.job, name.attempt, self_id.party, "scheduler", self_id.name};
    return std::make_shared<service::trace::Recorder>(head, "attempt " + std::to_string(name.attempt),
                                                      service::trace::job_span(job.request), setup->clock);
  }

  void keep_trace(const AttemptName& name, const std::optional<Error>& problem) const {
    auto found = state().traces.find(name);
    if (found == state().traces.end()) return;
    const auto trace = std::move(found->second);
    state().traces.erase(found);
    trace->close(problem);
    // Who may see the job may see its traces.
    if (auto kept = state().ended_traces->keep({trace->parts(), {}, 0}); !kept)
      log(name).warning("could not keep a trace", {{"error", kept.error().message()}});
  }

  Outcome<wire::TracePage> trace(const Identity& caller, const wire::FetchTrace& request) const {
    SPUD_ASSIGN(auto job, state().jobs.show(caller, request.job));
    const auto page = [&](std::vector<service::trace::Part> parts) {
      return wire::page_of(wire::encode_parts(std::move(parts)), request.offset, setup->clock.unix_micros());
    };
    const auto& self_id = setup->tls.self();
    if (request.attempt == 0) return page({service::trace::job_spans(job, self_id.party, self_id.name)});
    const auto running = state().traces.find({request.job, request.attempt});
    if (running != state().traces.end()) return page(running->second->parts());
    return state().ended_traces->page(std::nullopt, request);
  }

  /// A scheduler whose write failed decides nothing more: attempts that run go on at their nodes, and the
  /// next start asks after them.
  bool decides() const { return !state().draining && setup->store.fault(); }

  void schedule() const {
    if (!decides()) return;
    log_failure(carry_out(
        state().jobs.schedule(state().devices, state().registry, state().stock, now(), unix_millis())));
  }

  void forget_jobs() const {
    if (!decides()) return;
    log_failure(state().ended_traces->expire());
    if (auto effects = state().jobs.expire(unix_millis()); !effects.erase.empty()) {
      setup->log.info("jobs are forgotten", {{"jobs", effects.erase.size()}});
      log_failure(carry_out(effects));
    }
  }

  void log_failure(const Status& status) const {
    if (!status) setup->log.error("could not store", status.error());
  }

  /// The job as it is now, for those who may look.
  Outcome<service::Job> show(const Identity& caller, const JobId& id) const {
    auto job = state().jobs.show(caller, id);
    if (job) job->progress = progress_of(state(), *job);
    return job;
  }

  void answer_waiters(const JobId& id) const {
    const auto* job = state().jobs.find(id);
    if (job == nullptr || !service::has_ended(job->state)) return;
    for (auto it = state().waiters.begin(); it != state().waiters.end();) {
      if (it->second.job != id) {
        ++it;
        continue;
      }
      it->second.promise.deliver(Outcome<service::Job>(*job));
      it = state().waiters.erase(it);
    }
  }

  void measure() const {
    using service::JobState;
    setup->registry.gauge(metrics::family::kJobsWaiting)
        .set(static_cast<double>(state().jobs.count(JobState::kQueued)));
    setup->registry.gauge(metrics::family::kJobsRunning)
        .set(static_cast<double>(state().jobs.count(JobState::kRunning)));
  }

  void measure_waits() const {
    const std::chrono::duration<double> longest = state().jobs.longest_wait(unix_millis());
    setup->registry.gauge(metrics::family::kLongestWait).set(longest.count());
  }

  void measure_nodes() const {
    double present = 0, absent = 0, gone = 0;
    for (const auto& node : state().registry.list(now())) {
      const bool here = node.silent_millis >= 0 && Millis(node.silent_millis) <= setup->registration_timeout;
      (here ? present : node.gone ? gone : absent) += 1;
      if (!setup->peers || node.gone) continue;
      const auto peer = node.member.party.str() + "/" + node.role + "/" + node.member.node.str();
      if (here) {
        setup->peers->worked(peer);
      } else {
        setup->peers->failed(peer);
      }
    }
    setup->registry.gauge(metrics::family::kNodes, {"present"}).set(present);
    setup->registry.gauge(metrics::family::kNodes, {"absent"}).set(absent);
    setup->registry.gauge(metrics::family::kNodes, {"gone"}).set(gone);
  }

  /// The choice is on disk before the attempt learns of it, so that no tape is given away twice.
  void choose(const ChooseStock& asked) const {
    auto running = state().running.find(asked.name);
    const auto* job = state().jobs.find(asked.name.job);
    if (running == state().running.end() || job == nullptr) return;
    auto chosen = [&]() -> Result<service::scheduler::TapeChosen> {
      SPUD_ASSIGN(auto device, state().devices.find(job->request.device));
      auto choice = state().jobs.choose(asked.name, asked.demand, device, state().stock);
      crash_point("scheduler.take.before");
      SPUD_TRY(carry_out(choice.effects));
      crash_point("scheduler.take.after");
      SPUD_ASSIGN(auto tape, choice.tape);
      if (tape) return service::scheduler::TapeChosen{tape, {}};
      SPUD_ASSIGN(auto dealer, state().registry.reach_dealer(
                                   device, now(), service::scheduler::blamed_dealer(*job, device)));
      return service::scheduler::TapeChosen{{}, dealer.identity};
    }();
    if (!chosen) {
      // What could not be stored is not the attempt's failure: the next start asks its nodes how far they
      // are.
      if (!setup->store.fault()) return log_failure(setup->store.fault());
      self->send(running->second, service::scheduler::NoTape{chosen.error()});
      return;
    }
    state().progress[asked.name].phase = service::Phase::kReserving;
    log(asked.name)
        .info("correlations",
              {{"tape", chosen->tape ? chosen->tape->str() : "dealt live"}, {"dealer", chosen->dealer}});
    self->send(running->second, *chosen);
  }

  /// Whoever carries out an attempt has ended. In order it has said before how the attempt did; here it found
  /// no memory or no thread.
  void down(const caf::down_msg& message) const {
    for (const auto& [name, actor] : state().running) {
      if (caf::actor_cast<caf::actor_addr>(actor) != message.source) continue;
      const Error cause{
          ErrorCode::kUnavailable,       "the scheduler could not carry it out: " + to_string(message.reason),
          "job " + name.job.str(),       "",
          setup->tls.self().party.str(), "more memory or threads for the scheduler"};
      return attempt_over(AttemptOver{name, {cause, std::nullopt, {}}});
    }
  }

  /// Whoever was absent from an attempt is waited for before the next; who only had no room for it was there.
  void doubt(const AttemptOver& over) const {
    if (over.finished.again) return;
    const auto& problem = over.finished.problem;
    const auto* job = state().jobs.find(over.name.job);
    if (!problem || job == nullptr || !service::scheduler::may_mend(problem->code)) return;
    if (auto device = state().devices.find(job->request.device))
      state().registry.doubt(*device, PartyId(problem->party));
  }

  void attempt_over(const AttemptOver& over) const {
    state().running.erase(over.name);
    state().progress.erase(over.name);
    const auto& finished = over.finished;
    // On disk before whoever waits for the job hears of its end, and asks for it.
    keep_trace(over.name, finished.problem);
    doubt(over);
    const auto effects = state().jobs.ended(over.name, finished, unix_millis());
    const auto* job = state().jobs.find(over.name.job);
    const bool goes_on = finished.problem && job != nullptr && job->state == service::JobState::kQueued;
    log_failure(carry_out(effects));
    if (goes_on) {
      if (!finished.again) setup->registry.counter(metrics::family::kJobRetries).add();
      log(over.name).info(finished.again ? "attempt did not begin" : "attempt failed, there will be another",
                          {{"error", finished.problem->message()}});
      return schedule();
    }
    if (finished.problem) {
      log(over.name).error("attempt failed", *finished.problem);
    } else {
      log(over.name).info("attempt done");
    }
    schedule();
  }
};

Outcome<wire::Heartbeat> announce(const Desk& desk, const Identity& caller, const wire::Announce& request) {
  SPUD_ASSIGN(auto record, desk.state().registry.announce(caller, request, desk.now(), desk.unix_millis()));
  if (record) {
    SPUD_TRY(desk.put("nodes", record->member.identity, wire::encode(*record)));
    desk.setup->log.info("node registered", {{"node", caller.str()}, {"address", request.address}});
  }
  desk.state().stock.report(caller, request, desk.now());
  return wire::Heartbeat{static_cast<std::uint32_t>(desk.setup->heartbeat_interval.count())};
}

Outcome<service::Device> create(const Desk& desk, const Identity& caller, const wire::CreateDevice& request) {
  SPUD_ASSIGN(auto device, desk.state().devices.create(caller, request, desk.state().registry, desk.now()));
  SPUD_TRY(desk.put("devices", device.name.str(), wire::encode(device)));
  desk.setup->log.info("device", {{"device", device.name}, {"digest", digest(device)}, {"by", caller.str()}});
  return device;
}

Outcome<wire::Dropped> drop(const Desk& desk, const StockDesk& stock, const Identity& caller,
                            const wire::DropDevice& request) {
  if (desk.state().jobs.uses(request.name)) {
    return fail(ErrorCode::kConflict, "jobs of it have not ended", "device " + request.name.str());
  }
  auto device = desk.state().devices.find(request.name);
  SPUD_TRY(desk.state().devices.drop(caller, request.name));
  if (device) SPUD_TRY(stock.carry_out(desk.state().stock.drop_all(*device)));
  auto& store = desk.setup->store;
  SPUD_TRY(store.erase(store.family("devices"), store::Key(request.name.str()), store::Durability::kSynced));
  return wire::Dropped{};
}

/// The device as it was is dropped, with its stock; jobs that wait for it fail at once.
Outcome<service::Device> replace(const Desk& desk, const StockDesk& stock, const Identity& caller,
                                 const wire::ReplaceDevice& request) {
  if (desk.state().jobs.runs(request.name)) {
    return fail(ErrorCode::kConflict, "attempts of it run", "device " + request.name.str(), {}, {},
                "wait for them, or spud job cancel");
  }
  SPUD_ASSIGN(auto before, desk.state().devices.find(request.name));
  SPUD_ASSIGN(auto device, desk.state().devices.replace(caller, request, desk.state().registry, desk.now()));
  SPUD_TRY(desk.put("devices", device.name.str(), wire::encode(device)));
  SPUD_TRY(stock.carry_out(desk.state().stock.drop_all(before)));
  desk.setup->log.info("device replaced", {{"device", device.name},
                                           {"digest", digest(device)},
                                           {"before", digest(before)},
                                           {"by", caller.str()}});
  desk.schedule();
  return device;
}

Outcome<service::Job> submit(const Desk& desk, const Identity& caller, const wire::SubmitJob& request) {
  if (desk.state().draining) {
    return fail(ErrorCode::kUnavailable, "the scheduler is shutting down", "job " + request.request.id.str(),
                {}, {}, "submit it again in a moment");
  }
  if (desk.state().jobs.find(request.request.id) == nullptr) {
    auto room = desk.setup->store.room(0);
    if (!room) room.error().party = desk.setup->tls.self().party.str();
    SPUD_TRY(room);
  }
  SPUD_ASSIGN(auto device, desk.state().devices.find(request.request.device));
  SPUD_ASSIGN(auto effects, desk.state().jobs.submit(caller, request.request, device, desk.unix_millis()));
  SPUD_TRY(desk.carry_out(effects));
  if (!effects.store.empty()) {
    const auto& job = *desk.state().jobs.find(request.request.id);
    desk.setup->log.info("job submitted", {{"job", job.request.id},
                                           {"trace", service::trace_of(job.request).hex()},
                                           {"device", job.request.device},
                                           {"by", caller.str()}});
  }
  desk.schedule();
  return *desk.state().jobs.find(request.request.id);
}

Outcome<service::Job> cancel(const Desk& desk, const Identity& caller, const wire::CancelJob& request) {
  SPUD_ASSIGN(auto effects, desk.state().jobs.cancel(caller, request.id, desk.unix_millis()));
  SPUD_TRY(desk.carry_out(effects));
  if (!effects.store.empty()) {
    const auto& job = *desk.state().jobs.find(request.id);
    desk.setup->log.info(
        "job cancelled",
        {{"job", job.request.id}, {"trace", service::trace_of(job.request).hex()}, {"by", caller.str()}});
  }
  return *desk.state().jobs.find(request.id);
}

/// A copy of what an operator may see.
Described<status::SchedulerView> describe(const SchedulerState& state, Millis now) {
  auto view = std::make_shared<status::SchedulerView>();
  status::show_nodes_and_devices(*view, state.registry.list(now), state.devices.list());
  status::show_stock(*view, state.stock.list(state.jobs.waiting_for_tapes()));
  status::show_jobs(*view, state.jobs.shelf(),
                    [&](const service::Job& job) { return progress_of(state, job); });
  return view;
}

template <class T, class Decode, class Take>
Status load_family(const store::Store& store, const char* family, Decode decode, Take take) {
  return store.scan(store.family(family), {}, [&](ByteView, ByteView value) -> Result<store::Walk> {
    Result<T> record = decode(value);
    if (!record) return std::unexpected(std::move(record).error().in(std::string("store, ") + family));
    take(std::move(*record));
    return store::Walk::kContinue;
  });
}

}  // namespace

Status load(SchedulerState& state, const SchedulerSetup& setup) {
  state.registry =
      service::scheduler::NodeRegistry(setup.registration_timeout, setup.node_gone_after, setup.clock.now());
  state.jobs = service::scheduler::JobBook(setup.job_queue_limit, setup.jobs_keep);
  state.ended_traces = std::make_shared<TraceDesk>(setup.store, setup.clock,
                                                   service::trace::Shelf::Bounds{.keep = setup.jobs_keep});
  SPUD_TRY(state.ended_traces->load());
  SPUD_TRY(load_family<wire::NodeRecord>(
      setup.store, "nodes", wire::decode_node_record,
      [&](wire::NodeRecord record) { state.registry.reload(std::move(record)); }));
  SPUD_TRY(
      load_family<service::Device>(setup.store, "devices", wire::decode_device,
                                   [&](service::Device device) { state.devices.reload(std::move(device)); }));
  SPUD_TRY(load_family<wire::StockKindRecord>(
      setup.store, "stock_kinds", wire::decode_stock_kind_record,
      [&](wire::StockKindRecord record) { state.stock.reload(std::move(record)); }));
  SPUD_TRY(load_family<wire::StockOrderRecord>(
      setup.store, "stock_orders", wire::decode_stock_order_record,
      [&](wire::StockOrderRecord record) { state.stock.reload(std::move(record)); }));
  return load_family<service::Job>(setup.store, "jobs", wire::decode_job, [&](service::Job job) {
    for (const auto& attempt : job.attempts) {
      if (attempt.tape) state.stock.reload_taken(*attempt.tape);
    }
    state.jobs.reload(std::move(job));
  });
}

SchedulerActor::behavior_type scheduler_actor(Self self, const SchedulerSetup* setup,
                                              std::shared_ptr<SchedulerState> loaded) {
  self->meter(setup->registry, "scheduler");
  touch_actors(setup->registry, {"job", "courier", "stock", "stock-courier"});
  self->state = std::move(*loaded);
  const Desk desk{self, setup};
  const StockDesk stock{self, setup};
  for (const auto& name : self->state.jobs.running()) desk.start(name, true);
  self->set_down_handler([=](caf::down_msg& message) { desk.down(message); });
  desk.measure();
  stock.measure();
  self->send(self, Tick{});
  return {
      [=](const Identity& caller, const wire::Announce& request) { return announce(desk, caller, request); },
      [=](const Identity&, wire::ListNodes) -> Outcome<wire::Nodes> {
        return desk.state().registry.list(desk.now());
      },
      [=](const Identity& caller, const wire::CreateDevice& request) {
        return create(desk, caller, request);
      },
      [=](const Identity&, wire::ListDevices) -> Outcome<wire::Devices> {
        return desk.state().devices.list();
      },
      [=](const Identity&, const wire::ShowDevice& request) {
        auto device = desk.state().devices.find(request.name);
        if (device) desk.state().registry.locate(*device, desk.now());
        return device;
      },
      [=](const Identity& caller, const wire::DropDevice& request) {
        return drop(desk, stock, caller, request);
      },
      [=](const Identity& caller, const wire::ReplaceDevice& request) {
        return replace(desk, stock, caller, request);
      },
      [=](const Identity& caller, const wire::SubmitJob& request) { return submit(desk, caller, request); },
      [=](const Identity& caller, const wire::ShowJob& request) -> caf::result<Outcome<service::Job>> {
        auto job = desk.show(caller, request.id);
        if (!job || request.wait_millis == 0 || service::has_ended(job->state)) return job;
        const auto id = desk.state().next_waiter++;
        auto promise = self->make_response_promise<Outcome<service::Job>>();
        desk.state().waiters[id] = {caller, request.id, promise};
        self->delayed_send(self, std::chrono::milliseconds(request.wait_millis), WaitOver{id});
        return promise;
      },
      [=](const Identity& caller, const wire::ListJobs& request) -> Outcome<wire::Jobs> {
        auto jobs = desk.state().jobs.list(caller, request);
        for (auto& job : jobs) job.progress = progress_of(desk.state(), job);
        return jobs;
      },
      [=](const Identity& caller, const wire::FetchTrace& request) { return desk.trace(caller, request); },
      [=](const Identity& caller, const wire::CancelJob& request) { return cancel(desk, caller, request); },
      [=](const Identity& caller, const wire::MakeStock& request) { return stock.make(caller, request); },
      [=](const Identity& caller, const wire::TargetStock& request) { return stock.target(caller, request); },
      [=](const Identity& caller, const wire::DropStock& request) { return stock.drop(caller, request); },
      [=](const Identity& caller, wire::ListStockKinds) -> Outcome<wire::StockKinds> {
        return stock.list(caller);
      },
      [=](const AttemptOver& over) { desk.attempt_over(over); },
      [=](const ChooseStock& asked) { desk.choose(asked); },
      [=](const AttemptProgress& said) {
        if (desk.state().running.contains(said.name)) desk.state().progress[said.name] = said.progress;
      },
      [=](const StockMade& made) {
        stock.made(made);
        desk.schedule();
      },
      [=](const StockPrepared& prepared) { stock.prepared(prepared); },
      [=](Tick) {
        desk.schedule();
        desk.forget_jobs();
        stock.tick();
        desk.measure_nodes();
        desk.measure_waits();
        self->delayed_send(self, kTick, Tick{});
      },
      [=](const WaitOver& over) {
        auto found = desk.state().waiters.find(over.waiter);
        if (found == desk.state().waiters.end()) return;
        found->second.promise.deliver(desk.show(found->second.caller, found->second.job));
        desk.state().waiters.erase(found);
      },
      [=](Describe) { return describe(desk.state(), desk.now()); },
      [=](Drain) -> Outcome<std::uint64_t> {
        desk.state().draining = true;
        return std::uint64_t{desk.state().running.size()};
      },
  };
}

}  // namespace spud::actors
