// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/dealer.hpp"

#include "base/crash_point.hpp"
#include "service/stock/piece_hash.hpp"
#include "system/crypto/sha256.hpp"
#include "system/store/epoch.hpp"
#include "system/store/key.hpp"
#include "tests/sim/scheduler.hpp"

namespace spud::sim {

namespace {

constexpr Millis kHeartbeat{1000};
constexpr Millis kTogether{8000};  // in which all nodes must come
constexpr Millis kDealing{50};     // what is opened comes before what is dealt
const std::vector<std::string> kFamilies{"dealt", "number", "epoch"};

}  // namespace

Dealer::Dealer(World& world, crypto::Identity identity, std::filesystem::path home,
               const Directory& directory)
    : Process(world, std::move(identity), std::move(home)), directory_(directory) {}

Status Dealer::open() {
  SPUD_ASSIGN(store_, store::Store::open(folder_, kFamilies, on_disk()));
  SPUD_ASSIGN(auto epoch, store::enter_epoch(*store_, store_->family("epoch"), clock_));
  if (epoch.copied) world_.note(name() + ": its data is a copy");
  SPUD_TRY(store_->scan(store_->family("dealt"), {}, [&](ByteView key, ByteView) -> Result<store::Walk> {
    SPUD_ASSIGN(auto attempt, store::KeyReader(key).text());
    ledger_.reload(attempt);
    return store::Walk::kContinue;
  }));
  SPUD_ASSIGN(auto row, store_->get(store_->family("number"), store::Key("last")));
  numbers_ = {identity(), epoch.number, row ? get_u64(*row) : 0};
  announce();
  return {};
}

void Dealer::close() {
  live_.clear();
  kept_.clear();
  ledger_ = {};
  store_.reset();
}

Status Dealer::disown(const std::string&) {
  SPUD_ASSIGN(auto store, store::Store::open(folder_, kFamilies, on_disk()));
  return store::raise_epoch(*store, store->family("epoch"), clock_);
}

void Dealer::announce() {
  ask_scheduler<wire::Heartbeat>(world_, *this, *directory_.scheduler, "announce", kHeartbeat,
                                 wire::Announce{"host:2", "", false, false, {}},
                                 [](const Result<wire::Heartbeat>&) {});
  after(kHeartbeat, [this] { announce(); });
}

void Dealer::serve(const crypto::Identity& caller, const Frame& frame, const Reply& reply) {
  auto request = read_head<wire::DealerRequest>(world_.oracle, frame, wire::decode_dealer_request);
  if (!request || mute_ || !std::holds_alternative<wire::OpenTape>(*request)) return;
  open_live(caller, std::get<wire::OpenTape>(*request), [this, reply](Result<Grant> grant) {
    if (dying()) return;
    if (!grant)
      return say<wire::DealerAnswer>(reply, Result<wire::TapeOpened>(std::unexpected(grant.error())));
    auto all = grant->seed;
    all.insert(all.end(), grant->corrections.begin(), grant->corrections.end());
    say<wire::DealerAnswer>(reply, Result<wire::TapeOpened>(wire::TapeOpened{grant->name}), std::move(all));
  });
}

void Dealer::stock_asked(Node& node, const std::string& order, const Device& device, Rank rank,
                         const Frame& said) {
  auto request = read_head<wire::DealerRequest>(world_.oracle, said, wire::decode_dealer_request);
  if (!request || mute_) return;
  if (const auto* open = std::get_if<wire::OpenTape>(&*request)) {
    open_stock(node, *open);
  } else if (const auto* tape = std::get_if<wire::TapeStored>(&*request)) {
    stored(order, device, rank, tape->digest);
  }
}

Result<std::optional<TapeId>> Dealer::enter(const wire::OpenTape& open) {
  const auto key = service::dealer::attempt_key(open);
  SPUD_TRY(ledger_.enter(key));
  store::Batch batch;
  batch.put(store_->family("dealt"), store::Key(key), {});
  std::optional<TapeId> tape;
  if (open.stock) {
    tape = numbers_.next();
    Bytes number;
    put_u64(number, tape->sequence);
    if (world_.defect != Defect::kNumbersReused)
      batch.put(store_->family("number"), store::Key("last"), number);
  }
  crash_point("dealer.enter.before");
  SPUD_TRY(store_->write(std::move(batch), store::Durability::kSynced));
  crash_point("dealer.enter.after");
  return tape;
}

Result<std::vector<Dealer::Grant>> Dealer::draw(const Device& device, const std::string& name) {
  std::vector<Grant> grants;
  std::vector<std::pair<std::string, Part>> parts;
  for (unsigned i = 0; i < device.parties(); ++i) {
    auto& grant = grants.emplace_back();
    SPUD_ASSIGN(auto seed, world_.random.seed());
    grant.seed.assign(seed.view().begin(), seed.view().end());
    if (i + 1 == device.parties()) {
      grant.corrections.resize(40);
      SPUD_TRY(world_.random.fill(grant.corrections));
    }
  }
  const auto called = name.empty() ? crypto::sha256(grants.front().seed).hex() : name;
  for (unsigned i = 0; i < device.parties(); ++i) {
    auto& grant = grants[i];
    grant.name = called;
    parts.push_back({device.compute[i].party.str(),
                     {crypto::sha256(grant.seed),
                      grant.corrections.empty() ? Digest{} : crypto::sha256(grant.corrections)}});
  }
  world_.oracle.dealt(called, std::move(parts));
  world_.tally.second_dealings += device.dealers.front().identity != identity().uri();
  return grants;
}

void Dealer::open_live(const crypto::Identity& caller, const wire::OpenTape& open,
                       const Answer<Grant>& answer) {
  if (auto known = service::dealer::check_members(caller, identity().uri(), open); !known)
    return answer(std::unexpected(known.error()));
  const auto key = service::dealer::attempt_key(open);
  if (ledger_.contains(key)) return answer(fail(ErrorCode::kConflict, "this attempt was dealt to before"));
  auto [found, fresh] =
      live_.try_emplace(key, Live{service::dealer::TapeState(open, world_.now() + kTogether), {}});
  const auto fail_all = [this, key](const Error& problem) {
    const auto parted = live_.extract(key);
    if (parted.empty()) return;
    for (const auto& [rank, waiter] : parted.mapped().waiters) waiter(std::unexpected(problem));
  };
  if (fresh) {
    after(kTogether, [this, key, fail_all] {
      auto late = live_.find(key);
      if (late == live_.end()) return;
      if (auto complete = late->second.state.check(world_.now()); !complete) fail_all(complete.error());
    });
  }
  auto step = found->second.state.join(caller, open);
  found->second.waiters.push_back({open.rank, answer});
  if (!step) return fail_all(step.error());
  if (*step != service::dealer::TapeState::Step::kDeal) return;
  auto entered = enter(open);
  if (dying()) return;
  if (!entered) return fail_all(entered.error());
  auto grants = draw(open.device, {});
  if (!grants) return fail_all(grants.error());
  const auto together = live_.extract(key);
  for (const auto& [rank, waiter] : together.mapped().waiters) waiter((*grants)[index(rank)]);
}

void Dealer::open_stock(Node& node, const wire::OpenTape& open) {
  const auto& order = open.job.str();
  const auto refuse = [&](const Error& problem) {
    tell(node, order, "refused " + order + ": " + problem.message(), problem);
  };
  if (auto known = service::dealer::check_members(node.identity(), identity().uri(), open); !known)
    return refuse(known.error());
  const auto key = service::dealer::attempt_key(open);
  if (auto found = kept_.find(order); found != kept_.end() && found->second.here.contains(open.rank))
    return;  // the same words on the same connection
  if (ledger_.contains(key))
    return refuse(Error{ErrorCode::kConflict, "this order was dealt to before", "", "", "", ""});
  auto [found, fresh] =
      kept_.try_emplace(order, Kept{service::dealer::TapeState(open, world_.now() + kTogether),
                                    service::dealer::Stocking(open.device.parties()),
                                    open.device,
                                    {}});
  auto& kept = found->second;
  kept.here.insert(open.rank);
  if (const auto& failure = kept.stocking.failure()) return refuse(*failure);
  if (fresh) {
    after(kTogether, [this, order] {
      auto late = kept_.find(order);
      if (late == kept_.end()) return;
      if (auto complete = late->second.state.check(world_.now()); !complete) give_up(order, complete.error());
    });
  }
  auto step = kept.state.join(node.identity(), open);
  if (!step) return give_up(order, step.error());
  if (*step != service::dealer::TapeState::Step::kDeal) return;
  auto entered = enter(open);
  if (dying()) return;
  if (!entered) return give_up(order, entered.error());
  deal(order, **entered, kept);
}

void Dealer::deal(const std::string& order, const TapeId& tape, Kept& kept) {
  auto grants = draw(kept.device, tape.str());
  if (!grants) return give_up(order, grants.error());
  const auto& corrections = grants->back().corrections;
  const wire::StockEnd end{corrections.size(),
                           stock::tape_digest(tape, demand_of(kept.device), stock::hash_pieces(corrections))};
  for (unsigned i = 0; i < kept.device.parties(); ++i) {
    auto* node = directory_.nodes.at(kept.device.compute[i].identity);
    const auto& grant = (*grants)[i];
    tell(*node, order, "opened " + order + " as " + tape.str(), wire::StockOpened{tape}, grant.seed);
    after(kDealing, [this, node, order, end, corrections = grant.corrections] {
      tell(*node, order, "dealt " + order, end, corrections);
    });
  }
  kept.stocking.dealt(end);
}

void Dealer::tell(Node& node, const std::string& order, const std::string& what,
                  const wire::DealerAnswer& answer, Bytes payload) {
  world_.send(
      *this, node, what, {wire::encode(answer), std::move(payload)},
      [to = &node, order](const Frame& said) { to->dealer_said(order, said); }, "stock " + order);
}

void Dealer::tell_all(const Device& device, const std::string& order, const std::string& what,
                      const wire::DealerAnswer& answer) {
  for (const auto& member : device.compute) tell(*directory_.nodes.at(member.identity), order, what, answer);
}

void Dealer::stored(const std::string& order, const Device& device, Rank rank, const Digest& tape) {
  auto found = kept_.find(order);
  if (found == kept_.end()) {
    return tell_all(device, order, "does not know " + order,
                    Error{ErrorCode::kNotFound, "the dealer does not know the order", "", "", "", ""});
  }
  auto& stocking = found->second.stocking;
  if (auto taken = stocking.stored(rank, tape); !taken) return give_up(order, taken.error());
  if (!stocking.ready()) return;
  tell_all(device, order, "ready " + order, wire::TapeReady{});
}

void Dealer::left(const std::string& order, const Error& problem) {
  auto found = kept_.find(order);
  if (found == kept_.end() || found->second.stocking.ready()) return;
  give_up(order, problem);
}

void Dealer::give_up(const std::string& order, const Error& problem) {
  auto found = kept_.find(order);
  if (found == kept_.end() || found->second.stocking.failure()) return;
  found->second.stocking.fail(problem);
  const auto device = found->second.device;
  tell_all(device, order, "no tape for " + order + ": " + problem.message(), problem);
}

}  // namespace spud::sim
