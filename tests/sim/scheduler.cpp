// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/scheduler.hpp"

#include "base/crash_point.hpp"
#include "service/node/manifest.hpp"
#include "system/store/key.hpp"

namespace spud::sim {

namespace {

constexpr Millis kTick{500}, kSoon{20};
constexpr Millis kPrepare{8000}, kReserve{6000}, kAnswer{5000};
constexpr Millis kAwaitAgain{500};
constexpr Millis kUnreachable{6000};
constexpr Millis kStoredLate{3000};  // by a wrong build
constexpr unsigned kCancels = 4;     // so often a node is told

std::string text(const flow::AttemptName& name) {
  return name.job.str() + "/" + std::to_string(name.attempt);
}

}  // namespace

Scheduler::Scheduler(World& world, crypto::Identity identity, std::filesystem::path home,
                     const Directory& directory, std::vector<Device> devices)
    : Process(world, std::move(identity), std::move(home)),
      directory_(directory),
      devices_(std::move(devices)) {}

Status Scheduler::open() {
  SPUD_ASSIGN(store_, store::Store::open(folder_, {"jobs", "stock_kinds", "stock_orders"}, on_disk()));
  for (const auto& device : devices_) book_of_devices_.reload(device);
  SPUD_TRY(store_->scan(store_->family("jobs"), {}, [&](ByteView, ByteView row) -> Result<store::Walk> {
    SPUD_ASSIGN(auto job, wire::decode_job(row));
    for (const auto& attempt : job.attempts) {
      if (attempt.tape) stock_.reload_taken(*attempt.tape);
    }
    jobs_.reload(std::move(job));
    return store::Walk::kContinue;
  }));
  SPUD_TRY(
      store_->scan(store_->family("stock_kinds"), {}, [&](ByteView, ByteView row) -> Result<store::Walk> {
        SPUD_ASSIGN(auto record, wire::decode_stock_kind_record(row));
        stock_.reload(std::move(record));
        return store::Walk::kContinue;
      }));
  SPUD_TRY(
      store_->scan(store_->family("stock_orders"), {}, [&](ByteView, ByteView row) -> Result<store::Walk> {
        SPUD_ASSIGN(auto record, wire::decode_stock_order_record(row));
        stock_.reload(std::move(record));
        return store::Walk::kContinue;
      }));
  for (const auto& name : jobs_.running()) {
    if (world_.defect != Defect::kAttemptsForgotten) start(name, true);
  }
  after(kTick, [this] { tick(); });
  return {};
}

void Scheduler::close() {
  scheduled_ = false;
  attempts_.clear();
  registry_ = flow::NodeRegistry(Millis(5000));
  book_of_devices_ = {};
  jobs_ = flow::JobBook();
  stock_ = {};
  store_.reset();
}

bool Scheduler::must(const Status& status) {
  if (status || dying()) return !dying();
  if (disk_has_failed()) return false;
  world_.oracle.object("the scheduler cannot store: " + status.error().message());
  return false;
}

Status Scheduler::store_jobs(const std::vector<JobId>& jobs, const char* label) {
  if (jobs.empty()) return {};
  store::Batch batch;
  for (const auto& id : jobs)
    batch.put(store_->family("jobs"), store::Key(id.str()), wire::encode(*jobs_.find(id)));
  crash_point((std::string(label) + ".before").c_str());
  SPUD_TRY(store_->write(std::move(batch), store::Durability::kSynced));
  crash_point((std::string(label) + ".after").c_str());
  return {};
}

bool Scheduler::carry_out(const flow::JobEffects& effects, const char* label) {
  if (!must(store_jobs(effects.store, label))) return false;
  for (const auto& name : effects.start) start(name, false);
  for (const auto& name : effects.cancel) apply(name, flow::CancelAsked{});
  return !dying();
}

bool Scheduler::carry_out(const flow::StockEffects& effects) {
  const auto key = [](const flow::StockName& name) {
    return store::Key(name.device.str(), name.demand.hex());
  };
  store::Batch batch;
  for (const auto& name : effects.store)
    batch.put(store_->family("stock_kinds"), key(name), wire::encode(*stock_.find(name)));
  for (const auto& name : effects.erase) batch.erase(store_->family("stock_kinds"), key(name));
  const auto orders = store_->family("stock_orders");
  for (const auto& id : effects.store_orders) {
    if (const auto* order = stock_.find_order(id)) batch.put(orders, store::Key(id), wire::encode(*order));
  }
  for (const auto& id : effects.erase_orders) batch.erase(orders, store::Key(id));
  if (!batch.empty()) {
    crash_point("scheduler.stock.before");
    if (!must(store_->write(std::move(batch), store::Durability::kSynced))) return false;
    crash_point("scheduler.stock.after");
  }
  for (const auto& at : effects.discard) {
    auto* node = directory_.nodes.at(at.node.identity);
    ask_node<wire::Done>(world_, *this, *node, "discard " + at.tape.str(), kAnswer,
                         wire::DiscardTape{at.tape}, [](const Result<wire::Done>&) {});
  }
  return !dying();
}

void Scheduler::schedule() {
  if (!store_->fault()) return;
  carry_out(jobs_.schedule(book_of_devices_, registry_, stock_, world_.now(), unix_millis()),
            "scheduler.start");
}

/// The actor does so at once; here all of a moment together, for the sake of thousands of jobs.
void Scheduler::schedule_soon() {
  if (std::exchange(scheduled_, true)) return;
  after(kSoon, [this] {
    scheduled_ = false;
    schedule();
  });
}

void Scheduler::tick() {
  schedule();
  if (store_->fault()) {
    for (const auto& order : stock_.due(registry_, jobs_.waiting_for_tapes(), world_.now(), unix_millis()))
      make(order);
    carry_out(flow::StockEffects{{}, {}, stock_.strays(devices_, world_.now()), {}, {}});
  }
  after(kTick, [this] { tick(); });
}

std::size_t Scheduler::open_jobs() const {
  return jobs_.count(service::JobState::kQueued) + jobs_.count(service::JobState::kRunning);
}

// ---- what nodes and clients ask

void Scheduler::serve(const crypto::Identity& caller, const Frame& frame, const Reply& reply) {
  auto request = read_head<wire::SchedulerRequest>(world_.oracle, frame, wire::decode_scheduler_request);
  if (!request) return;
  const auto answer = [&](auto outcome) {
    if (dying()) return;
    // As serve_scheduler() has it.
    if (auto sound = store_->fault(); !sound && world_.defect != Defect::kUnstoredIsShown)
      outcome = std::unexpected(std::move(sound).error());
    say<wire::SchedulerAnswer>(reply, std::move(outcome));
  };
  if (const auto* said = std::get_if<wire::Announce>(&*request)) {
    answer(announced(caller, *said));
  } else if (const auto* shown = std::get_if<wire::ShowDevice>(&*request)) {
    answer(show_device(shown->name));
  } else if (const auto* submitted = std::get_if<wire::SubmitJob>(&*request)) {
    answer(submit(caller, submitted->request));
  } else if (const auto* cancelled = std::get_if<wire::CancelJob>(&*request)) {
    answer(cancel(caller, cancelled->id));
  } else if (const auto* job = std::get_if<wire::ShowJob>(&*request)) {
    answer(jobs_.show(caller, job->id));
  } else if (const auto* ordered = std::get_if<wire::MakeStock>(&*request)) {
    answer(order(caller, *ordered));
  } else if (const auto* wanted = std::get_if<wire::TargetStock>(&*request)) {
    answer(target(caller, *wanted));
  } else if (const auto* dropped = std::get_if<wire::DropStock>(&*request)) {
    answer(drop(caller, *dropped));
  } else {
    world_.oracle.object("nobody asks this in a simulation");
  }
}

Result<wire::Heartbeat> Scheduler::announced(const crypto::Identity& node, const wire::Announce& said) {
  SPUD_TRY(registry_.announce(node, said, world_.now()));
  stock_.report(node, said, world_.now());
  return wire::Heartbeat{1000};
}

/// One that lies puts another node behind a name, now and then.
Result<Device> Scheduler::show_device(const DeviceId& name) {
  SPUD_ASSIGN(auto device, book_of_devices_.find(name));
  if (!world_.hostile || !world_.faults || !world_.draws.chance(0.3)) return device;
  ++world_.tally.redirected;
  for (const auto& [uri, node] : directory_.nodes) {
    if (device.rank_of(uri)) continue;
    device.compute.back() = {node->identity().party, node->identity().name, uri, "host:1"};
    return device;
  }
  if (world_.draws.chance(0.5)) {
    // Or says that the data is to be shared which its owner's node should keep.
    device.layout = device.layout == service::Layout::kColocated ? service::Layout::kOutsourcing
                                                                 : service::Layout::kColocated;
  } else {
    std::swap(device.compute.front(), device.compute.back());
  }
  return device;
}

Result<Job> Scheduler::submit(const crypto::Identity& caller, const JobRequest& request) {
  if (const auto* known = jobs_.find(request.id);
      world_.defect == Defect::kNotIdempotent && known != nullptr && service::has_ended(known->state)) {
    auto again = *known;
    again.state = service::JobState::kQueued;
    jobs_.reload(again);
  }
  SPUD_ASSIGN(auto device, book_of_devices_.find(request.device));
  SPUD_ASSIGN(auto effects, jobs_.submit(caller, request, device, unix_millis()));
  if (!carry_out(effects, "scheduler.submit")) return fail(ErrorCode::kUnavailable, "its store has failed");
  schedule_soon();
  return *jobs_.find(request.id);
}

Result<Job> Scheduler::cancel(const crypto::Identity& caller, const JobId& job) {
  SPUD_ASSIGN(auto effects, jobs_.cancel(caller, job, unix_millis()));
  if (!carry_out(effects, "scheduler.cancel")) return fail(ErrorCode::kUnavailable, "its store has failed");
  return *jobs_.find(job);
}

/// The real one has all nodes compile the program for its plan, and compares.
Result<wire::StockKind> Scheduler::order(const crypto::Identity& caller, const wire::MakeStock& request) {
  SPUD_ASSIGN(auto device, book_of_devices_.find(request.device));
  const flow::StockWish wish{request.order, flow::digest(caller.party, request), request.runs};
  const flow::StockPlan plan{demand_of(device), service::digest_fields("plan", {}), program_digest()};
  SPUD_ASSIGN(auto effects, stock_.order(caller, device, plan, wish));
  if (!carry_out(effects)) return fail(ErrorCode::kUnavailable, "its store has failed");
  return stock_.show_order(wish.id, jobs_.waiting_for_tapes());
}

Result<wire::StockKind> Scheduler::target(const crypto::Identity& caller, const wire::TargetStock& request) {
  SPUD_ASSIGN(auto device, book_of_devices_.find(request.device));
  SPUD_ASSIGN(auto effects, stock_.target(caller, device, request.demand, request.runs));
  if (!carry_out(effects)) return fail(ErrorCode::kUnavailable, "its store has failed");
  return stock_.show({device.name, request.demand}, jobs_.waiting_for_tapes());
}

Result<wire::Dropped> Scheduler::drop(const crypto::Identity& caller, const wire::DropStock& request) {
  SPUD_ASSIGN(auto device, book_of_devices_.find(request.device));
  SPUD_ASSIGN(auto effects, stock_.drop(caller, device, request.demand));
  if (!carry_out(effects)) return fail(ErrorCode::kUnavailable, "its store has failed");
  return wire::Dropped{};
}

// ---- attempts

Node& Scheduler::node(const Device& device, Rank rank) const {
  return *directory_.nodes.at(device.compute[index(rank)].identity);
}

template <class T>
void Scheduler::ask_rank(const flow::AttemptName& name, Rank rank, const std::string& what, Millis patience,
                         const wire::NodeRequest& request, Answer<T> done) {
  ask_node<T>(world_, *this, node(attempts_.at(name).device, rank), what + " " + text(name), patience,
              request, std::move(done));
}

void Scheduler::start(const flow::AttemptName& name, bool resumed) {
  ++world_.tally.attempts;
  const auto& request = jobs_.find(name.job)->request;
  const auto party = jobs_.find(name.job)->party;
  const auto device = *book_of_devices_.find(request.device);
  named_.push_back(name);
  if (!resumed && world_.hostile && world_.draws.chance(0.5)) return lead_against_the_rules(name, device);
  auto [found, fresh] = attempts_.insert_or_assign(
      name, Attempt{device, resumed ? flow::AttemptState::resumed(device) : flow::AttemptState(device), {}});
  carry(name, found->second.state.begin());
  if (resumed) return;
  after(kReserve, [this, name] { apply(name, flow::PrepareLate{kReserve}); });
  const wire::PrepareAttempt prepare{request, name.attempt, device, party};
  for (unsigned i = 0; i < device.parties(); ++i) {
    ask_rank<Fields>(name, Rank{i}, "prepare", kPrepare, prepare, [this, name, i](Result<Fields> manifest) {
      apply(name, flow::Prepared{Rank{i}, std::move(manifest)});
    });
  }
}

void Scheduler::apply(const flow::AttemptName& name, flow::AttemptEvent event) {
  auto found = attempts_.find(name);
  if (found == attempts_.end()) return;
  carry(name, found->second.state.apply(std::move(event)));
}

void Scheduler::carry(const flow::AttemptName& name, const std::vector<flow::AttemptEffect>& effects) {
  for (const auto& effect : effects) {
    if (dying() || !attempts_.contains(name)) return;
    const auto device = attempts_.at(name).device;
    if (const auto* wanted = std::get_if<flow::ChooseTape>(&effect)) {
      choose(name, wanted->demand);
    } else if (const auto* reserve = std::get_if<flow::ReserveNodes>(&effect)) {
      const wire::ReserveTape request{name.job, name.attempt, reserve->manifest, reserve->tape};
      for (unsigned i = 0; i < device.parties(); ++i) {
        ask_rank<Fields>(name, Rank{i}, "reserve " + reserve->tape.str() + " for", kAnswer, request,
                         [this, name, i](Result<Fields> manifest) {
                           apply(name, flow::Reserved{Rank{i}, std::move(manifest)});
                         });
      }
    } else if (const auto* starts = std::get_if<flow::StartNodes>(&effect)) {
      const wire::StartAttempt request{name.job, name.attempt, starts->manifest, starts->dealer};
      for (unsigned i = 0; i < device.parties(); ++i) {
        ask_rank<wire::Done>(name, Rank{i}, "start", kAnswer, request,
                             [this, name, i](Result<wire::Done> done) {
                               Status status;
                               if (!done) status = std::unexpected(done.error());
                               apply(name, flow::Started{Rank{i}, std::move(status)});
                             });
      }
    } else if (const auto* waits = std::get_if<flow::AwaitNode>(&effect)) {
      await(name, waits->rank);
    } else if (const auto* cancels = std::get_if<flow::CancelNodes>(&effect)) {
      cancel_nodes(name, device, cancels->cause);
    } else {
      over(name, std::get<flow::Finished>(effect));
    }
  }
}

void Scheduler::choose(const flow::AttemptName& name, const Digest& demand) {
  auto choice = jobs_.choose(name, demand, attempts_.at(name).device, stock_);
  if (world_.defect == Defect::kNothingRecorded) {
    after(kStoredLate, [this, stored = choice.effects] { carry_out(stored, "scheduler.take"); });
  } else if (!carry_out(choice.effects, "scheduler.take")) {
    return;
  }
  if (!choice.tape) return apply(name, flow::NoTape{choice.tape.error()});
  if (*choice.tape) return apply(name, flow::TapeChosen{*choice.tape});
  auto device = attempts_.at(name).device;
  if (world_.defect == Defect::kFirstDealerOnly) device.dealers.resize(1);
  auto dealer =
      registry_.reach_dealer(device, world_.now(), flow::blamed_dealer(*jobs_.find(name.job), device));
  if (!dealer) return apply(name, flow::NoTape{dealer.error()});
  apply(name, flow::TapeChosen{std::nullopt, dealer->identity});
}

void Scheduler::await(const flow::AttemptName& name, Rank rank) {
  const wire::AwaitAttempt request{name.job, name.attempt, 0};
  ask_rank<wire::AttemptStatus>(name, rank, "await", kAnswer, request,
                                [this, name, rank](Result<wire::AttemptStatus> status) {
                                  auto found = attempts_.find(name);
                                  if (found == attempts_.end()) return;
                                  auto& since = found->second.unreachable_since;
                                  if (!status) {
                                    const auto first = since.try_emplace(rank, world_.now()).first->second;
                                    if (world_.now() - first < kUnreachable)
                                      return after(kAwaitAgain, [this, name, rank] {
                                        if (attempts_.contains(name)) await(name, rank);
                                      });
                                  } else {
                                    since.erase(rank);
                                    if (status->state == wire::AttemptState::kRunning)
                                      return after(kAwaitAgain, [this, name, rank] {
                                        if (attempts_.contains(name)) await(name, rank);
                                      });
                                  }
                                  apply(name, flow::NodeEnded{rank, std::move(status)});
                                });
}

void Scheduler::cancel_nodes(const flow::AttemptName& name, const Device& device, const Error& cause) {
  const wire::CancelAttempt request{name.job, name.attempt, cause};
  for (unsigned i = 0; i < device.parties(); ++i) {
    auto* to = &node(device, Rank{i});
    ask_node<wire::Done>(world_, *this, *to, "cancel " + text(name), kAnswer, request,
                         [](const Result<wire::Done>&) {});
  }
}

void Scheduler::over(const flow::AttemptName& name, const flow::Finished& finished) {
  attempts_.erase(name);
  world_.note("attempt " + text(name) + " is over: " +
              (finished.problem ? finished.problem->message() : "done") + (finished.again ? " (again)" : ""));
  const auto effects = jobs_.ended(name, finished, unix_millis());
  if (effects.store.empty()) return;
  if (!finished.problem) {
    const auto& tape = jobs_.find(name.job)->attempts.back().tape;
    ++world_.tally.jobs_done;
    world_.tally.jobs_from_stock += tape.has_value();
    // A scheduler that came back asks attempts of which it may know a tape that they were never told of.
    world_.oracle.done(name.job, name.attempt, tape ? std::optional(tape->str()) : std::nullopt);
  }
  if (!carry_out(effects, "scheduler.end")) return;
  if (!finished.problem) world_.data.done(name.job, name.attempt);
  schedule_soon();
}

// ---- stock

void Scheduler::make(const flow::TapeOrder& order) {
  auto gathering = std::make_shared<Gathering>();
  gathering->order = order;
  gathering->missing = order.device.parties();
  gathering->answers.resize(order.device.parties());
  const wire::MakeTape request{order.device, order.kind.demand, order.name, order.dealer.identity};
  for (unsigned i = 0; i < order.device.parties(); ++i) {
    auto* to = &node(order.device, Rank{i});
    ask_node<stock::StockTape>(world_, *this, *to, "make " + order.name, Millis(30'000), request,
                               [this, gathering, i](Result<stock::StockTape> tape) {
                                 if (tape) {
                                   gathering->answers[i] = *tape;
                                 } else if (!gathering->problem) {
                                   gathering->problem = tape.error();
                                 }
                                 if (--gathering->missing == 0) gathered(gathering);
                               });
  }
}

void Scheduler::gathered(const std::shared_ptr<Gathering>& gathering) {
  const auto& order = gathering->order;
  if (gathering->problem) return stock_.failed(order, *gathering->problem, world_.now());
  std::vector<stock::StockTape> answers;
  for (const auto& answer : gathering->answers) answers.push_back(*answer);
  auto tape = flow::agree_on_tape(order.device, order.dealer, order.kind.demand, answers);
  if (!tape) return stock_.failed(order, tape.error(), world_.now());
  ++world_.tally.tapes_made;
  seen_[order.device.name].push_back(tape->id);
  carry_out(stock_.made(order, *tape));
}

}  // namespace spud::sim
