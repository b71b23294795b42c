// SPDX-License-Identifier: Apache-2.0
#include "actors/node/actor.hpp"

#include "actors/node/session.hpp"
#include "actors/traces/job_log.hpp"
#include "actors/within_memory.hpp"
#include "system/metrics/catalogue.hpp"

namespace spud::actors {

namespace {

using Self = MeteredPointer<ComputeNodeActor, ComputeNodeState>;
using Running = ComputeNodeState::Running;

// Longer than any disk takes; a store that is slower has failed.
constexpr auto kStoreAnswer = std::chrono::minutes(5);
constexpr auto kCompile = std::chrono::minutes(10);
// Others may still compile; then a scheduler that lives starts it or cancels it.
constexpr auto kPreparedAtMost = std::chrono::minutes(20);

Error lost(const caf::error&) {
  return Error{ErrorCode::kUnavailable, "a part of this node does not answer", "node", "", "", ""};
}

/// The handlers' common ground; the actor's thread only.
struct Desk {
  Self self;
  const NodeSetup* setup;
  ShareStoreActor store;

  ComputeNodeState& state() const { return self->state; }

  Running* find(const JobId& job, std::uint32_t attempt) const {
    auto found = state().running.find(job);
    return found == state().running.end() || found->second.attempt != attempt ? nullptr : &found->second;
  }

  void measure() const {
    *setup->running = static_cast<std::uint32_t>(state().running.size());
    setup->registry.gauge(metrics::family::kAttemptsRunning).set(static_cast<double>(state().running.size()));
    measure_memory();
  }
  void measure_memory() const {
    const auto& memory = *state().memory;
    setup->registry.gauge(metrics::family::kMemoryReserved).set(static_cast<double>(memory.in_use()));
    setup->registry.gauge(metrics::family::kMemoryLimit).set(static_cast<double>(memory.limit()));
  }
  void passed(const char* phase, std::int64_t began_micros) const {
    setup->registry.histogram(metrics::family::kPhaseSeconds, {phase})
        .observe(static_cast<double>(setup->clock.now_micros() - began_micros) * 1e-6);
  }

  /// What this node does for an attempt, from when it is asked to prepare it.
  std::shared_ptr<service::trace::Recorder> record(const wire::PrepareAttempt& request) const {
    const auto& self_id = setup->tls.self();
    const service::trace::Part head{service::trace_of(request.request),
                                    request.request.id,
                                    request.attempt,
                                    self_id.party,
                                    "node",
                                    self_id.name};
    auto trace = std::make_shared<service::trace::Recorder>(
        head, "attempt " + std::to_string(request.attempt), request.span, setup->clock);
    trace->step("policy");
    return trace;
  }

  /// Ends an attempt's trace here, for those who ask later.
  void keep(service::trace::Recorder& trace, const service::JobRequest& request, const PartyId& party,
            const std::optional<Error>& problem, KeepTrace::Over over = KeepTrace::Over::kReplaces) const {
    trace.close(problem);
    auto record = std::make_shared<const wire::TraceRecord>(
        wire::TraceRecord{trace.parts(), service::trace::readers(request, party), 0});
    self->send(store, KeepTrace{std::move(record), over});
  }

  /// Of one that runs the course so far; the store has the others.
  caf::result<Outcome<wire::TracePage>> trace(const Identity& caller, const wire::FetchTrace& request) const {
    using Answer = Outcome<wire::TracePage>;
    if (caller.role != crypto::Role::kClient)
      return Answer(fail(ErrorCode::kDenied, caller.str() + " is no client", "trace", "a client"));
    if (const auto* running = find(request.job, request.attempt);
        running != nullptr && running->control->trace() != nullptr) {
      if (!service::trace::readers(running->request, running->party).contains(caller.party))
        return Answer(no_trace(request, "there is none here, or it is gone"));
      const auto encoded = wire::encode_parts(running->control->trace()->parts());
      return Answer(wire::page_of(encoded, request.offset, setup->clock.unix_micros()));
    }
    auto promise = self->make_response_promise<Answer>();
    self->request(store, kStoreAnswer, caller, request)
        .then(
            [=](const Answer& page) mutable { promise.deliver(page); },
            [=](const caf::error& error) mutable { promise.deliver(Answer(std::unexpected(lost(error)))); });
    return promise;
  }

