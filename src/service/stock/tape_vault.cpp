// SPDX-License-Identifier: Apache-2.0
#include "service/stock/tape_vault.hpp"

#include <algorithm>
#include <system_error>

#include "base/crash_point.hpp"
#include "base/limits.hpp"
#include "service/stock/tape_intake.hpp"
#include "system/store/epoch.hpp"
#include "system/store/key.hpp"

namespace spud::service::stock {

namespace {

const std::vector<std::string> kFamilies{"ledger", "marks", "heads", "tapes", "demands", "vault"};
/// What must stay free on the disk besides a tape that is taken in.
constexpr std::uint64_t kSpareBytes = 256ull << 20;

std::string where(const TapeId& id) {
  return "tape " + id.str();
}

Result<std::unique_ptr<store::Store>> open_store(const std::filesystem::path& folder,
                                                 store::StoreOptions options) {
  return store::Store::open(folder, kFamilies, options);
}

}  // namespace

TapeVault::TapeVault(std::unique_ptr<store::Store> store, StockKeys keys, VaultLimits limits,
                     const Clock& clock, Random& random, std::uint64_t epoch)
    : store_(std::move(store)),
      keys_(std::move(keys)),
      limits_(limits),
      clock_(clock),
      random_(random),
      commit_(*store_),
      ledger_(epoch) {}

Result<std::unique_ptr<TapeVault>> TapeVault::open(const std::filesystem::path& folder, StockKeys keys,
                                                   VaultLimits limits, const Clock& clock, Random& random,
                                                   store::StoreOptions options) {
  SPUD_ASSIGN(auto store, open_store(folder, options));
  SPUD_ASSIGN(auto life, store::enter_epoch(*store, store->family("vault"), clock));
  std::unique_ptr<TapeVault> vault(
      new TapeVault(std::move(store), std::move(keys), limits, clock, random, life.number));
  vault->recovered_.copied = life.copied;
  SPUD_TRY(vault->load());
  SPUD_TRY(vault->rewrap());
  SPUD_TRY(vault->sweep());
  return vault;
}

Result<std::size_t> TapeVault::disown(const std::filesystem::path& folder, const Clock& clock,
                                      store::StoreOptions options) {
  SPUD_ASSIGN(auto store, open_store(folder, options));
  std::size_t tapes = 0;
  SPUD_TRY(store->scan(store->family("ledger"), {}, [&](ByteView, ByteView) -> Result<store::Walk> {
    ++tapes;
    return store::Walk::kContinue;
  }));
  // The lines go at the next start, when their epoch is seen to be an earlier one.
  SPUD_TRY(store::raise_epoch(*store, store->family("vault"), clock));
  return tapes;
}

Status TapeVault::load() {
  SPUD_TRY(store_->scan(family("ledger"), {}, [&](ByteView, ByteView row) -> Result<store::Walk> {
    SPUD_ASSIGN(auto line, wire::decode_tape_line(row));
    ledger_.reload(std::move(line));
    return store::Walk::kContinue;
  }));
  SPUD_TRY(store_->scan(family("marks"), {}, [&](ByteView key, ByteView row) -> Result<store::Walk> {
    SPUD_ASSIGN(auto source, store::KeyReader(key).text());
    SPUD_ASSIGN(auto mark, wire::decode_tape_mark(row));
    ledger_.reload(source, mark);
    return store::Walk::kContinue;
  }));
  SPUD_TRY(store_->scan(family("demands"), {}, [&](ByteView key, ByteView demand) -> Result<store::Walk> {
    Digest digest;
    if (key.size() != digest.bytes.size())
      return fail(ErrorCode::kCorrupt, "a demand under no digest", "stock");
    std::ranges::copy(key, digest.bytes.begin());
    demands_[digest] = demand.size();
    return store::Walk::kContinue;
  }));
  return commit("vault.recover", [&]() -> Result<LedgerChange> {
    auto change = ledger_.recover();
    recovered_.burnt = change.put.size();
    return change;
  });
}

/// Seals the heads of usable tapes anew where the first key has changed. A tape that no key opens is burnt.
Status TapeVault::rewrap() {
  for (const auto& tape : ledger_.list()) {
    if (tape.state != TapeState::kReady) continue;
    SPUD_ASSIGN(auto row, store_->get(family("heads"), tape_key(tape.id)));
    if (!row) return fail(ErrorCode::kCorrupt, "a ready tape has no head", where(tape.id));
    SPUD_ASSIGN(auto head, wire::decode_tape_head(*row));
    if (keys_.current(head)) continue;
    auto secrets = keys_.open(tape.id, head);
    if (!secrets) {
      SPUD_TRY(discard(tape.id));
      ++recovered_.burnt;
      continue;
    }
    SPUD_ASSIGN(auto fresh, keys_.seal(tape.id, *secrets, random_));
    SPUD_TRY(
        store_->put(family("heads"), tape_key(tape.id), wire::encode(fresh), store::Durability::kSynced));
  }
  return {};
}

store::Batch TapeVault::batch_of(const LedgerChange& change) const {
  store::Batch batch;
  for (const auto& line : change.put) {
    batch.put(family("ledger"), tape_key(line.tape.id), wire::encode(line));
    // With its head goes the only way to what a burnt tape holds.
    if (line.tape.state == TapeState::kBurnt) batch.erase(family("heads"), tape_key(line.tape.id));
  }
  for (const auto& id : change.erase) batch.erase(family("ledger"), tape_key(id));
  for (const auto& [source, mark] : change.marks)
    batch.put(family("marks"), store::Key(source), wire::encode(mark));
  return batch;
}

Status TapeVault::commit(const char* label, const std::function<Result<LedgerChange>()>& decide,
                         store::Batch also) {
  std::uint64_t burns = 0;
  crash_point((std::string(label) + ".before").c_str());
  SPUD_TRY(commit_.run([&]() -> Result<store::Batch> {
    SPUD_ASSIGN(auto change, decide());
    for (const auto& line : change.put) burns += line.tape.state == TapeState::kBurnt;
    auto batch = batch_of(change);
    batch.add(std::move(also));
    return batch;
  }));
  burnt_ += burns;
  crash_point((std::string(label) + ".after").c_str());
  return {};
}

Result<std::unique_ptr<TapeIntake>> TapeVault::begin(const TapeId& id, const Digest& device,
                                                     const Digest& demand, const Seed& seed,
                                                     std::uint64_t expected_bytes) {
  std::error_code error;
  const auto disk = std::filesystem::space(store_->folder(), error);
  if (!error && disk.available < expected_bytes + kSpareBytes) {
    return fail(ErrorCode::kResource, "the disk has " + std::to_string(disk.available) + " bytes left",
                where(id), std::to_string(expected_bytes + kSpareBytes) + " for it and to spare");
  }
  SPUD_ASSIGN(auto tape_key_seed, random_.seed());
  StockKeys::Secrets secrets{tape_key_seed.clone(), seed.clone()};
  SPUD_ASSIGN(auto head, keys_.seal(id, secrets, random_));
  store::Batch also;
  also.put(family("heads"), tape_key(id), wire::encode(head));
  SPUD_TRY(commit(
      "vault.begin",
      [&]() -> Result<LedgerChange> {
        std::uint64_t taken = expected_bytes;
        for (const auto& tape : ledger_.list()) taken += tape.bytes;
        for (const auto& [other, bytes] : expected_) taken += bytes;
        if (taken > limits_.bytes) {
          return fail(ErrorCode::kResource, "stock would take " + std::to_string(taken) + " bytes", where(id),
                      "stock.bytes: " + std::to_string(limits_.bytes) + " at most", {},
                      "burn tapes that nobody needs with: spud stock drop");
        }
        SPUD_ASSIGN(auto change, ledger_.begin(id, device, demand, unix_millis()));
        expected_[id] = expected_bytes;
        in_use_.insert(id);
        return change;
      },
      std::move(also)));
  return std::unique_ptr<TapeIntake>(new TapeIntake(*this, id, demand, tape_key_seed));
}

Status TapeVault::made(const TapeId& id, const Digest& digest, std::uint64_t bytes) {
  return commit("vault.made", [&] { return ledger_.made(id, digest, bytes); });
}

Status TapeVault::ready(const TapeId& id) {
  return commit("vault.ready", [&] { return ledger_.ready(id); });
}

Result<Fields> TapeVault::reserve(const Claim& claim, const TapeId& id, const Digest& device,
                                  const Digest& demand) {
  SPUD_TRY(commit("vault.reserve", [&] { return ledger_.reserve(claim, id, device, demand); }));
  Fields fields;
  Status named;
  commit_.look([&] {
    const auto* tape = ledger_.find(id);
    auto line = ledger_.digest(id);
    if (tape == nullptr || !line) {
      named = fail(ErrorCode::kConflict, "it was given up meanwhile", where(id));
      return;
    }
    // Whoever finds a difference in one of these says which tape it is about.
    fields = {{"tape", id.str()},
              {"digest of tape " + id.str(), tape->digest.hex()},
              {"ledger of tape " + id.str(), line->hex()}};
  });
  if (!named) return std::unexpected(std::move(named).error());
  return fields;
}

Result<StockKeys::Secrets> TapeVault::secrets_of(const TapeId& id) const {
  SPUD_ASSIGN(auto row, store_->get(family("heads"), tape_key(id)));
  if (!row) return fail(ErrorCode::kNotFound, "this node does not keep it", where(id));
  SPUD_ASSIGN(auto head, wire::decode_tape_head(*row));
  return keys_.open(id, head);
}

Result<std::unique_ptr<StoredTape>> TapeVault::burn(const Claim& claim, const TapeId& id) {
  // The burn erases the head, so what it holds is read before, and forgotten if the burn is refused.
  SPUD_ASSIGN(auto secrets, secrets_of(id));
  std::optional<StockTape> tape;
  SPUD_TRY(commit("vault.burn", [&]() -> Result<LedgerChange> {
    SPUD_ASSIGN(auto change, ledger_.burn(claim, id));
    tape = *ledger_.find(id);
    in_use_.insert(id);
    return change;
  }));
  return std::unique_ptr<StoredTape>(new StoredTape(*this, *tape, std::move(secrets)));
}

Status TapeVault::discard(const TapeId& id) {
  return commit("vault.discard", [&]() -> Result<LedgerChange> { return ledger_.discard(id); });
}

Status TapeVault::release(const JobId& job, std::uint32_t attempt) {
  return commit("vault.release", [&]() -> Result<LedgerChange> { return ledger_.release(job, attempt); });
}

Status TapeVault::erase(const TapeId& id) {
  const auto prefix = tape_key(id);
  SPUD_TRY(
      store_->erase_range(family("tapes"), prefix, store::end_of_prefix(prefix), store::Durability::kSynced));
  return commit("vault.erase", [&] { return ledger_.erased(id); });
}

Status TapeVault::sweep() {
  if (limits_.ttl > Millis(0)) {
    SPUD_TRY(commit("vault.expire", [&]() -> Result<LedgerChange> {
      // A clock that was wrong when the vault was opened, and has been set right, burns none either.
      return ledger_.expire(std::min(unix_millis(), clock_.unix_millis()) - limits_.ttl.count());
    }));
  }
  std::vector<TapeId> burnt;
  commit_.look([&] {
    for (const auto& tape : ledger_.list()) {
      if (tape.state == TapeState::kBurnt && !in_use_.contains(tape.id)) burnt.push_back(tape.id);
    }
  });
  for (const auto& id : burnt) SPUD_TRY(erase(id));
  return {};
}

void TapeVault::returned(const TapeId& id) {
  bool burnt = false;
  commit_.look([&] {
    in_use_.erase(id);
    expected_.erase(id);
    const auto* tape = ledger_.find(id);
    burnt = tape != nullptr && tape->state == TapeState::kBurnt;
  });
  // What cannot be erased now is erased by the next sweep.
  if (burnt) (void)erase(id);
}

StockTapes TapeVault::list() const {
  StockTapes tapes;
  commit_.look([&] { tapes = ledger_.list(); });
  return tapes;
}

StockTapes TapeVault::ready_tapes(std::size_t most) const {
  StockTapes tapes = list();
  std::erase_if(tapes, [](const StockTape& tape) { return tape.state != TapeState::kReady; });
  if (tapes.size() > most) tapes.resize(most);
  return tapes;
}

std::uint64_t TapeVault::bytes() const {
  std::uint64_t total = 0;
  for (const auto& tape : list()) total += tape.bytes;
  return total;
}

Status TapeVault::keep_demand(const Digest& digest, ByteView demand) {
  std::lock_guard lock(demands_mutex_);
  if (demands_.contains(digest)) return {};
  SPUD_TRY(make_room_for_demand(demand.size()));
  SPUD_TRY(store_->put(family("demands"), digest.bytes, demand, store::Durability::kSynced));
  demands_[digest] = demand.size();
  return {};
}

// Under demands_mutex_.
Status TapeVault::make_room_for_demand(std::size_t bytes) {
  const auto fits = [&] {
    std::size_t total = bytes;
    for (const auto& [digest, size] : demands_) total += size;
    return demands_.size() < limits::kDemandsPerNode && total <= limits::kDemandBytesPerNode;
  };
  if (fits()) return {};
  std::set<Digest> needed;
  for (const auto& tape : list()) needed.insert(tape.demand);
  store::Batch batch;
  std::erase_if(demands_, [&](const auto& entry) {
    if (needed.contains(entry.first)) return false;
    batch.erase(family("demands"), entry.first.bytes);
    return true;
  });
  SPUD_TRY(store_->write(std::move(batch), store::Durability::kSynced));
  if (fits()) return {};
  return fail(ErrorCode::kResource, "there are tapes of too many plans", "stock",
              std::to_string(limits::kDemandsPerNode) + " plans at most", {},
              "burn tapes that nobody needs with: spud stock drop");
}

Result<std::optional<Bytes>> TapeVault::demand(const Digest& digest) const {
  return store_->get(family("demands"), digest.bytes);
}

}  // namespace spud::service::stock
