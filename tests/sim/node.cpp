// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/node.hpp"

#include "base/limits.hpp"
#include "io/split.hpp"
#include "system/crypto/sha256.hpp"
#include "system/store/key.hpp"
#include "tests/sim/dealer.hpp"
#include "tests/sim/pki.hpp"
#include "tests/sim/scheduler.hpp"

namespace spud::sim {

namespace {

constexpr Millis kHeartbeat{1000};
constexpr Millis kSweep{5000}, kTend{60'000};
constexpr Millis kTtl{150'000};

metrics::Registry& registry() {
  static metrics::Registry one{{"simulated", "node"}};
  return one;
}

}  // namespace

Bytes program_bytes() {
  const auto text = as_bytes("out k = (k + 1) * sum of inputs");
  return {text.begin(), text.end()};
}

Digest program_digest() {
  static const auto digest = crypto::sha256(program_bytes());
  return digest;
}

Digest demand_of(const Device& device) {
  return service::digest_fields("demand", {{"device", device.name.str()}});
}

Node::Node(World& world, crypto::Identity identity, std::filesystem::path home, const Directory& directory)
    : Process(world, std::move(identity), std::move(home)), directory_(directory) {}

Status Node::open() {
  SPUD_ASSIGN(store_, actors::NodeStore::open(folder_ / "main", on_disk()));
  std::vector<Seed> keys;
  Seed& key = keys.emplace_back();
  key.writable()[0] = std::byte{7};
  SPUD_ASSIGN(vault_, stock::TapeVault::open(folder_ / "stock", stock::StockKeys::of(std::move(keys)),
                                             {1ull << 20, kTtl, 0}, clock_, world_.random, on_disk()));
  if (vault_->recovered().copied) world_.note(name() + ": its stock is a copy");
  setup_.reset(new actors::NodeSetup{context_of(identity()),
                                     *store_,
                                     clock_,
                                     world_.random,
                                     registry(),
                                     {},
                                     directory_.scheduler->identity(),
                                     Millis(100),
                                     Millis(1000),
                                     false,
                                     vault_.get()});
  desk_ = std::make_unique<actors::ShareDesk>(*setup_);
  SPUD_TRY(desk_->load());
  announce();
  after(kSweep, [this] { sweep(); });
  after(kTend, [this] { tend(); });
  return {};
}

void Node::close() {
  making_.clear();
  running_.clear();
  holders_.clear();
  done_ranks_.clear();
  recipients_.clear();
  dealt_before_.clear();
  desk_.reset();
  setup_.reset();
  vault_.reset();
  store_.reset();
}

Status Node::disown(const std::string& store) {
  if (store == "main") return {};
  SPUD_TRY(stock::TapeVault::disown(folder_ / "stock", clock_, on_disk()));
  return {};
}

bool Node::must(const Status& status, const char* what) {
  if (status || dying()) return !dying();
  if (disk_has_failed()) {
    world_.note(name() + " cannot " + what + ": its disk has failed");
    return false;
  }
  world_.oracle.object(name() + " cannot " + what + ": " + status.error().message());
  return false;
}

void Node::announce() {
  const wire::SchedulerRequest said{
      wire::Announce{"host:1", "7", false, true, vault_->ready_tapes(limits::kStockTapesPerMessage)}};
  ask_scheduler<wire::Heartbeat>(world_, *this, *directory_.scheduler, "announce", kHeartbeat, said,
                                 [](const Result<wire::Heartbeat>&) {});
  after(kHeartbeat, [this] { announce(); });
}

void Node::sweep() {
  const auto before = vault_->list().size();
  if (must(vault_->sweep(), "sweep")) world_.tally.expired += before - vault_->list().size();
  after(kSweep, [this] { sweep(); });
}

void Node::tend() {
  must(desk_->expire(), "expire uploads");
  after(kTend, [this] { tend(); });
}

void Node::serve(const crypto::Identity& caller, const Frame& frame, const Reply& reply) {
  auto request = read_head<wire::NodeRequest>(world_.oracle, frame, wire::decode_node_request);
  if (!request) return answer<wire::Done>(reply, std::unexpected(request.error()));
  const auto payload = std::make_shared<const Bytes>(frame.payload);
  const auto on = [&](const auto& known) {
    using Known = std::decay_t<decltype(known)>;
    if constexpr (std::is_same_v<Known, wire::PrepareUpload>) {
      answer(reply, desk_->prepare(caller, known, payload));
    } else if constexpr (std::is_same_v<Known, wire::UploadChunk>) {
      auto state = desk_->chunk(caller, known, payload);
      if (!state && state.error().code == ErrorCode::kBadInput && world_.defect == Defect::kAnyBytes) {
        const store::Key key(known.upload.str());
        (void)store_->shares->put_chunk(key, 0, *payload);
        (void)store_->shares->commit(key, crypto::sha256(*payload), store::Durability::kSynced);
        return die_here("the end of an upload");  // the desk learns what its store has when it starts
      }
      answer(reply, std::move(state));
    } else if constexpr (std::is_same_v<Known, wire::CommitUpload>) {
      forget_to_sync(world_.defect == Defect::kUploadUnsynced);
      auto done = desk_->commit(caller, known);
      forget_to_sync(false);
      answer(reply, std::move(done));
    } else if constexpr (std::is_same_v<Known, wire::AbortUpload>) {
      answer(reply, desk_->abort(caller, known));
    } else if constexpr (std::is_same_v<Known, wire::ShowData>) {
      answer(reply, desk_->show(caller, known));
    } else if constexpr (std::is_same_v<Known, wire::DropData>) {
      answer(reply, desk_->drop(caller, known));
    } else if constexpr (std::is_same_v<Known, wire::BlobChunk>) {
      answer(reply, desk_->blob(caller, known, payload));
    } else if constexpr (std::is_same_v<Known, wire::PrepareAttempt>) {
      prepare(caller, known, reply);
    } else if constexpr (std::is_same_v<Known, wire::ReserveTape>) {
      reserve(caller, known, reply);
    } else if constexpr (std::is_same_v<Known, wire::StartAttempt>) {
      start_attempt(caller, known, reply);
    } else if constexpr (std::is_same_v<Known, wire::AwaitAttempt>) {
      // The actor answers once the attempt has ended or a while has passed; here the scheduler asks again.
      answer<wire::AttemptStatus>(reply, desk_->status(known));
    } else if constexpr (std::is_same_v<Known, wire::CancelAttempt>) {
      cancel(caller, known, reply);
    } else if constexpr (std::is_same_v<Known, wire::FetchResult>) {
      fetch(caller, known, reply);
    } else if constexpr (std::is_same_v<Known, wire::MakeTape>) {
      make_tape(known, reply);
    } else if constexpr (std::is_same_v<Known, wire::DiscardTape>) {
      if (must(vault_->discard(known.tape), "discard a tape")) answer<wire::Done>(reply, wire::Done{});
    } else {
      world_.oracle.object("nobody asks this in a simulation");
    }
  };
  std::visit(on, *request);
}

// ---- for the end of a simulation

std::size_t Node::tapes_reserved() const {
  std::size_t count = 0;
  for (const auto& tape : vault_->list()) count += tape.state == stock::TapeState::kReserved;
  return count;
}

std::optional<std::string> Node::lacks(const service::Statement& statement, const Device& device) const {
  const auto owner = identity_of(statement.owner.str(), crypto::Role::kClient, "somebody");
  auto shown = desk_->show(owner, {statement.dataset, digest(device)});
  if (!shown) return shown.error().message();
  if (shown->front().statement.upload != statement.upload) return "another upload lies there";
  const auto rank = *device.rank_of(identity().uri());
  const bool seeded = !statement.keeper && index(rank) + 1 < device.parties();
  auto share = desk_->load_share({{statement.upload, statement, rank, seeded}});
  if (!share) return share.error().message();
  if (statement.keeper) {
    auto blob = store_->shares->find(store::Key(statement.upload.str()));
    if (!blob || !*blob) return "what it keeps is gone";
    const bool right = (*blob)->digest == statement.shares[index(rank)] &&
                       (*blob)->bytes == service::bytes_at(statement, rank);
    return right ? std::nullopt : std::optional<std::string>("it keeps another thing");
  }
  if (io::share_digest(std::get<alu::StoredShare>(**share)) != statement.shares[index(rank)])
    return "its share is another";
  return std::nullopt;
}

bool Node::has_dataset(const DatasetId& name, const Device& device, const PartyId& owner) const {
  return desk_->show(identity_of(owner.str(), crypto::Role::kClient, "somebody"), {name, digest(device)})
      .has_value();
}

Result<std::vector<std::string>> Node::left_over() const {
  std::vector<std::string> all;
  std::set<std::string> known;
  auto& rows = *store_->rows;
  SPUD_TRY(rows.scan(rows.family("uploads"), {}, [&](ByteView, ByteView row) -> Result<store::Walk> {
    SPUD_ASSIGN(auto record, wire::decode_upload_record(row));
    const auto upload = record.statement.upload.str();
    known.insert(upload);
    if (!record.committed) all.push_back("upload " + upload + ", which was not committed");
    SPUD_ASSIGN(auto blob, store_->shares->find(store::Key(upload)));
    if (record.statement.keeper && *record.statement.keeper != record.rank && blob && blob->bytes > 0)
      all.push_back("private data of another party, in upload " + upload);
    return store::Walk::kContinue;
  }));
  SPUD_TRY(store_->shares->list([&](ByteView key, const store::BlobInfo&) -> Status {
    SPUD_ASSIGN(auto upload, store::KeyReader(key).text());
    if (!known.contains(upload)) all.push_back("the share of upload " + upload + ", which is gone");
    return {};
  }));
  return all;
}

}  // namespace spud::sim