  /// Spawns the session of an attempt that was asked for then and that the store has admitted; the session
  /// answers the manifest to `promise`.
  void begin(const std::shared_ptr<const Preparation>& preparation, std::int64_t asked,
             std::shared_ptr<service::trace::Recorder> trace,
             caf::typed_response_promise<Outcome<service::Fields>> promise) const {
    const auto& request = preparation->request;
    const auto job = request.request.id;
    const auto attempt = request.attempt;
    auto control =
        std::make_shared<SessionControl>([me = ComputeNodeActor(self), job, attempt](const Error& cause) {
          caf::anon_send(me, AttemptEnded{job, attempt, {wire::AttemptState::kFailed, cause, {}}});
        });
    control->record(std::move(trace));
    auto spawned =
        within_memory("job " + job.str(), setup->tls.self().party.str(), [&]() -> Result<SessionActor> {
          return self->spawn<caf::detached>(session, setup, control, store, ComputeNodeActor(self));
        });
    if (!spawned) {
      setup->registry.counter(metrics::family::kActorFailures, {"session"}).add();
      count_refused();
      end(job, attempt, spawned.error());
      keep(*control->trace(), request.request, request.party, spawned.error());
      promise.deliver(Outcome<service::Fields>(std::unexpected(std::move(spawned).error())));
      return;
    }
    auto actor = *spawned;
    state().sessions[caf::actor_cast<caf::actor_addr>(actor)] = {job, attempt};
    self->monitor(actor);
    state().running[job] = {
        attempt,         actor,        control, {}, {}, request.device, false, {}, setup->clock.now(),
        request.request, request.party};
    watch_deadline({job, attempt});
    if (const auto* cause = state().failed.cause(job, attempt)) control->cancel(*cause);
    self->delayed_send(self, kPreparedAtMost, NotStarted{job, attempt});
    measure();
    auto desk = *this;
    self->request(actor, kCompile, preparation)
        .then(
            [=](const Outcome<service::Fields>& compiled) mutable {
              const auto manifest = desk.admit(job, attempt, compiled);
              if (!manifest) {
                desk.end(job, attempt, manifest.error());
              } else if (auto* running = desk.find(job, attempt)) {
                running->manifest = *manifest;
                running->prepared = desk.setup->clock.now_micros();
                desk.passed("preparing", asked);
              }
              promise.deliver(manifest);
            },
            [=](const caf::error& error) mutable {
              desk.end(job, attempt, lost(error));
              promise.deliver(Outcome<service::Fields>(std::unexpected(lost(error))));
            });
  }

  /// A compiled attempt is kept if there is memory for it; it has that until it ends.
  Outcome<service::Fields> admit(const JobId& job, std::uint32_t attempt,
                                 const Outcome<service::Fields>& manifest) const {
    const auto* running = find(job, attempt);
    if (!manifest || running == nullptr) return manifest;
    SPUD_TRY(state().memory->admit(job, attempt, running->control->progress().peak_bytes()));
    measure_memory();
    return manifest;
  }

  /// A session holds nothing any more.
  void free(const caf::actor_addr& session) const {
    auto found = state().sessions.find(session);
    if (found == state().sessions.end()) return;
    state().memory->release(found->second.first, found->second.second);
    measure_memory();
    state().sessions.erase(found);
  }

  /// A session's thread has ended. In order it has said before how the attempt did.
  void down(const caf::down_msg& message) const {
    auto found = state().sessions.find(message.source);
    if (found == state().sessions.end()) return;
    const auto [job, attempt] = found->second;
    free(message.source);
    if (find(job, attempt) != nullptr) end(job, attempt, lost({}));
  }

  /// Comes back at the attempt's deadline, and ends it then. By this node's own clock, whoever else watches;
  /// looked at again when the time is over, since it may have been set meanwhile.
  void watch_deadline(const DeadlinePassed& watched) const {
    const auto* running = find(watched.job, watched.attempt);
    if (running == nullptr || running->request.deadline_unix_millis == 0) return;
    const auto left = running->request.deadline_unix_millis - setup->clock.unix_millis();
    if (left <= 0) {
      running->control->cancel(service::deadline_passed(running->request));
      return;
    }
    constexpr std::int64_t kLookAtMost = 60'000;
    self->delayed_send(self, std::chrono::milliseconds(std::min(left, kLookAtMost)), watched);
  }

