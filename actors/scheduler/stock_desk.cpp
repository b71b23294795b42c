// SPDX-License-Identifier: Apache-2.0
#include "actors/scheduler/stock_desk.hpp"

#include <map>

#include "actors/scheduler/stock_actor.hpp"
#include "actors/scheduler/stock_courier.hpp"
#include "system/metrics/catalogue.hpp"
#include "system/store/key.hpp"

namespace spud::actors {

namespace {

using service::scheduler::StockEffects;
using service::scheduler::StockName;
using service::scheduler::StockWish;

constexpr Millis kTick{1000};

store::Key key(const StockName& name) {
  return store::Key(name.device.str(), name.demand.hex());
}

}  // namespace

Status StockDesk::carry_out(const StockEffects& effects) const {
  const auto family = setup->store.family("stock_kinds");
  store::Batch batch;
  for (const auto& name : effects.store) {
    if (const auto* record = state().stock.find(name)) batch.put(family, key(name), wire::encode(*record));
  }
  for (const auto& name : effects.erase) batch.erase(family, key(name));
  const auto orders = setup->store.family("stock_orders");
  for (const auto& id : effects.store_orders) {
    if (const auto* order = state().stock.find_order(id))
      batch.put(orders, store::Key(id), wire::encode(*order));
  }
  for (const auto& id : effects.erase_orders) batch.erase(orders, store::Key(id));
  // Orders change with their kinds only.
  if (!effects.store.empty() || !effects.erase.empty()) {
    SPUD_TRY(setup->store.write(std::move(batch), store::Durability::kSynced));
  }
  discard(effects.discard);
  measure();
  return {};
}

void StockDesk::discard(const std::vector<service::scheduler::TapeAt>& tapes) const {
  std::map<std::string, std::pair<service::Member, DiscardTapes>> nodes;
  for (const auto& at : tapes) {
    auto& [member, mail] = nodes[at.node.identity];
    member = at.node;
    mail.tapes.push_back(at.tape);
  }
  for (auto& [identity, node] : nodes) {
    auto& [member, mail] = node;
    if (auto reached = state().registry.reach(member, now())) member = *reached;
    setup->log.info("tapes are discarded", {{"node", member.node}, {"tapes", mail.tapes.size()}});
    self->send(self->spawn<caf::detached>(stock_courier, setup, std::make_shared<NodeLine>(*setup, member)),
               mail);
  }
}

Outcome<wire::StockKind> StockDesk::accept(const StockWish& wish, Result<StockEffects> effects) const {
  if (!effects) return std::unexpected(std::move(effects).error());
  SPUD_TRY(carry_out(*effects));
  make_due();
  return state().stock.show_order(wish.id, state().jobs.waiting_for_tapes());
}

caf::result<Outcome<wire::StockKind>> StockDesk::make(const Identity& caller,
                                                      const wire::MakeStock& request) const {
  const StockWish wish{request.order, service::scheduler::digest(caller.party, request), request.runs};
  auto ready = [&]() -> Result<service::Device> {
    const std::string where = "stock of device " + request.device.str();
    if (state().draining) {
      return fail(ErrorCode::kUnavailable, "the scheduler is shutting down", where, {}, {},
                  "ask again in a moment");
    }
    SPUD_ASSIGN(auto device, state().devices.find(request.device));
    SPUD_TRY(state().stock.may_use(caller, device));
    if (digest(device) != request.device_digest) {
      return fail(ErrorCode::kConflict, "the device is not the one that was pinned", where,
                  "digest " + request.device_digest.brief() + "…, it is " + digest(device).brief() + "…", {},
                  "spud device show and spud device pin");
    }
    return device;
  }();
  if (!ready) return Outcome<wire::StockKind>(std::unexpected(std::move(ready).error()));
  auto device = std::move(*ready);
  auto taken = state().stock.has_taken(wish);
  if (!taken) return Outcome<wire::StockKind>(std::unexpected(std::move(taken).error()));
  if (*taken) return accept(wish, StockEffects{});
  if (const auto* demand = std::get_if<Digest>(&request.what)) {
    return accept(wish, state().stock.order(caller, device, *demand, wish));
  }
  const auto& program = std::get<wire::StockProgram>(request.what);
  state().registry.locate(device, now());
  const auto id = state().next_asking++;
  auto promise = self->make_response_promise<Outcome<wire::StockKind>>();
  NodeLines lines(*setup, device);
  auto asked = std::make_shared<const PlanAsked>(PlanAsked{id, {device, program.program, program.inputs}});
  self->send(self->spawn(plan_maker, setup, asked, lines.all(), SchedulerActor(self)), Tick{});
  state().askings.emplace(
      id, SchedulerState::Asking{caller, device.name, digest(device), wish, promise, std::move(lines)});
  return promise;
}

void StockDesk::prepared(const StockPrepared& prepared) const {
  auto found = state().askings.find(prepared.asking);
  if (found == state().askings.end()) return;
  auto& asking = found->second;
  auto kind = [&]() -> Outcome<wire::StockKind> {
    if (!prepared.plan) return std::unexpected(prepared.plan.error());
    // It may have been dropped meanwhile, or be another one under its name.
    SPUD_ASSIGN(auto device, state().devices.find(asking.device));
    if (digest(device) != asking.device_digest) {
      return fail(ErrorCode::kConflict, "it was made anew meanwhile", "device " + device.name.str());
    }
    // Another with the same words may have been quicker.
    return accept(asking.wish, state().stock.order(asking.caller, device, *prepared.plan, asking.wish));
  }();
  if (kind) {
    setup->log.info("stock is ordered", {{"device", asking.device},
                                         {"plan", prepared.plan->plan},
                                         {"order", asking.wish.id},
                                         {"runs", asking.wish.runs},
                                         {"by", asking.caller.str()}});
  }
  asking.promise.deliver(std::move(kind));
  state().askings.erase(found);
}

Outcome<wire::StockKind> StockDesk::target(const Identity& caller, const wire::TargetStock& request) const {
  SPUD_ASSIGN(auto device, state().devices.find(request.device));
  SPUD_ASSIGN(auto effects, state().stock.target(caller, device, request.demand, request.runs));
  SPUD_TRY(carry_out(effects));
  make_due();
  return state().stock.show({device.name, request.demand}, state().jobs.waiting_for_tapes());
}

Outcome<wire::Dropped> StockDesk::drop(const Identity& caller, const wire::DropStock& request) const {
  SPUD_ASSIGN(auto device, state().devices.find(request.device));
  SPUD_ASSIGN(auto effects, state().stock.drop(caller, device, request.demand));
  SPUD_TRY(carry_out(effects));
  return wire::Dropped{};
}

wire::StockKinds StockDesk::list(const Identity& caller) const {
  return state().stock.list(caller, state().jobs.waiting_for_tapes());
}

void StockDesk::make_due() const {
  if (state().draining || !setup->store.fault()) return;
  auto orders = state().stock.due(state().registry, state().jobs.waiting_for_tapes(), now(),
                                  setup->clock.unix_millis());
  for (auto& order : orders) {
    state().registry.locate(order.device, now());
    NodeLines lines(*setup, order.device);
    setup->log.info(
        "a tape is made",
        {{"device", order.kind.device}, {"order", order.name}, {"dealer", order.dealer.identity}});
    auto shared = std::make_shared<const service::scheduler::TapeOrder>(order);
    self->send(self->spawn(tape_maker, setup, shared, lines.all(), SchedulerActor(self)), Tick{});
    state().makings.emplace(order.kind.device, std::move(lines));
  }
}

void StockDesk::made(const StockMade& made) const {
  state().makings.erase(made.order.kind.device);
  if (made.tape) {
    auto stored = carry_out(state().stock.made(made.order, *made.tape));
    if (!stored) setup->log.error("could not store", stored.error());
    setup->registry.counter(metrics::family::kStockMade).add();
    setup->log.info(
        "a tape is ready",
        {{"device", made.order.kind.device}, {"order", made.order.name}, {"tape", made.tape->id.str()}});
  } else {
    state().stock.failed(made.order, made.tape.error(), now());
    setup->registry.counter(metrics::family::kStockFailed).add();
    setup->log.error("a tape could not be made", made.tape.error(),
                     {{"device", made.order.kind.device}, {"order", made.order.name}});
  }
  make_due();
}

void StockDesk::tick() const {
  if (now() < state().stock_tick) return;
  state().stock_tick = now() + kTick;
  make_due();
  discard(state().stock.strays(state().devices.list(), now()));
  for (const auto& level : state().stock.levels()) {
    setup->log.write(level.low ? metrics::Level::kWarning : metrics::Level::kInfo,
                     level.low ? "stock is low" : "stock is filled",
                     {{"device", level.kind.device},
                      {"plan", level.plan},
                      {"ready", level.ready},
                      {"target", level.target}});
  }
  measure();
}

void StockDesk::measure() const {
  struct Figures {
    double ready = 0, target = 0, waiting = 0;
  };
  std::map<PlanOnDevice, Figures> plans;
  for (const auto& kind : state().stock.list(state().jobs.waiting_for_tapes())) {
    auto& figures = plans[{kind.device.str(), kind.plan.brief()}];
    figures.ready += kind.ready;
    figures.target += kind.target;
    figures.waiting += kind.waiting;
  }
  auto& registry = setup->registry;
  for (const auto& [plan, figures] : plans) {
    const auto& [device, digits] = plan;
    auto& short_since = state().measured_plans[plan];
    if (figures.ready >= figures.target) {
      short_since.reset();
    } else if (!short_since) {
      short_since = now();
    }
    const auto lag = short_since ? now() - *short_since : Millis(0);
    registry.set(metrics::family::kStockReady, {device, digits}, figures.ready);
    registry.set(metrics::family::kStockTarget, {device, digits}, figures.target);
    registry.set(metrics::family::kStockWaiting, {device, digits}, figures.waiting);
    registry.set(metrics::family::kStockLag, {device, digits}, std::chrono::duration<double>(lag).count());
  }
  std::erase_if(state().measured_plans, [&](const auto& measured) {
    const auto& [device, digits] = measured.first;
    if (plans.contains(measured.first)) return false;
    for (const auto* family : {&metrics::family::kStockReady, &metrics::family::kStockTarget,
                               &metrics::family::kStockWaiting, &metrics::family::kStockLag})
      registry.remove(*family, {device, digits});
    return true;
  });
}

}  // namespace spud::actors
