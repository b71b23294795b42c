// SPDX-License-Identifier: Apache-2.0
#include "actors/node/session.hpp"

#include "actors/door/ask.hpp"
#include "actors/node/links.hpp"
#include "actors/node/session_trace.hpp"
#include "actors/node/tape_stream.hpp"
#include "actors/traces/job_log.hpp"
#include "actors/within_memory.hpp"
#include "system/metrics/catalogue.hpp"

namespace spud::actors {

namespace {

using Self = MeteredPointer<SessionActor, SessionState>;

constexpr Millis kStoreAnswer{5 * 60'000};

/// Where the time of an attempt goes.
class Stopwatch {
 public:
  explicit Stopwatch(const Clock& clock) : clock_(clock), last_(clock.now_micros()) {}
  double lap() {
    const auto before = std::exchange(last_, clock_.now_micros());
    return static_cast<double>(last_ - before) * 1e-6;
  }

 private:
  const Clock& clock_;
  std::int64_t last_;
};

/// One run of a compiled plan, on the session's thread.
class Run {
 public:
  Run(Self self, const NodeSetup& setup, SessionControl& control, const ShareStoreActor& store,
      const StartSession& start)
      : setup_(setup),
        control_(control),
        store_(store),
        mailbox_(self->system()),
        preparation_(*self->state.preparation),
        compiled_(*self->state.compiled),
        reserved_(start.reserved),
        dealer_(start.dealer) {
    const auto& request = preparation_.request;
    log_ = log_of(setup.log, request.request, request.attempt);
    terms_ = {request.request.id, request.attempt, request.device, compiled_.own, start.manifest};
  }

  Result<service::Measures> go() {
    Stopwatch watch(setup_.clock);
    enter(service::Phase::kLinking);
    note("compile_seconds", compiled_.seconds);
    const LinkTimes times{setup_.heartbeat_interval, setup_.peer_silence_limit, setup_.round_limit};
    SPUD_ASSIGN(auto links, Links::open(terms_, setup_.tls, times, control_, setup_.random, {},
                                        setup_.peers.get(), log_));
    passed("linking", "links_seconds", watch.lap());
    account(*links);
    auto ran = within_memory("job " + terms_.job.str(), setup_.tls.self().party.str(),
                             [&] { return run_linked(*links, watch); });
    if (!ran) {
      // Peers hear the cause before the links close.
      const Error cause = service::session::blame(std::move(ran).error(), terms_);
      links->fail(cause);
      account(*links);
      return std::unexpected(cause);
    }
    return measures_;
  }

 private:
  void enter(service::Phase phase) {
    control_.progress().enter(phase, setup_.clock.now());
    log_.debug("phase begins", {{"phase", to_string(phase)}});
    trace().step(phase == service::Phase::kTape ? "tape" : to_string(phase));
  }
  service::trace::Recorder& trace() { return *control_.trace(); }
  /// What the step under way has sent to each peer, has had from it and waited for it.
  void account(const Links& links) {
    const auto traffic = links.traffic_by_peer();
    const auto waited = links.waited_by_peer();
    service::trace::Attributes notes;
    for (const auto& [rank, now] : traffic) {
      const auto& peer = preparation_.request.device.compute[index(rank)].party.str();
      auto& [before, waited_before] = accounted_[rank];
      const auto add = [&](const char* what, std::uint64_t is, std::uint64_t was) {
        notes.push_back({std::string(what) + "." + peer, static_cast<std::int64_t>(is - was)});
      };
      add("sent_bytes", now.bytes_sent, before.bytes_sent);
      add("received_bytes", now.bytes_received, before.bytes_received);
      add("waited_nanos", static_cast<std::uint64_t>(waited.at(rank).count()),
          static_cast<std::uint64_t>(waited_before.count()));
      before = now;
      waited_before = waited.at(rank);
    }
    trace().note(std::move(notes));
  }
  /// How the run went, whether or not it came to its end.
  void account(vm::TimeSheet& times) {
    if (!times.is_open()) return;
    const auto opened =
        std::chrono::duration_cast<std::chrono::microseconds>(times.opened_at().time_since_epoch());
    const vm::Ledger ledger(compiled_.planned->plan);
    const auto rows = times.take();
    setup_.operations->add(ledger, rows);
    trace().instructions(instruction_rows(ledger, rows), opened.count());
    const auto& run = control_.progress().run();
    trace().note({{"rounds", static_cast<std::int64_t>(run.rounds)},
                  {"instructions", static_cast<std::int64_t>(run.instructions)}});
  }
  void note(const char* name, double value) { measures_.push_back({name, value}); }
  void passed(const char* phase, const char* measure, double seconds) {
    note(measure, seconds);
    log_.debug("phase ends", {{"phase", phase}, {"seconds", seconds}});
    setup_.registry.histogram(metrics::family::kPhaseSeconds, {phase}).observe(seconds);
  }

  Status run_linked(Links& links, Stopwatch& watch) {
    const auto& device = preparation_.request.device;
    vm::Attempt attempt;
    attempt.seat = seat_of(device, compiled_.own);
    attempt.network = &links;
    attempt.pair_keys = links.take_keys();
    attempt.progress = &control_.progress().run();
    enter(service::Phase::kTape);
    SPUD_ASSIGN(auto tape, take_tape());
    account(links);
    const Excuse excuse(links, tape.live.get());
    attempt.seed = std::move(tape.seed);
    attempt.tape = tape.reader;
    passed("tape", "tape_seconds", watch.lap());
    enter(service::Phase::kLoading);
    SPUD_ASSIGN(auto inputs, load_inputs());
    passed("loading", "load_seconds", watch.lap());
    enter(service::Phase::kRunning);
    vm::TimeSheet times;
    attempt.times = &times;
    auto ran = vm::run(compiled_.planned->plan, std::move(attempt), std::move(inputs));
    const auto run_seconds = watch.lap();
    account(times);
    SPUD_ASSIGN(auto result, std::move(ran));
    trace().note({{"tape_bytes", static_cast<std::int64_t>(result.tape_bytes)}});
    account(links);
    passed("running", "run_seconds", run_seconds);
    enter(service::Phase::kStoring);
    SPUD_TRY(store_results(std::move(result.outputs), tape.name));
    SPUD_TRY(links.finish());
    account(links);
    if (tape.live) tell_of_dealer(*tape.live);
    passed("storing", "store_seconds", watch.lap());
    note("rounds", static_cast<double>(result.traffic.rounds));
    note("sent_bytes", static_cast<double>(links.sent_bytes()));
    note("tape_bytes", static_cast<double>(result.tape_bytes));
    setup_.registry.counter(metrics::family::kTapeBytesUsed).add(static_cast<double>(result.tape_bytes));
    return {};
  }

  /// A session that waits for its dealer is not late: the dealer is.
  class Excuse {
   public:
    Excuse(Links& links, const TapeStream* tape) : links_(links) {
      if (tape != nullptr) links_.excuse([tape] { return tape->starved().has_value(); });
    }
    ~Excuse() { links_.excuse({}); }
    Excuse(const Excuse&) = delete;
    Excuse& operator=(const Excuse&) = delete;

   private:
    Links& links_;
  };

  /// The correlations of this attempt, burnt on disk before a single item of them is used: what was used
  /// never serves again.
  struct Tape {
    std::unique_ptr<TapeStream> live;
    std::unique_ptr<service::stock::StoredTape> stored;
    std::string name;
    Seed seed;
    correlation::TapeReader* reader = nullptr;
  };
  Result<Tape> take_tape() {
    Tape tape;
    const auto& device = preparation_.request.device;
    if (!vm::needs_dealer(seat_of(device, compiled_.own).protocol)) return tape;
    if (reserved_) {
      SPUD_ASSIGN(tape.stored, setup_.vault->burn(reserved_->claim, reserved_->tape));
      tape.seed = tape.stored->take_seed();
      tape.reader = tape.stored->reader();
      tape.name = reserved_->tape.str();
      note("stocked", 1);
      log_.info("burnt", {{"tape", reserved_->tape.str()}});
      trace().note({{"tape", reserved_->tape.str()}});
      return tape;
    }
    const wire::OpenTape open{
        terms_.job, terms_.attempt,   device, compiled_.own, compiled_.planned->demand_digest,
        false,      trace().context()};
    opened_ = {open.trace, setup_.clock.unix_micros(), 0};
    const auto* dealer = device.dealer(dealer_);
    SPUD_CHECK(dealer != nullptr, "the supervisor has checked that the device names it");
    SPUD_ASSIGN(tape.live,
                TapeStream::open(open, *dealer, compiled_.planned->demand, setup_.tls,
                                 {setup_.heartbeat_interval, setup_.peer_silence_limit, setup_.round_limit},
                                 {}, setup_.peers.get(), log_));
    opened_.answered = setup_.clock.unix_micros();
    SPUD_TRY(ask<wire::Done>(mailbox_, store_, kStoreAnswer,
                             BurnTape{terms_.job, terms_.attempt, tape.live->name()}));
    tape.name = tape.live->name();
    tape.seed = tape.live->take_seed();
    tape.reader = tape.live->reader();
    log_.debug("tape taken", {{"tape", tape.name}, {"dealer", dealer->identity}});
    return tape;
  }

  /// The last rank's dealer deals while the plan runs, and says when it did.
  void tell_of_dealer(const TapeStream& tape) {
    if (index(compiled_.own) + 1 != preparation_.request.device.parties()) return;
    const auto* dealer = preparation_.request.device.dealer(dealer_);
    if (auto part = dealer_part(tape.times(), opened_, *dealer, terms_, trace().context().trace,
                                setup_.clock.unix_micros()))
      trace().add(std::move(*part));
  }

  Result<std::vector<vm::Input>> load_inputs() {
    std::vector<vm::Input> inputs;
    for (std::size_t i = 0; i < preparation_.inputs.size(); ++i) {
      if (preparation_.literals[i]) {
        inputs.emplace_back(*preparation_.literals[i]);
        continue;
      }
      const auto& secret = std::get<service::node::SecretInput>(preparation_.inputs[i].source);
      SPUD_ASSIGN(auto loaded,
                  ask<std::shared_ptr<const vm::Input>>(mailbox_, store_, kStoreAnswer, LoadShare{secret}));
      inputs.emplace_back(*loaded);
    }
    return inputs;
  }

  Status store_results(std::vector<vm::Output> outputs, const std::string& tape) {
    const auto& wanted = preparation_.request.request.outputs;
    for (std::size_t i = 0; i < wanted.size(); ++i) {
      StoreResult result{terms_.job,
                         terms_.attempt,
                         wanted[i].name,
                         wanted[i].recipient,
                         std::make_shared<const vm::Output>(std::move(outputs[i])),
                         tape};
      SPUD_TRY(ask<wire::Done>(mailbox_, store_, kStoreAnswer, std::move(result)));
    }
    return {};
  }

  const NodeSetup& setup_;
  SessionControl& control_;
  const ShareStoreActor& store_;
  caf::scoped_actor mailbox_;
  const Preparation& preparation_;
  const Compiled& compiled_;
  const std::optional<ReservedTape> reserved_;
  const std::string dealer_;
  service::session::Terms terms_;
  service::Measures measures_;
  metrics::Logger log_;
  std::map<Rank, std::pair<net::Traffic, std::chrono::nanoseconds>> accounted_;
  TapeOpening opened_;
};

}  // namespace

Result<Compiled> compile(const Preparation& preparation, const NodeSetup& setup) {
  const auto& request = preparation.request;
  const std::string where = "job " + request.request.id.str();
  Compiled compiled;
  compiled.own = *request.device.rank_of(setup.tls.self().uri());
  std::vector<PlannedInput> inputs;
  for (std::size_t i = 0; i < preparation.inputs.size(); ++i)
    inputs.push_back({preparation.inputs[i].type(), preparation.literals[i], preparation.inputs[i].keeper()});
  SPUD_ASSIGN(auto answer, setup.plans->plan_for(request.device, compiled.own, preparation.program, inputs,
                                                 where, setup.clock));
  compiled.planned = std::move(answer.planned);
  compiled.seconds = answer.seconds;
  const auto& planned = *compiled.planned;
  const auto& main = planned.plan.main;
  if (main.results.size() != request.request.outputs.size()) {
    return bad_input("the program has " + std::to_string(main.results.size()) + " results", where,
                     "a recipient for each, not " + std::to_string(request.request.outputs.size()));
  }
  service::node::PlanSummary summary{
      planned.digest, planned.plan.compiler_version, planned.demand_digest, {}};
  for (auto result : main.results) summary.outputs.push_back(main.values[result].type);
  compiled.manifest = service::node::manifest(request, preparation.inputs, summary);
  return compiled;
}

SessionActor::behavior_type session(Self self, const NodeSetup* setup,
                                    std::shared_ptr<SessionControl> control, ShareStoreActor store,
                                    ComputeNodeActor supervisor) {
  self->meter(setup->registry, "session");
  return {
      [=](const std::shared_ptr<const Preparation>& preparation) -> Outcome<service::Fields> {
        control->trace()->step("compile");
        SPUD_ASSIGN(auto compiled, within_memory("job " + preparation->request.request.id.str(),
                                                 setup->tls.self().party.str(),
                                                 [&] { return compile(*preparation, *setup); }));
        setup->registry.histogram(metrics::family::kPhaseSeconds, {"compiling"}).observe(compiled.seconds);
        log_of(setup->log, preparation->request.request, preparation->request.attempt)
            .debug("compiled",
                   {{"seconds", compiled.seconds}, {"instructions", compiled.planned->instructions}});
        // So that tapes can be made of it when the program is not at hand. A job can do without.
        if (setup->vault != nullptr && !preparation->request.device.dealers.empty()) {
          auto kept = setup->vault->keep_demand(compiled.planned->demand_digest, compiled.planned->demand);
          if (!kept)
            log_of(setup->log, preparation->request.request, preparation->request.attempt)
                .warning("could not keep a demand", {{"error", kept.error().message()}});
        }
        control->progress().foretold(compiled.planned->instructions, compiled.planned->rounds,
                                     compiled.planned->peak_bytes);
        control->trace()->note(foretold(*compiled.planned));
        // Others compile, and a tape is chosen and set aside.
        control->trace()->step("wait");
        self->state.preparation = preparation;
        self->state.compiled = std::move(compiled);
        return self->state.compiled->manifest;
      },
      [=](const StartSession& start) {
        const auto& request = self->state.preparation->request;
        auto measures = within_memory("job " + request.request.id.str(), setup->tls.self().party.str(),
                                      [&] { return Run(self, *setup, *control, store, start).go(); });
        wire::AttemptStatus status{wire::AttemptState::kDone, {}, {}};
        if (measures) {
          status.measures = std::move(*measures);
        } else {
          status.state = wire::AttemptState::kFailed;
          status.problem = control->cancelled().value_or(measures.error());
        }
        control->trace()->close(status.problem);
        self->send(
            store,
            KeepTrace{std::make_shared<const wire::TraceRecord>(wire::TraceRecord{
                control->trace()->parts(), service::trace::readers(request.request, request.party), 0})});
        self->send(supervisor, AttemptEnded{request.request.id, request.attempt, std::move(status)});
        self->quit();
      },
  };
}

}  // namespace spud::actors