  /// The attempt has failed here before or beside its session.
  void end(const JobId& job, std::uint32_t attempt, const Error& cause) const {
    self->send(self, AttemptEnded{job, attempt, {wire::AttemptState::kFailed, cause, {}}});
  }

  void ended(const AttemptEnded& ended) const {
    self->send(store, ended);
    if (auto* running = find(ended.job, ended.attempt)) {
      const auto log = log_of(setup->log, running->request, ended.attempt);
      const bool done = ended.status.state == wire::AttemptState::kDone;
      setup->registry.counter(metrics::family::kAttempts, {done ? "done" : "failed"}).add();
      if (done) {
        // The next job may be here before the thread is gone.
        free(caf::actor_cast<caf::actor_addr>(running->session));
        setup->registry.histogram(metrics::family::kAttemptSeconds)
            .observe(std::chrono::duration<double>(setup->clock.now() - running->began).count());
        if (state().draining) state().untold.emplace(ended.job, ended.attempt);
        log.info("attempt done");
      } else {
        const auto& problem = ended.status.problem;
        log.error("attempt failed", problem.value_or(Error{}));
        if (problem) {
          running->control->cancel(*problem);
          state().failed.remember(ended.job, ended.attempt, *problem);
        }
        if (!running->started) self->send_exit(running->session, caf::exit_reason::user_shutdown);
      }
      if (auto* trace = running->control->trace(); trace != nullptr && (!done || !running->started))
        keep(*trace, running->request, running->party, ended.status.problem);
      state().running.erase(ended.job);
      measure();
    }
    // After the store has heard of the end: whoever is told it can rely on it.
    for (auto it = state().waiters.begin(); it != state().waiters.end();) {
      const auto& request = it->second.request;
      if (request.job != ended.job || request.attempt != ended.attempt) {
        ++it;
        continue;
      }
      answer(it->second);
      it = state().waiters.erase(it);
    }
  }

  void answer(ComputeNodeState::Waiter waiter) const {
    auto desk = *this;
    self->request(store, kStoreAnswer, waiter.request)
        .then(
            [waiter, desk](wire::AttemptStatus& status) mutable {
              if (const auto* running = desk.find(waiter.request.job, waiter.request.attempt);
                  running != nullptr && status.state == wire::AttemptState::kRunning)
                status.progress = running->control->progress().at(desk.setup->clock.now());
              if (status.state == wire::AttemptState::kDone)
                desk.state().untold.erase({waiter.request.job, waiter.request.attempt});
              waiter.promise.deliver(Outcome<wire::AttemptStatus>(std::move(status)));
            },
            [waiter](const caf::error& error) mutable {
              waiter.promise.deliver(Outcome<wire::AttemptStatus>(std::unexpected(lost(error))));
            });
  }

  /// What the scheduler asked for will not begin here.
  void count_refused() const { setup->registry.counter(metrics::family::kAttemptsRefused).add(); }

