// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/node.hpp"

#include "base/check.hpp"
#include "base/crash_point.hpp"
#include "base/limits.hpp"
#include "service/node/manifest.hpp"
#include "system/crypto/sha256.hpp"
#include "system/store/key.hpp"
#include "tests/sim/dealer.hpp"
#include "tests/sim/scheduler.hpp"

namespace spud::sim {

namespace {

constexpr Millis kHeartbeat{1000};
constexpr Millis kGreeting{400};
constexpr Millis kSilence{10'000};      // a session whose peers do not come, a tape that does not get ready
constexpr Millis kPreparedFor{30'000};  // an attempt that nobody starts
constexpr Millis kSweep{5000};
constexpr Millis kTtl{150'000};

}  // namespace

Digest demand_of(const Device& device) {
  return service::digest_fields("demand", {{"device", device.name.str()}});
}

Node::Node(World& world, crypto::Identity identity, std::filesystem::path home, const Directory& directory)
    : Process(world, std::move(identity), std::move(home)), directory_(directory) {}

Status Node::open() {
  SPUD_ASSIGN(store_, store::Store::open(folder_ / "main", {"attempts", "burns"}, on_disk()));
  std::vector<wire::AttemptRecord> interrupted;
  SPUD_TRY(store_->scan(store_->family("attempts"), {}, [&](ByteView, ByteView row) -> Result<store::Walk> {
    SPUD_ASSIGN(auto record, wire::decode_attempt_record(row));
    if (auto changed = book_.reload(std::move(record))) interrupted.push_back(std::move(*changed));
    return store::Walk::kContinue;
  }));
  SPUD_TRY(store_->scan(store_->family("burns"), {}, [&](ByteView key, ByteView) -> Result<store::Walk> {
    SPUD_ASSIGN(auto tape, store::KeyReader(key).text());
    book_.reload_burn(tape);
    return store::Walk::kContinue;
  }));
  for (const auto& record : interrupted) SPUD_TRY(store_attempt(record));
  std::vector<Seed> keys;
  Seed& key = keys.emplace_back();
  key.writable()[0] = std::byte{7};
  SPUD_ASSIGN(vault_, stock::TapeVault::open(folder_ / "stock", stock::StockKeys::of(std::move(keys)),
                                             {1ull << 20, kTtl, 0}, world_.clock, world_.random, on_disk()));
  if (vault_->recovered().copied) world_.note(name() + ": its stock is a copy");
  announce();
  after(kSweep, [this] { sweep(); });
  return {};
}

void Node::close() {
  making_.clear();
  running_.clear();
  holders_.clear();
  done_ranks_.clear();
  book_ = {};
  vault_.reset();
  store_.reset();
}

Status Node::disown(const std::string& store) {
  if (store == "main") return {};
  SPUD_TRY(stock::TapeVault::disown(folder_ / "stock", world_.clock, on_disk()));
  return {};
}

bool Node::must(const Status& status, const char* what) {
  if (status || dying()) return !dying();
  world_.oracle.object(name() + " cannot " + what + ": " + status.error().message());
  return false;
}

void Node::announce() {
  wire::Announce said{"host:1", "7", false, true, vault_->ready_tapes(limits::kStockTapesPerMessage)};
  auto* scheduler = directory_.scheduler;
  world_.send(*this, *scheduler, "announce " + std::to_string(said.stock.size()) + " tapes",
              [scheduler, who = identity(), said] { scheduler->announced(who, said); });
  after(kHeartbeat, [this] { announce(); });
}

void Node::sweep() {
  const auto before = vault_->list().size();
  if (!must(vault_->sweep(), "sweep")) return;
  world_.tally.expired += before - vault_->list().size();
  after(kSweep, [this] { sweep(); });
}

Status Node::store_attempt(const wire::AttemptRecord& record) {
  crash_point("node.attempt.before");
  SPUD_TRY(store_->put(store_->family("attempts"), store::Key(record.job.str()), wire::encode(record),
                       store::Durability::kSynced));
  crash_point("node.attempt.after");
  return {};
}

Node::Running* Node::find(const JobId& job, std::uint32_t attempt) {
  auto found = running_.find(job);
  return found == running_.end() || found->second.prepare.attempt != attempt ? nullptr : &found->second;
}

void Node::prepare(const wire::PrepareAttempt& request, const Answer<Fields>& answer) {
  const auto& job = request.request.id;
  auto record = book_.prepare(directory_.scheduler->identity(), request.request, request.attempt);
  if (!record) return answer(std::unexpected(record.error()));
  if (!must(store_attempt(*record), "store an attempt")) return;
  const service::node::PlanSummary plan{
      service::digest_fields("plan", {}), "7", demand_of(request.device), {TensorType{}}};
  Running running;
  running.prepare = request;
  running.prepared = running.manifest = service::node::manifest(request, {}, plan);
  running_.insert_or_assign(job, std::move(running));
  after(kPreparedFor, [this, job, attempt = request.attempt] {
    auto* waiting = find(job, attempt);
    if (waiting == nullptr || waiting->started) return;
    end(job, attempt, Error{ErrorCode::kTimeout, "nobody started it", "", "", "", ""});
  });
  answer(running_.at(job).prepared);
}

void Node::reserve(const wire::ReserveTape& request, const Answer<Fields>& answer) {
  auto* running = find(request.job, request.attempt);
  if (running == nullptr || running->started)
    return answer(fail(ErrorCode::kNotFound, "it is not prepared here", request.job.str()));
  const auto own = service::node::digest_manifest(running->prepared);
  if (own != request.manifest && world_.defect != Defect::kNoManifestCheck)
    return answer(fail(ErrorCode::kConflict, "the manifest is not the one this node made"));
  stock::Claim claim{request.job, request.attempt, request.manifest};
  if (world_.defect == Defect::kNoManifestCheck) claim.manifest = {};
  auto fields = reserve_kept(claim, request.tape, running->prepare.device);
  if (!fields) {
    if (dying()) return;
    return answer(std::unexpected(fields.error()));
  }
  running->manifest = running->prepared;
  running->manifest.insert(running->manifest.end(), fields->begin(), fields->end());
  running->tape = request.tape;
  running->claim = claim;
  answer(running->manifest);
}

void Node::start_attempt(const wire::StartAttempt& request, const Answer<wire::Done>& answer) {
  auto* running = find(request.job, request.attempt);
  if (running != nullptr && service::node::digest_manifest(running->manifest) != request.manifest)
    return answer(fail(ErrorCode::kConflict, "the manifest is not the one this node made"));
  auto record = book_.start(directory_.scheduler->identity(), request.job, request.attempt);
  if (!record) return answer(std::unexpected(record.error()));
  if (*record && !must(store_attempt(**record), "store an attempt")) return;
  answer(wire::Done{});
  if (running == nullptr || std::exchange(running->started, true)) return;
  greet(request.job, request.attempt);
  after(kSilence, [this, job = request.job, attempt = request.attempt] {
    if (find(job, attempt) != nullptr)
      end(job, attempt, Error{ErrorCode::kTimeout, "its peers are silent", "", "", "", ""});
  });
}

wire::AttemptStatus Node::status(const wire::AwaitAttempt& request) const {
  return book_.status(request.job, request.attempt);
}

void Node::cancel(const wire::CancelAttempt& request) {
  if (find(request.job, request.attempt) != nullptr) end(request.job, request.attempt, request.cause);
}

void Node::end(const JobId& job, std::uint32_t attempt, std::optional<Error> problem) {
  auto* running = find(job, attempt);
  if (running == nullptr) return;
  wire::AttemptStatus status{problem ? wire::AttemptState::kFailed : wire::AttemptState::kDone, problem, {}};
  world_.note(name() + " ends job " + job.str() + ", attempt " + std::to_string(attempt) + ": " +
              (problem ? problem->message() : "done"));
  if (problem) {
    const auto own = terms(*running).own;
    for (const auto& member : running->prepare.device.compute) {
      if (member.identity == identity().uri()) continue;
      auto* peer = directory_.nodes.at(member.identity);
      world_.send(*this, *peer, "failed " + job.str(),
                  [peer, job, attempt, own] { peer->peer_ended(job, attempt, own, false); });
    }
  }
  running_.erase(job);
  std::erase_if(holders_,
                [&](const auto& held) { return held.second.job == job && held.second.attempt == attempt; });
  if (!must(vault_->release(job, attempt), "release a tape")) return;
  if (auto record = book_.ended(job, attempt, std::move(status)))
    must(store_attempt(*record), "store an attempt");
}

// ---- an attempt among peers

service::session::Terms Node::terms(const Running& running) const {
  const auto& device = running.prepare.device;
  return {running.prepare.request.id, running.prepare.attempt, device, *device.rank_of(identity().uri()),
          running.manifest};
}

void Node::greet(const JobId& job, std::uint32_t attempt) {
  const auto* running = find(job, attempt);
  if (running == nullptr) return;
  const auto hello = service::session::hello(terms(*running));
  for (const auto& member : running->prepare.device.compute) {
    if (member.identity == identity().uri()) continue;
    auto* peer = directory_.nodes.at(member.identity);
    world_.send(*this, *peer, "hello " + job.str() + "/" + std::to_string(attempt),
                [peer, own = identity().uri(), hello] { peer->greeted(own, hello); });
  }
  if (running->used) say_finished(*running);
  after(kGreeting, [this, job, attempt] { greet(job, attempt); });
}

void Node::greeted(const std::string& peer, const wire::Hello& hello) {
  auto* running = find(hello.job, hello.attempt);
  if (running == nullptr || !running->started) {
    // Whoever still greets has not heard that this node is through.
    if (book_.status(hello.job, hello.attempt).state != wire::AttemptState::kDone) return;
    auto* other = directory_.nodes.at(peer);
    const auto own = done_ranks_.find({hello.job, hello.attempt});
    if (own == done_ranks_.end()) return;
    world_.send(*this, *other, "finished long ago " + hello.job.str(), [other, hello, rank = own->second] {
      other->peer_ended(hello.job, hello.attempt, rank, true);
    });
    return;
  }
  if (world_.defect != Defect::kNoManifestCheck) {
    if (auto same = service::session::check_hello(terms(*running), peer, hello); !same)
      return end(hello.job, hello.attempt, same.error());
  }
  running->greeted.insert(hello.rank);
  if (running->used || running->greeted.size() + 1 < running->prepare.device.parties()) return;
  running->used = true;
  if (running->tape) {
    use(*running);
  } else {
    use_live(*running);
  }
}

void Node::use(Running& running) {
  const auto job = running.prepare.request.id;
  const auto attempt = running.prepare.attempt;
  auto part = burn(running.claim, *running.tape);
  if (dying()) return;
  if (!part) return end(job, attempt, part.error());
  world_.oracle.used(
      {party(), running.tape->str(), *part, job, attempt, service::node::digest_manifest(running.manifest)},
      Oracle::Kept::kStock);
  world_.note(name() + " has used tape " + running.tape->str() + " for " + job.str() + "/" +
              std::to_string(attempt));
  say_finished(running);
  finish_if_all(running);
}

void Node::use_live(Running& running) {
  const auto job = running.prepare.request.id;
  const auto attempt = running.prepare.attempt;
  const auto& device = running.prepare.device;
  auto* dealer = directory_.dealers.at(device.dealers.front().identity);
  const wire::OpenTape open{job, attempt, device, terms(running).own, demand_of(device), false};
  ask<Dealer::Grant>(
      world_, *this, *dealer, "open a tape for " + job.str(), kSilence,
      [dealer, who = identity(), open](Answer<Dealer::Grant> answer) {
        dealer->open_live(who, open, answer);
      },
      [this, job, attempt](Result<Dealer::Grant> grant) {
        auto* live = find(job, attempt);
        if (live == nullptr) return;
        if (!grant) return end(job, attempt, grant.error());
        auto fresh = book_.burn(grant->name);
        if (!fresh) return end(job, attempt, fresh.error());
        crash_point("node.burn.before");
        const auto burnt =
            store_->put(store_->family("burns"), store::Key(grant->name), {}, store::Durability::kSynced);
        crash_point("node.burn.after");
        if (!must(burnt, "burn a tape")) return;
        const Part part{crypto::sha256(grant->seed),
                        grant->corrections.empty() ? Digest{} : crypto::sha256(grant->corrections)};
        world_.oracle.used(
            {party(), grant->name, part, job, attempt, service::node::digest_manifest(live->manifest)},
            Oracle::Kept::kLive);
        say_finished(*live);
        finish_if_all(*live);
      });
}

void Node::say_finished(const Running& running) {
  const auto own = terms(running).own;
  for (const auto& member : running.prepare.device.compute) {
    if (member.identity == identity().uri()) continue;
    auto* peer = directory_.nodes.at(member.identity);
    const auto job = running.prepare.request.id;
    const auto attempt = running.prepare.attempt;
    world_.send(*this, *peer, "finished " + job.str(),
                [peer, job, attempt, own] { peer->peer_ended(job, attempt, own, true); });
  }
}

void Node::peer_ended(const JobId& job, std::uint32_t attempt, Rank peer, bool well) {
  auto* running = find(job, attempt);
  if (running == nullptr || !running->started) return;
  if (!well) return end(job, attempt, Error{ErrorCode::kUnavailable, "a peer has failed", "", "", "", ""});
  running->finished.insert(peer);
  finish_if_all(*running);
}

void Node::finish_if_all(Running& running) {
  if (!running.used || running.finished.size() + 1 < running.prepare.device.parties()) return;
  const auto job = running.prepare.request.id;
  const auto attempt = running.prepare.attempt;
  done_ranks_[{job, attempt}] = terms(running).own;
  end(job, attempt, std::nullopt);
}

}  // namespace spud::sim
