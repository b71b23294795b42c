// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/scheduler.hpp"

#include "base/crash_point.hpp"
#include "service/node/manifest.hpp"
#include "system/store/key.hpp"

namespace spud::sim {

namespace {

constexpr Millis kTick{500};
constexpr Millis kPrepare{8000}, kAnswer{5000};
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
  for (const auto& name : jobs_.running()) start(name, true);
  after(kTick, [this] { tick(); });
  return {};
}

void Scheduler::close() {
  attempts_.clear();
  registry_ = flow::NodeRegistry(Millis(5000));
  book_of_devices_ = {};
  jobs_ = flow::JobBook();
  stock_ = {};
  store_.reset();
}

bool Scheduler::must(const Status& status) {
  if (status || dying()) return !dying();
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
    world_.send(*this, *node, "discard " + at.tape.str(), [node, tape = at.tape] { node->discard(tape); });
  }
  return !dying();
}

void Scheduler::tick() {
  carry_out(jobs_.schedule(book_of_devices_, registry_, stock_, world_.now(), unix_millis()),
            "scheduler.start");
  for (const auto& order : stock_.due(registry_, jobs_.waiting_for_tapes(), world_.now(), unix_millis()))
    make(order);
  carry_out(flow::StockEffects{{}, {}, stock_.strays(devices_, world_.now()), {}, {}});
  after(kTick, [this] { tick(); });
}

void Scheduler::announced(const crypto::Identity& node, const wire::Announce& said) {
  if (!registry_.announce(node, said, world_.now())) return;
  stock_.report(node, said, world_.now());
}

// ---- clients

void Scheduler::submit(const crypto::Identity& caller, const JobRequest& request, const Answer<Job>& answer) {
  auto device = book_of_devices_.find(request.device);
  if (!device) return answer(std::unexpected(device.error()));
  auto effects = jobs_.submit(caller, request, *device, unix_millis());
  if (!effects) return answer(std::unexpected(effects.error()));
  if (carry_out(*effects, "scheduler.submit")) answer(*jobs_.find(request.id));
}

void Scheduler::cancel(const crypto::Identity& caller, const JobId& job, const Answer<Job>& answer) {
  auto effects = jobs_.cancel(caller, job, unix_millis());
  if (!effects) return answer(std::unexpected(effects.error()));
  if (carry_out(*effects, "scheduler.cancel")) answer(*jobs_.find(job));
}

void Scheduler::show(const crypto::Identity& caller, const JobId& job, const Answer<Job>& answer) {
  answer(jobs_.show(caller, job));
}

Result<wire::Done> Scheduler::answer_stock(Result<flow::StockEffects> effects) {
  if (!effects) return std::unexpected(effects.error());
  if (!carry_out(*effects)) return fail(ErrorCode::kUnavailable, "it dies");
  return wire::Done{};
}

void Scheduler::order(const crypto::Identity& caller, const Device& device, const std::string& id,
                      std::uint32_t runs, const Answer<wire::Done>& answer) {
  const flow::StockPlan plan{demand_of(device), service::digest_fields("plan", {}),
                             service::digest_fields("program", {})};
  answer(answer_stock(stock_.order(caller, device, plan, {id, service::digest_fields(id, {}), runs})));
}

void Scheduler::target(const crypto::Identity& caller, const Device& device, std::uint32_t runs,
                       const Answer<wire::Done>& answer) {
  answer(answer_stock(stock_.target(caller, device, demand_of(device), runs)));
}

void Scheduler::drop(const crypto::Identity& caller, const Device& device, const Answer<wire::Done>& answer) {
  answer(answer_stock(stock_.drop(caller, device, demand_of(device))));
}

// ---- attempts

Node& Scheduler::node(const Device& device, Rank rank) const {
  return *directory_.nodes.at(device.compute[index(rank)].identity);
}

template <class T>
void Scheduler::ask_node(const flow::AttemptName& name, Rank rank, const std::string& what, Millis patience,
                         std::function<void(Node&, Answer<T>)> serve, Answer<T> done) {
  auto& to = node(attempts_.at(name).device, rank);
  ask<T>(
      world_, *this, to, what + " " + text(name), patience,
      [&to, serve](Answer<T> answer) { serve(to, answer); }, std::move(done));
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
  const wire::PrepareAttempt prepare{request, name.attempt, device, party};
  for (unsigned i = 0; i < device.parties(); ++i) {
    ask_node<Fields>(
        name, Rank{i}, "prepare", kPrepare,
        [prepare](Node& node, Answer<Fields> answer) { node.prepare(prepare, answer); },
        [this, name, i](Result<Fields> manifest) {
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
        ask_node<Fields>(
            name, Rank{i}, "reserve " + reserve->tape.str() + " for", kAnswer,
            [request](Node& node, Answer<Fields> answer) { node.reserve(request, answer); },
            [this, name, i](Result<Fields> manifest) {
              apply(name, flow::Reserved{Rank{i}, std::move(manifest)});
            });
      }
    } else if (const auto* starts = std::get_if<flow::StartNodes>(&effect)) {
      const wire::StartAttempt request{name.job, name.attempt, starts->manifest};
      for (unsigned i = 0; i < device.parties(); ++i) {
        ask_node<wire::Done>(
            name, Rank{i}, "start", kAnswer,
            [request](Node& node, Answer<wire::Done> answer) { node.start_attempt(request, answer); },
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
  if (choice.tape) {
    apply(name, flow::TapeChosen{*choice.tape});
  } else {
    apply(name, flow::NoTape{choice.tape.error()});
  }
}

void Scheduler::await(const flow::AttemptName& name, Rank rank) {
  const wire::AwaitAttempt request{name.job, name.attempt, 0};
  ask_node<wire::AttemptStatus>(
      name, rank, "await", kAnswer,
      [request](Node& node, Answer<wire::AttemptStatus> answer) { answer(node.status(request)); },
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
    world_.send(*this, *to, "cancel " + text(name), [to, request] { to->cancel(request); });
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
  carry_out(effects, "scheduler.end");
}

// ---- stock

void Scheduler::make(const flow::TapeOrder& order) {
  auto gathering = std::make_shared<Gathering>();
  gathering->order = order;
  gathering->missing = order.device.parties();
  gathering->answers.resize(order.device.parties());
  const wire::MakeTape request{order.device, order.kind.demand, order.name};
  for (unsigned i = 0; i < order.device.parties(); ++i) {
    auto* to = &node(order.device, Rank{i});
    ask<stock::StockTape>(
        world_, *this, *to, "make " + order.name, Millis(30'000),
        [to, request](Answer<stock::StockTape> answer) { to->make_tape(request, answer); },
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
