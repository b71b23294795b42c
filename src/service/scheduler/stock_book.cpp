// SPDX-License-Identifier: Apache-2.0
#include "service/scheduler/stock_book.hpp"

#include <algorithm>
#include <limits>

#include "base/limits.hpp"

namespace spud::service::scheduler {

namespace {

std::string place(const Device& device) {
  return "stock of device " + device.name.str();
}

Status check_runs(std::uint32_t runs, std::uint32_t least, const Device& device) {
  if (runs >= least && runs <= limits::kStockRunsPerRequest) return {};
  return bad_input(std::to_string(runs) + " runs", place(device),
                   std::to_string(least) + " to " + std::to_string(limits::kStockRunsPerRequest));
}

unsigned count(const WaitingJobs& waiting, const StockName& name) {
  auto found = waiting.find(name);
  return found == waiting.end() ? 0 : found->second;
}

}  // namespace

void StockBook::reload(wire::StockKindRecord record) {
  const StockName name{record.device.name, record.demand};
  kinds_[name].record = std::move(record);
}

void StockBook::report(const crypto::Identity& node, const wire::Announce& announce, Millis now) {
  if (node.role != crypto::Role::kCompute) return;
  keeps_[node.uri()] = announce.keeps_stock;
  shelf_.report(node.uri(), announce.stock, now);
}

Status StockBook::may_use(const crypto::Identity& caller, const Device& device) const {
  const bool computes = std::any_of(device.compute.begin(), device.compute.end(),
                                    [&](const Member& member) { return member.party == caller.party; });
  if (caller.role == crypto::Role::kClient && (computes || caller.party == device.owner)) return {};
  return fail(ErrorCode::kDenied, caller.str() + " has no say in it", place(device),
              "a client of its owner " + device.owner.str() + " or of a party that computes");
}

Result<StockBook::Kind*> StockBook::permitted(const crypto::Identity& caller, const Device& device,
                                              const Digest& demand) {
  SPUD_TRY(may_use(caller, device));
  auto found = kinds_.find({device.name, demand});
  if (found != kinds_.end()) return &found->second;
  return fail(ErrorCode::kNotFound, "no plan with demand " + demand.brief() + "…", place(device),
              "one that spud stock list shows", {}, "spud stock make, with its program");
}

Result<bool> StockBook::has_taken(const StockWish& wish) const {
  SPUD_ASSIGN(auto before, orders_.find(wish.id, wish.request));
  return before.has_value();
}

Result<StockEffects> StockBook::add(Kind& kind, const StockWish& wish) {
  auto& record = kind.record;
  const auto runs = wish.runs;
  SPUD_TRY(check_runs(runs, 1, record.device));
  if (runs > std::numeric_limits<std::uint32_t>::max() - record.ordered) {
    return fail(ErrorCode::kResource, std::to_string(record.ordered) + " runs are ordered already",
                place(record.device), "at most 2^32 - 1");
  }
  record.ordered += runs;
  // Whoever asks now wants to know what happens now.
  kind.problem.reset();
  kind.failures = 0;
  kind.failed_dealer.clear();
  kind.not_before = Millis(0);
  StockEffects effects{{{record.device.name, record.demand}}, {}, {}, {wish.id}, {}};
  effects.erase_orders = orders_.add(
      {wish.id, wish.request, record.device.name, record.demand, record.made + record.ordered, 0});
  return effects;
}

Result<StockEffects> StockBook::order(const crypto::Identity& caller, const Device& device,
                                      const StockPlan& plan, const StockWish& wish) {
  SPUD_TRY(may_use(caller, device));
  SPUD_ASSIGN(const bool before, has_taken(wish));
  if (before) return StockEffects{};
  SPUD_TRY(check_runs(wish.runs, 1, device));
  if (device.dealers.empty()) {
    return fail(ErrorCode::kUnsupported, "it has no dealer", place(device),
                "a device whose protocol uses correlations");
  }
  const StockName name{device.name, plan.demand};
  auto found = kinds_.find(name);
  if (found == kinds_.end()) {
    if (kinds_.size() >= limits::kStockKinds) {
      return fail(ErrorCode::kResource, "tapes of " + std::to_string(kinds_.size()) + " plans are kept",
                  place(device), "at most " + std::to_string(limits::kStockKinds), {},
                  "spud stock drop those that are not used");
    }
    found = kinds_.emplace(name, Kind{}).first;
    found->second.record = {device, plan.demand, plan.plan, plan.program, 0, 0, 0};
  }
  return add(found->second, wish);
}

Result<StockEffects> StockBook::order(const crypto::Identity& caller, const Device& device,
                                      const Digest& demand, const StockWish& wish) {
  SPUD_TRY(may_use(caller, device));
  SPUD_ASSIGN(const bool before, has_taken(wish));
  if (before) return StockEffects{};
  SPUD_ASSIGN(auto* kind, permitted(caller, device, demand));
  return add(*kind, wish);
}

Result<StockEffects> StockBook::target(const crypto::Identity& caller, const Device& device,
                                       const Digest& demand, std::uint32_t runs) {
  SPUD_ASSIGN(auto* kind, permitted(caller, device, demand));
  SPUD_TRY(check_runs(runs, 0, device));
  kind->record.target = runs;
  // A new target is filled up to: that is no news.
  kind->fill = Fill::kFilling;
  StockEffects effects;
  effects.store.push_back({device.name, demand});
  return effects;
}

void StockBook::discard_all(const Device& device, const Digest& demand, StockEffects& effects) {
  auto holders = shelf_.holders(device, demand);
  // A node that is away burns it later: it is a stray from now on.
  for (const auto& at : holders) shelf_.take(at.tape);
  effects.discard.insert(effects.discard.end(), holders.begin(), holders.end());
}

Result<StockEffects> StockBook::drop(const crypto::Identity& caller, const Device& device,
                                     const Digest& demand) {
  SPUD_TRY(may_use(caller, device));
  StockEffects effects;
  if (kinds_.erase({device.name, demand}) > 0) effects.erase.push_back({device.name, demand});
  discard_all(device, demand, effects);
  return effects;
}

StockEffects StockBook::drop_all(const Device& device) {
  StockEffects effects;
  for (auto it = kinds_.begin(); it != kinds_.end();) {
    if (it->first.device != device.name) {
      ++it;
      continue;
    }
    effects.erase.push_back(it->first);
    discard_all(device, it->first.demand, effects);
    it = kinds_.erase(it);
  }
  return effects;
}

std::uint32_t StockBook::ready(const Kind& kind) const {
  return static_cast<std::uint32_t>(shelf_.ready(kind.record.device, kind.record.demand).size());
}

bool StockBook::needs(const Kind& kind, unsigned waiting) const {
  if (kind.record.ordered > 0) return true;
  // Jobs that wait will have had a tape each before the target counts.
  return kind.record.target > 0 && std::uint64_t{kind.record.target} + waiting > ready(kind);
}

Result<Member> StockBook::can_make(const Kind& kind, const NodeRegistry& registry, Millis now) const {
  const auto& device = kind.record.device;
  for (const auto& member : device.compute) {
    SPUD_TRY(registry.reach(member, now));
    auto keeps = keeps_.find(member.identity);
    if (keeps == keeps_.end() || !keeps->second) {
      return fail(ErrorCode::kUnavailable, "keeps no stock", "node " + member.node.str(),
                  "a key for tapes in its configuration", member.party.str());
    }
  }
  return registry.reach_dealer(device, now, kind.failed_dealer);
}

std::vector<TapeOrder> StockBook::due(const NodeRegistry& registry, const WaitingJobs& waiting, Millis now,
                                      std::int64_t unix_millis) {
  // Of a device's kinds first those that jobs wait for, then the one whose turn was longest ago.
  struct Wanted {
    StockName name;
    Member dealer;
  };
  std::map<DeviceId, std::map<std::pair<bool, std::uint64_t>, Wanted>> wanted;
  for (auto& [name, kind] : kinds_) {
    kind.blocked.reset();
    const auto jobs = count(waiting, name);
    if (!needs(kind, jobs)) continue;
    auto dealer = can_make(kind, registry, now);
    if (!dealer) {
      kind.blocked = dealer.error();
      continue;
    }
    if (making_.contains(name.device) || now < kind.not_before) continue;
    wanted[name.device].try_emplace({jobs <= ready(kind), kind.turn}, Wanted{name, *dealer});
  }
  std::vector<TapeOrder> orders;
  for (const auto& [device, kinds] : wanted) {
    const auto& [name, dealer] = kinds.begin()->second;
    auto& kind = kinds_.at(name);
    kind.turn = ++makings_;
    making_[device] = name;
    orders.push_back(
        {name, kind.record.device,
         "stock-" + name.demand.brief() + "-" + std::to_string(unix_millis) + "-" + std::to_string(makings_),
         dealer});
  }
  return orders;
}

StockEffects StockBook::made(const TapeOrder& order, const stock::StockTape& tape) {
  making_.erase(order.kind.device);
  shelf_.made(order.device, tape);
  auto found = kinds_.find(order.kind);
  if (found == kinds_.end() || digest(found->second.record.device) != digest(order.device)) {
    StockEffects effects;
    shelf_.take(tape.id);
    for (const auto& member : order.device.compute) effects.discard.push_back({member, tape.id});
    return effects;
  }
  auto& kind = found->second;
  ++kind.record.made;
  if (kind.record.ordered > 0) --kind.record.ordered;
  kind.problem.reset();
  kind.failures = 0;
  kind.not_before = Millis(0);
  StockEffects effects;
  effects.store.push_back(order.kind);
  return effects;
}

void StockBook::failed(const TapeOrder& order, Error problem, Millis now) {
  making_.erase(order.kind.device);
  auto found = kinds_.find(order.kind);
  if (found == kinds_.end()) return;
  auto& kind = found->second;
  auto pause = kFirstPause;
  for (unsigned i = 0; i < kind.failures && pause < kLongestPause; ++i) pause *= 2;
  ++kind.failures;
  kind.failed_dealer = order.dealer.identity;
  kind.not_before = now + std::min(pause, kLongestPause);
  kind.problem = std::move(problem);
}

std::optional<TapeId> StockBook::take(const Device& device, const Digest& demand,
                                      const AttemptName& attempt) {
  if (auto before = taken_by_.find(attempt); before != taken_by_.end()) return before->second;
  const auto& ready = shelf_.ready(device, demand);
  if (ready.empty()) return std::nullopt;
  const auto tape = *ready.begin();
  shelf_.take(tape);
  taken_by_[attempt] = tape;
  return tape;
}

std::vector<StockLevel> StockBook::levels() {
  std::vector<StockLevel> changes;
  for (auto& [name, kind] : kinds_) {
    const auto target = kind.record.target;
    if (target == 0 || !shelf_.knows(kind.record.device)) continue;
    const auto here = ready(kind);
    StockLevel level{name, kind.record.plan, here, target, false};
    if (here >= target) {
      if (kind.fill == Fill::kFilling) changes.push_back(level);
      kind.fill = Fill::kFilled;
    } else if (2 * std::uint64_t{here} < target && kind.fill != Fill::kFilling) {
      level.low = true;
      changes.push_back(level);
      kind.fill = Fill::kFilling;
    }
  }
  return changes;
}

std::string StockBook::state(const Device& device, const Digest& demand) const {
  auto found = kinds_.find({device.name, demand});
  const auto here = std::to_string(shelf_.ready(device, demand).size()) + " ready";
  if (found == kinds_.end()) return here + ", none ordered";
  const auto& record = found->second.record;
  return here + ", " + std::to_string(record.ordered) + " ordered, target " + std::to_string(record.target);
}

wire::StockKind StockBook::show(const StockName& name, const WaitingJobs& waiting) const {
  wire::StockKind shown;
  shown.device = name.device;
  shown.demand = name.demand;
  auto found = kinds_.find(name);
  if (found == kinds_.end()) return shown;
  const auto& kind = found->second;
  auto making = making_.find(name.device);
  shown.plan = kind.record.plan;
  shown.program = kind.record.program;
  shown.target = kind.record.target;
  shown.ordered = kind.record.ordered;
  shown.making = making != making_.end() && making->second == name;
  shown.ready = ready(kind);
  shown.waiting = count(waiting, name);
  shown.made = kind.record.made;
  shown.problem = kind.blocked ? kind.blocked : kind.problem;
  return shown;
}

Result<wire::StockKind> StockBook::show_order(const std::string& id, const WaitingJobs& waiting) const {
  const auto* order = orders_.find(id);
  const auto* kind = order == nullptr ? nullptr : find({order->device, order->demand});
  // What is made and ordered only grows: one that has less was begun anew, without this order.
  if (kind == nullptr || kind->made + kind->ordered < order->made_at_order) {
    return fail(ErrorCode::kNotFound, "its plan was dropped since", "order " + id, {}, {},
                "order again, under another name");
  }
  auto shown = show({order->device, order->demand}, waiting);
  shown.made_at_order = order->made_at_order;
  return shown;
}

wire::StockKinds StockBook::list(const WaitingJobs& waiting) const {
  wire::StockKinds kinds;
  for (const auto& [name, kind] : kinds_) kinds.push_back(show(name, waiting));
  return kinds;
}

wire::StockKinds StockBook::list(const crypto::Identity& caller, const WaitingJobs& waiting) const {
  wire::StockKinds kinds;
  for (const auto& [name, kind] : kinds_) {
    if (may_use(caller, kind.record.device)) kinds.push_back(show(name, waiting));
  }
  return kinds;
}

const wire::StockKindRecord* StockBook::find(const StockName& name) const {
  auto found = kinds_.find(name);
  return found == kinds_.end() ? nullptr : &found->second.record;
}

}  // namespace spud::service::scheduler