  caf::result<Outcome<service::Fields>> prepare(const Identity& caller,
                                                const wire::PrepareAttempt& request) const {
    // The scheduler counts as well; a node does not take its word for it. Others are refused by the store.
    const bool leads = caller.uri() == setup->scheduler.uri();
    if (state().draining) {
      if (leads) count_refused();
      return Outcome<service::Fields>(
          fail(ErrorCode::kUnavailable, "is shutting down", "node " + setup->tls.self().name.str(), {},
               setup->tls.self().party.str(), "submit the job again in a moment"));
    }
    if (service::is_past_deadline(request.request, setup->clock.unix_millis())) {
      if (leads) count_refused();
      return Outcome<service::Fields>(std::unexpected(service::deadline_passed(request.request)));
    }
    // A scheduler that asks for a later attempt has given up the earlier; its word of that may have been
    // lost.
    if (auto earlier = state().running.find(request.request.id); leads && earlier != state().running.end() &&
                                                                 !earlier->second.started &&
                                                                 earlier->second.attempt < request.attempt) {
      ended({request.request.id,
             earlier->second.attempt,
             {wire::AttemptState::kFailed,
              Error{ErrorCode::kCancelled, "a later attempt was asked for before it was started",
                    "job " + request.request.id.str(), "", "", ""},
              {}}});
    }
    const auto others = state().sessions.size() + state().admitting;
    if (leads && find(request.request.id, request.attempt) == nullptr && others >= setup->slots) {
      count_refused();
      return Outcome<service::Fields>(
          fail(ErrorCode::kUnavailable,
               "has " + std::to_string(others) + " of " + std::to_string(setup->slots) + " slots in use",
               "node " + setup->tls.self().name.str(), {}, setup->tls.self().party.str()));
    }
    auto promise = self->make_response_promise<Outcome<service::Fields>>();
    auto desk = *this;
    const auto asked = setup->clock.now_micros();
    state().admitting += leads;
    auto trace = record(request);
    if (leads) log_of(setup->log, request.request, request.attempt).info("preparing");
    self->request(store, kStoreAnswer, caller, request)
        .then(
            [=](const Outcome<std::shared_ptr<const Preparation>>& preparation) mutable {
              desk.state().admitting -= leads;
              if (preparation) {
                desk.begin(*preparation, asked, trace, promise);
              } else {
                if (leads) {
                  desk.count_refused();
                  desk.keep(*trace, request.request, request.party, preparation.error(),
                            KeepTrace::Over::kStands);
                }
                promise.deliver(Outcome<service::Fields>(std::unexpected(preparation.error())));
              }
            },
            [=](const caf::error& error) mutable {
              desk.state().admitting -= leads;
              if (leads) desk.count_refused();
              promise.deliver(Outcome<service::Fields>(std::unexpected(lost(error))));
            });
    return promise;
  }

  static Status same_manifest(const service::Fields& manifest, const JobId& job, const Digest& theirs) {
    const std::string where = "job " + job.str();
    if (manifest.empty()) return fail(ErrorCode::kConflict, "it is not prepared yet", where);
    const auto ours = service::node::digest_manifest(manifest);
    if (theirs == ours) return {};
    return fail(ErrorCode::kConflict, "the manifest is not the one this node made", where, ours.hex());
  }

  caf::result<Outcome<service::Fields>> reserve(const Identity& caller,
                                                const wire::ReserveTape& request) const {
    using Answer = Outcome<service::Fields>;
    auto* running = find(request.job, request.attempt);
    const std::string where = "job " + request.job.str() + ", attempt " + std::to_string(request.attempt);
    if (running == nullptr || running->started)
      return Answer(fail(ErrorCode::kNotFound, "is not waiting to be started here", where));
    const ReservedTape wanted{request.tape, {request.job, request.attempt, request.manifest}};
    if (running->reserved) {
      // The same again is answered the same.
      if (running->reserved->tape == wanted.tape && running->reserved->claim == wanted.claim)
        return Answer(running->manifest);
      return Answer(
          fail(ErrorCode::kConflict, "it has reserved a tape", where, running->reserved->tape.str()));
    }
    if (auto same = same_manifest(running->manifest, request.job, request.manifest); !same)
      return Answer(std::unexpected(same.error()));
    const auto device = Digest::from_hex(service::find_field(running->manifest, "device digest"));
    const auto demand = Digest::from_hex(service::find_field(running->manifest, "demand"));
    auto promise = self->make_response_promise<Answer>();
    auto desk = *this;
    self->request(store, kStoreAnswer, caller,
                  ReserveStock{wanted, device.value_or(Digest{}), demand.value_or(Digest{})})
        .then(
            [=](const Answer& fields) mutable {
              auto* still = desk.find(request.job, request.attempt);
              if (!fields || still == nullptr) {
                promise.deliver(fields ? Answer(fail(ErrorCode::kCancelled, "it has ended meanwhile", where))
                                       : fields);
                return;
              }
              if (!still->reserved) {
                still->reserved = wanted;
                still->manifest.insert(still->manifest.end(), fields->begin(), fields->end());
              }
              promise.deliver(Answer(still->manifest));
            },
            [=](const caf::error& error) mutable { promise.deliver(Answer(std::unexpected(lost(error)))); });
    return promise;
  }

