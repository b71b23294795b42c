// SPDX-License-Identifier: Apache-2.0
#include "service/node/upload_book.hpp"
#include "system/crypto/sha256.hpp"
#include "tests/sim/client.hpp"
#include "tests/sim/pki.hpp"

/// What service/client/push.cpp does, over a network that answers later: sweep what an earlier push has left,
/// announce and send each node's parcel, commit everywhere or nowhere. That one blocks, so its steps are told
/// again here; what is in the parcels is packed by the same code.
namespace spud::sim {

namespace {

constexpr Millis kPatience{4000}, kMoment{300};
constexpr unsigned kTries = 3;
constexpr double kWalksAway = 0.02;   // of steps
constexpr double kOtherBytes = 0.12;  // of chunks: not those that were signed

/// Of a wrong build.
class NoRandom final : public Random {
 public:
  Status fill(MutableBytes out) override {
    std::fill(out.begin(), out.end(), std::byte{0});
    return {};
  }
};

std::optional<Rank> rank_of_party(const Device& device, const PartyId& party) {
  for (unsigned i = 0; i < device.parties(); ++i) {
    if (device.compute[i].party == party) return Rank{i};
  }
  return std::nullopt;
}

Literal literal(const Plain& values) {
  Literal made(TensorType{DType::kS64, {static_cast<std::int64_t>(values.size())}});
  std::copy(values.begin(), values.end(), made.writable<std::int64_t>().begin());
  return made;
}

bool out_of_reach(const Error& error) {
  return error.code == ErrorCode::kUnavailable || error.code == ErrorCode::kTimeout;
}

}  // namespace

void Client::push(const DatasetPlan& plan) {
  auto& upload = uploads_.try_emplace(plan.name, Upload{plan, {}}).first->second;
  begin(upload);
}

void Client::begin(Upload& upload) {
  upload.stage = Stage::kPin;
  ++upload.life;
  upload.tries = upload.rank = 0;
  upload.seen.clear();
  step(upload);
}

void Client::go_on(Upload& upload, Stage next) {
  upload.stage = next;
  upload.rank = upload.tries = 0;
  step(upload);
}

void Client::next_node(Upload& upload, Stage next) {
  upload.tries = 0;
  if (++upload.rank == upload.device.parties()) return go_on(upload, next);
  step(upload);
}

template <class T>
void Client::ask_member(Upload& upload, const std::string& what, const wire::NodeRequest& request,
                        Bytes payload, std::function<void(Upload&, const T&)> then) {
  const auto name = upload.plan.name;
  const auto& member = upload.device.compute[upload.rank];
  auto* node = directory_.nodes.at(member.identity);
  ask_node<T>(world_, *this, *node, what + " " + name.str(), kPatience, request, std::move(payload),
              [this, name, life = upload.life, then](Result<T> answer, const Bytes&) {
                auto& upload = uploads_.at(name);
                if (upload.life != life) return;  // it was begun anew meanwhile
                if (!answer) return failed(upload, answer.error());
                then(upload, *answer);
              });
}

void Client::step(Upload& upload) {
  const auto name = upload.plan.name;
  auto& rank = upload.rank;
  if (world_.faults && upload.stage > Stage::kSweep && upload.stage < Stage::kThere &&
      world_.draws.chance(kWalksAway))
    return walk_away(upload);
  if (upload.stage == Stage::kCommit || upload.stage == Stage::kSweep) {
    const auto node = upload.device.compute[rank].node.str();
    upload.lives[node] = world_.data.life(node);
  }
  switch (upload.stage) {
    case Stage::kPin:
      return pin(upload);
    case Stage::kProgram: {
      const auto program = program_bytes();
      return ask_member<wire::BlobState>(
          upload, "program for",
          wire::BlobChunk{wire::BlobKind::kProgram, program_digest(), program.size(), 0}, program,
          [this](Upload& upload, const auto&) { next_node(upload, Stage::kSweep); });
    }
    case Stage::kSweep: {
      const auto device = digest(upload.device);
      return ask_member<wire::Datasets>(upload, "look for", wire::ShowData{name, device}, {},
                                        [this](Upload& upload, const wire::Datasets& all) {
                                          upload.seen.push_back(all.front().statement);
                                          if (upload.seen.size() == upload.device.parties())
                                            return swept(upload);
                                          next_node(upload, Stage::kClear);
                                        });
    }
    case Stage::kClear:
      if (!upload.seen[rank]) return next_node(upload, Stage::kPrepare);
      world_.data.withdrawn(upload.seen[rank]->upload);
      return ask_member<wire::Done>(
          upload, "clear", wire::DropData{name, digest(upload.device), upload.seen[rank]->upload}, {},
          [this](Upload& upload, const auto&) { next_node(upload, Stage::kPrepare); });
    case Stage::kPrepare: {
      if (!upload.parcels) {
        if (auto made = make_parcels(upload); !made) return failed(upload, made.error());
      }
      auto prepare = upload.prepare;
      prepare.rank = Rank{rank};
      prepare.seeded = upload.parcels->seeded(Rank{rank});
      const auto bytes = upload.parcels->data[rank].view();
      return ask_member<wire::UploadState>(upload, "prepare", prepare,
                                           prepare.seeded ? Bytes(bytes.begin(), bytes.end()) : Bytes{},
                                           [this, seeded = prepare.seeded](Upload& upload, const auto&) {
                                             if (seeded) return sent(upload);
                                             upload.tries = 0;
                                             upload.stage = Stage::kChunk;
                                             step(upload);
                                           });
    }
    case Stage::kChunk: {
      const auto view = upload.parcels->data[rank].view();
      Bytes bytes(view.begin(), view.end());
      if (world_.faults && !bytes.empty() && world_.draws.chance(kOtherBytes)) {
        ++world_.tally.other_bytes;
        bytes.front() ^= std::byte{1};
      }
      return ask_member<wire::UploadState>(
          upload, "chunk of", wire::UploadChunk{upload.prepare.statement.upload, 0}, std::move(bytes),
          [this](Upload& upload, const auto&) { sent(upload); });
    }
    case Stage::kCommit:
      return ask_member<wire::Done>(
          upload, "commit", wire::CommitUpload{upload.prepare.statement.upload}, {},
          [this](Upload& upload, const auto&) { next_node(upload, Stage::kThere); });
    case Stage::kDrop:
      return ask_member<wire::Done>(
          upload, "drop", wire::DropData{name, digest(upload.device), upload.prepare.statement.upload}, {},
          [this](Upload& upload, const auto&) { next_node(upload, Stage::kGone); });
    case Stage::kThere:
      ++world_.tally.uploads;
      world_.tally.kept += upload.prepare.statement.keeper.has_value();
      world_.tally.against_layout += upload.plan.against_layout;
      return world_.data.acknowledged(upload.prepare.statement, upload.device, upload.lives);
    case Stage::kGone:
      ++world_.tally.datasets_dropped;
  }
}

/// The device by its name, as the scheduler tells it: what is not the one that was pinned gets nothing.
void Client::pin(Upload& upload) {
  const auto name = upload.plan.name;
  ask_scheduler<Device>(
      world_, *this, *directory_.scheduler, "show device for " + name.str(), kPatience,
      wire::ShowDevice{upload.plan.device.name}, [this, name, life = upload.life](Result<Device> device) {
        auto& upload = uploads_.at(name);
        if (upload.life != life) return;
        if (!device) return failed(upload, device.error());
        if (digest(*device) != digest(upload.plan.device) && world_.defect != Defect::kNoPins)
          return failed(
              upload, Error{ErrorCode::kDenied, "the device is another one than was pinned", "", "", "", ""});
        upload.device = *device;
        go_on(upload, Stage::kProgram);
      });
}

/// All nodes have something under the name.
void Client::swept(Upload& upload) {
  const auto& first = upload.seen.front();
  const bool whole = std::all_of(upload.seen.begin(), upload.seen.end(), [&](const auto& seen) {
    return seen && first && seen->upload == first->upload;
  });
  for (unsigned rank = 0; rank < upload.device.parties(); ++rank) {
    if (!upload.seen[rank])
      world_.data.not_there(upload.prepare.statement.upload, upload.device.compute[rank].node.str());
  }
  if (!whole) {
    // What is pushed now is another upload; the owner of one that limits its uses would count them anew.
    upload.parcels.reset();
    return go_on(upload, Stage::kClear);
  }
  upload.prepare.statement = *first;
  go_on(upload, Stage::kThere);
}

/// A node has its part; the next one, or all to commit.
void Client::sent(Upload& upload) {
  upload.tries = 0;
  if (++upload.rank == upload.device.parties()) return go_on(upload, Stage::kCommit);
  upload.stage = Stage::kPrepare;
  step(upload);
}

wire::PrepareUpload Client::sign(const service::Statement& statement) const {
  const auto& credential = credential_of(identity());
  wire::PrepareUpload prepare;
  prepare.statement = statement;
  prepare.certificate = credential.certificate.pem();
  prepare.signature = crypto::sign(credential.key, service::node::signed_message(statement)).value();
  return prepare;
}

Status Client::make_parcels(Upload& upload) {
  const auto& plan = upload.plan;
  SPUD_ASSIGN(auto keeper, service::client::keeper_of(upload.device, identity().party));
  if (plan.against_layout) keeper = keeper ? std::nullopt : rank_of_party(upload.device, identity().party);
  const bool unsalted = world_.defect == Defect::kNoSalt && keeper;
  NoRandom none;
  SPUD_ASSIGN(
      upload.parcels,
      service::client::pack({plan.name, literal(plan.values), std::nullopt, plan.policy}, upload.device,
                            keeper, identity(), UploadId("u-" + name() + "-" + std::to_string(++pushed_)),
                            unsalted ? static_cast<Random&>(none) : world_.random));
  auto& [statement, data] = *upload.parcels;
  upload.prepare = sign(statement);
  // Those of the device that was pinned may have it, whoever else the scheduler names.
  const auto& pinned = plan.device;
  for (unsigned i = 0; i < data.size(); ++i) {
    if (!data[i].view().empty())
      world_.data.shared(statement.upload, pinned.compute[i].node.str(), data[i].view());
  }
  if (!keeper) return {};
  const auto own = rank_of_party(pinned, identity().party);
  const auto& mine = data[index(*keeper)];
  world_.data.kept(statement, pinned.compute[index(*own)].node.str(),
                   mine.view().subspan(service::kSaltBytes));
  if (world_.defect != Defect::kPrivateToAll) return {};
  for (unsigned i = 0; i < data.size(); ++i) {
    if (Rank{i} != *keeper) data[i] = io::SecretBytes(Bytes(mine.view().begin(), mine.view().end()));
  }
  return {};
}

void Client::misplace(const DatasetPlan& plan) {
  const auto& device = plan.device;
  const auto own = rank_of_party(device, identity().party);
  for (unsigned i = 0; i < device.parties(); ++i) {
    if (Rank{i} == own) continue;
    const UploadId id("u-" + name() + "-" + std::to_string(++pushed_));
    auto packed = service::client::pack({plan.name, literal(plan.values), std::nullopt, plan.policy}, device,
                                        Rank{i}, identity(), id, world_.random);
    auto prepare = sign(packed->statement);
    prepare.rank = Rank{i};
    ++world_.tally.misplaced;
    ask_node<wire::UploadState>(
        world_, *this, *directory_.nodes.at(device.compute[i].identity), "give another's node " + id.str(),
        kPatience, prepare, [this, id](const Result<wire::UploadState>& answer) {
          if (answer) world_.oracle.object("a node keeps the private data of another party, " + id.str());
        });
  }
}

void Client::failed(Upload& upload, const Error& error) {
  const auto name = upload.plan.name;
  upload.last = error.message();
  const auto again = [this, name, life = upload.life](Millis delay, auto act) {
    after(delay, [this, name, life, act] {
      auto& upload = uploads_.at(name);
      if (upload.life == life) act(upload);
    });
  };
  if (upload.stage == Stage::kSweep && error.code == ErrorCode::kNotFound) {
    upload.seen.push_back(std::nullopt);
    if (upload.seen.size() == upload.device.parties()) return swept(upload);
    return next_node(upload, Stage::kClear);
  }
  // What is to be dropped is asked for until it is gone.
  if (upload.stage == Stage::kDrop || (out_of_reach(error) && ++upload.tries < kTries))
    return again(kMoment, [this](Upload& upload) { step(upload); });
  if (upload.stage > Stage::kClear && upload.parcels) {
    const auto id = upload.prepare.statement.upload;
    for (const auto& member : upload.device.compute)
      ask_node<wire::Done>(world_, *this, *directory_.nodes.at(member.identity), "abort " + id.str(),
                           kPatience, wire::AbortUpload{id}, [](const Result<wire::Done>&) {});
    upload.parcels.reset();
  }
  again(Millis(world_.draws.between(500, 3000)), [this](Upload& upload) { begin(upload); });
}

/// The program that pushes is killed. Whoever started it comes back, and goes on or begins anew.
void Client::walk_away(Upload& upload) {
  ++world_.tally.abandoned;
  const auto name = upload.plan.name;
  world_.note(this->name() + " leaves the upload of " + name.str());
  ++upload.life;
  const bool goes_on = world_.draws.chance(0.5);
  after(Millis(world_.draws.between(1000, 30'000)), [this, name, goes_on, life = upload.life] {
    auto& upload = uploads_.at(name);
    if (upload.life != life) return;  // it was begun anew, or is to be dropped
    if (goes_on && upload.parcels) {
      ++world_.tally.resumed;
      return go_on(upload, Stage::kPrepare);
    }
    upload.parcels.reset();
    begin(upload);
  });
}

void Client::take_back(const DatasetId& name) {
  auto found = uploads_.find(name);
  if (found == uploads_.end() || found->second.stage != Stage::kThere) return;
  auto& upload = found->second;
  ++upload.life;
  world_.data.withdrawn(upload.prepare.statement.upload);
  go_on(upload, Stage::kDrop);
}

}  // namespace spud::sim