  /// Is it what was prepared or reserved here, with a dealer that the device names?
  static Status startable(const Running& running, const wire::StartAttempt& request) {
    const std::string where = "job " + request.job.str();
    if (request.dealer.empty()) return same_manifest(running.manifest, request.job, request.manifest);
    if (running.reserved)
      return fail(ErrorCode::kConflict, "it has reserved a tape, and needs no dealer", where);
    if (running.device.dealer(request.dealer) == nullptr) {
      return fail(ErrorCode::kDenied, "the device does not name dealer " + request.dealer, where,
                  "a dealer that the client has pinned with the device");
    }
    if (running.started && running.dealer != request.dealer)
      return fail(ErrorCode::kConflict, "it was started with another dealer", where, running.dealer);
    if (running.manifest.empty()) return same_manifest({}, request.job, request.manifest);
    return same_manifest(service::node::with_dealer(running.manifest, request.dealer), request.job,
                         request.manifest);
  }

  /// Who deals is in the manifest that peers compare: nodes that were told of different dealers part before
  /// anything is opened.
  void start_session(Running& running, const std::string& dealer) const {
    running.started = true;
    passed("reserving", running.prepared);
    auto manifest = running.manifest;
    if (const auto* member = running.device.dealer(dealer); member != nullptr && !running.reserved) {
      running.dealer = member->identity;
      manifest = service::node::with_dealer(std::move(manifest), running.dealer);
    }
    self->send(running.session, StartSession{std::move(manifest), running.reserved, running.dealer});
  }

  caf::result<Outcome<wire::Done>> start(const Identity& caller, const wire::StartAttempt& request) const {
    auto* running = find(request.job, request.attempt);
    if (running != nullptr) {
      if (auto same = startable(*running, request); !same)
        return Outcome<wire::Done>(std::unexpected(same.error()));
    }
    // An attempt without a session has ended, or was never here: the store knows which.
    auto promise = self->make_response_promise<Outcome<wire::Done>>();
    auto desk = *this;
    self->request(store, kStoreAnswer, caller, request)
        .then(
            [=](const Outcome<wire::Done>& admitted) mutable {
              auto* running = desk.find(request.job, request.attempt);
              if (!admitted) {
                if (running != nullptr && !running->started)
                  desk.end(request.job, request.attempt, admitted.error());
              } else if (running != nullptr && !running->started) {
                desk.start_session(*running, request.dealer);
              }
              promise.deliver(admitted);
            },
            [=](const caf::error& error) mutable {
              promise.deliver(Outcome<wire::Done>(std::unexpected(lost(error))));
            });
    return promise;
  }

  caf::result<Outcome<wire::AttemptStatus>> await(const wire::AwaitAttempt& request) const {
    ComputeNodeState::Waiter waiter{request, self->make_response_promise<Outcome<wire::AttemptStatus>>()};
    const auto* running = find(request.job, request.attempt);
    if (running == nullptr || !running->started || request.wait_millis == 0) {
      answer(waiter);
      return waiter.promise;
    }
    const auto id = state().next_waiter++;
    state().waiters.emplace(id, waiter);
    self->delayed_send(self, std::chrono::milliseconds(request.wait_millis), WaitOver{id});
    return waiter.promise;
  }

  void link(const std::shared_ptr<LinkOffer>& offer) const {
    if (auto* running = find(offer->hello.job, offer->hello.attempt)) {
      running->control->offer(offer);
      return;
    }
    if (const auto* cause = state().failed.cause(offer->hello.job, offer->hello.attempt)) {
      turn_away(*offer->connection, *cause);
      return;
    }
    turn_away(*offer->connection,
              Error{ErrorCode::kUnavailable, "does not run this attempt",
                    "node " + setup->tls.self().name.str() + ", job " + offer->hello.job.str(), "",
                    setup->tls.self().party.str(), ""});
  }

  static std::string supply_of(const Running& running) {
    if (running.reserved) return "stock";
    const auto* dealer = running.device.dealer(running.dealer);
    if (dealer == nullptr) return {};
    return crypto::Identity{dealer->party, {}, crypto::Role::kDealer, dealer->node}.str();
  }

  Described<status::WorkView> describe() const {
    auto view = std::make_shared<status::WorkView>();
    const auto now = setup->clock.now();
    for (const auto& [job, running] : state().running) {
      if (view->attempts.rows.size() == status::kRows) break;
      status::AttemptRow row;
      row.job = job.str();
      row.attempt = running.attempt;
      row.device = running.device.name.str();
      row.supply = supply_of(running);
      row.progress = running.control->progress().at(now);
      row.memory_bytes = running.control->progress().peak_bytes();
      row.age_millis = (now - running.began).count();
      view->attempts.rows.push_back(std::move(row));
    }
    view->attempts.total = state().running.size();
    view->slots = setup->slots;
    view->memory_limit_bytes = state().memory->limit();
    view->memory_reserved_bytes = state().memory->in_use();
    return view;
  }

  void give_up(const Error& cause) const {
    for (const auto& [job, running] : state().running) running.control->cancel(cause);
  }
};

}  // namespace

ComputeNodeActor::behavior_type compute_node(Self self, const NodeSetup* setup, ShareStoreActor store) {
  self->meter(setup->registry, "node");
  touch_actors(setup->registry, {"session"});
  self->state.memory =
      std::make_shared<service::node::MemoryBook>(setup->memory, setup->tls.self().party.str());
  const Desk desk{self, setup, store};
  desk.measure();
  self->set_down_handler([=](caf::down_msg& message) { desk.down(message); });
  return {
      [=](const Identity& caller, const wire::PrepareAttempt& request) {
        return desk.prepare(caller, request);
      },
      [=](const Identity& caller, const wire::ReserveTape& request) { return desk.reserve(caller, request); },
      [=](const Identity& caller, const wire::StartAttempt& request) { return desk.start(caller, request); },
      [=](const Identity& caller,
          const wire::AwaitAttempt& request) -> caf::result<Outcome<wire::AttemptStatus>> {
        if (caller.uri() != setup->scheduler.uri()) {
          return Outcome<wire::AttemptStatus>(
              fail(ErrorCode::kDenied, caller.str() + " is not this node's scheduler"));
        }
        return desk.await(request);
      },
      [=](const Identity& caller, const wire::CancelAttempt& request) -> Outcome<wire::Done> {
        if (caller.uri() != setup->scheduler.uri()) {
          return fail(ErrorCode::kDenied, caller.str() + " is not this node's scheduler");
        }
        Error cause = request.cause;
        cause.what = "ended by the scheduler: " + cause.what;
        auto& failed = desk.state().failed;
        if (auto* running = desk.find(request.job, request.attempt)) {
          running->control->cancel(cause);
        } else if (failed.cause(request.job, request.attempt) == nullptr) {
          // It may have overtaken its attempt, which then ends as it begins.
          failed.remember(request.job, request.attempt, std::move(cause));
        }
        return wire::Done{};
      },
      [=](const Identity& caller, const wire::FetchTrace& request) { return desk.trace(caller, request); },
      [=](const std::shared_ptr<LinkOffer>& offer) { desk.link(offer); },
      [=](const AttemptEnded& ended) { desk.ended(ended); },
      [=](const NotStarted& late) {
        const auto* running = desk.find(late.job, late.attempt);
        if (running == nullptr || running->started) return;
        desk.end(late.job, late.attempt,
                 Error{ErrorCode::kTimeout, "it was prepared and never started", "job " + late.job.str(), "",
                       desk.setup->scheduler.party.str(), "submit the job again"});
      },
      [=](const DeadlinePassed& watched) { desk.watch_deadline(watched); },
      [=](const WaitOver& over) {
        auto found = desk.state().waiters.find(over.waiter);
        if (found == desk.state().waiters.end()) return;
        desk.answer(found->second);
        desk.state().waiters.erase(found);
      },
      [=](Describe) { return desk.describe(); },
      [=](Drain) -> Outcome<std::uint64_t> {
        desk.state().draining = true;
        return std::uint64_t{desk.state().running.size() + desk.state().untold.size()};
      },
      [=](GiveUp) {
        desk.give_up(Error{ErrorCode::kCancelled, "node " + setup->tls.self().name.str() + " was shut down",
                           "", "", setup->tls.self().party.str(), "submit the job again"});
      },
  };
}

}  // namespace spud::actors
