// SPDX-License-Identifier: Apache-2.0
#include "actors/node/share_desk.hpp"

#include <filesystem>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <unistd.h>

#include "actors/node/share_store.hpp"
#include "io/encode.hpp"
#include "io/split.hpp"
#include "service/stock/tape_intake.hpp"
#include "system/crypto/random.hpp"
#include "system/store/fault_env.hpp"
#include "system/store/key.hpp"

namespace spud::actors {
namespace {

using crypto::Role;

Identity who(const std::string& party, Role role) {
  return {PartyId(party), party + ".spud", role, NodeId(party + "-0")};
}
const Identity kAnn = who("alice", Role::kClient), kBen = who("bob", Role::kClient);
const auto kTrace = service::trace::made_up(JobId("whose client has chosen it"));
const Identity kScheduler = who("carol", Role::kScheduler);

/// A desk of bob's node over a disk that can lose power; no actors, no connections.
class Desk : public ::testing::Test {
 protected:
  static crypto::Validity validity() { return {0, 4'000'000'000}; }
  Desk() {
    for (const auto* party : {"alice", "bob", "carol"}) {
      authorities.emplace(party, crypto::create_ca(PartyId(party), validity()).value());
    }
    for (const auto* party : {"alice", "bob"}) {
      const auto id = who(party, Role::kCompute);
      device.compute.push_back({id.party, id.name, id.uri(), "127.0.0.1:1"});
    }
    const auto dealer = who("carol", Role::kDealer);
    device.name = DeviceId("demo");
    device.dealers = {Member{dealer.party, dealer.name, dealer.uri(), "127.0.0.1:1"}};
    device.owner = PartyId("alice");
    ann.emplace(crypto::issue(authorities.at("alice"), kAnn, validity()).value());
    folder = std::filesystem::temp_directory_path() / ("spud-desk-" + std::to_string(::getpid()));
    std::filesystem::remove_all(folder);
    start();
  }
  ~Desk() override {
    stop();
    std::filesystem::remove_all(folder);
    std::filesystem::remove(log_file());
  }
  std::filesystem::path log_file() const { return folder.string() + ".log"; }
  /// The last line with this message.
  nlohmann::json logged(const std::string& message) const {
    std::ifstream file(log_file());
    nlohmann::json found;
    for (std::string line; std::getline(file, line);) {
      auto one = nlohmann::json::parse(line);
      if (one["message"] == message) found = std::move(one);
    }
    return found;
  }

  using Member = service::Member;
  void start() {
    store = NodeStore::open(folder, {.env = disk.env()}).value();
    log =
        metrics::Logger::open({metrics::Level::kDebug, metrics::LogFormat::kJson, log_file()}, clock).value();
    crypto::Trust trust;
    for (const auto& [party, authority] : authorities) {
      ASSERT_TRUE(trust.add({PartyId(party), party + ".spud", {authority.certificate}}));
    }
    auto leaf = crypto::issue(authorities.at("bob"), who("bob", Role::kCompute), validity()).value();
    setup.reset(new NodeSetup{net::TlsContext::make(leaf, std::move(trust), &clock).value(), *store, clock,
                              random, registry, log, kScheduler, Millis(100), Millis(1000), false});
    desk = std::make_unique<ShareDesk>(*setup);
    auto loaded = desk->load();
    ASSERT_TRUE(loaded) << loaded.error().message();
  }
  void stop() {
    desk.reset();
    setup.reset();
    store.reset();
  }
  /// The machine loses power: what was not synced is gone.
  void lose_power() {
    disk.crash();
    stop();
    ASSERT_TRUE(disk.restart());
    start();
  }

  /// An upload of four floats; bob's share is the last one, in full, or the first one, a seed.
  wire::PrepareUpload upload(const std::string& id, const std::string& dataset, Rank rank = Rank{1}) {
    Literal values(TensorType{DType::kF32, {4}});
    const auto format = alu::element_format(DType::kF32, device.format);
    auto split = io::split(io::encode(values, format).value(), 2, random).value();
    wire::PrepareUpload prepare;
    auto& s = prepare.statement;
    s.upload = UploadId(id);
    s.dataset = DatasetId(dataset);
    s.device = digest(device);
    s.owner = PartyId("alice");
    s.signer = kAnn.uri();
    s.type = values.type();
    s.format = format;
    s.shares = split.digests;
    s.policy = {{PartyId("alice"), PartyId("bob")}, true, {}, {PartyId("alice")}, 0, 0};
    prepare.rank = rank;
    prepare.seeded = rank == Rank{0};
    prepare.certificate = ann->certificate.pem();
    prepare.signature = crypto::sign(ann->key, service::node::signed_message(s)).value();
    auto seed = split.seeds[0].view();
    share = prepare.seeded ? Bytes(seed.begin(), seed.end()) : split.last.data;
    return prepare;
  }
  Payload payload() const { return std::make_shared<const Bytes>(share); }
  void push(const std::string& dataset) {
    auto prepare = upload("u-" + dataset, dataset);
    ASSERT_TRUE(desk->prepare(kAnn, prepare, nullptr));
    auto sent = desk->chunk(kAnn, {prepare.statement.upload, 0}, payload());
    ASSERT_TRUE(sent) << sent.error().message();
    ASSERT_TRUE(desk->commit(kAnn, {prepare.statement.upload}));
  }
  void push_program() {
    program = Bytes(100, std::byte{7});
    const wire::BlobChunk chunk{wire::BlobKind::kProgram, crypto::sha256(program), program.size(), 0};
    auto state = desk->blob(kAnn, chunk, std::make_shared<const Bytes>(program));
    ASSERT_TRUE(state) << state.error().message();
    EXPECT_EQ(state->received, program.size());
  }
  wire::PrepareAttempt attempt(const std::string& job, std::uint32_t number = 1) const {
    wire::PrepareAttempt prepare;
    prepare.request = {JobId(job),
                       device.name,
                       digest(device),
                       crypto::sha256(program),
                       {{"in0", DatasetId("ages")}},
                       {{"out0", PartyId("alice")}}};
    prepare.request.trace.trace = kTrace;
    prepare.attempt = number;
    prepare.device = device;
    prepare.party = PartyId("alice");
    return prepare;
  }
  /// What this node keeps of a job's first attempt: no spans, and alice may see it.
  static wire::TraceRecord trace_record(const std::string& job) {
    service::trace::Part part;
    part.trace = kTrace;
    part.job = JobId(job);
    part.attempt = 1;
    part.party = PartyId("bob");
    part.service = "node";
    part.name = NodeId("bob-0");
    return {{part}, {PartyId("alice")}, 0};
  }
  std::size_t audited() const {
    std::size_t entries = 0;
    EXPECT_TRUE(
        store->rows->scan(store->rows->family("audit"), {}, [&](ByteView, ByteView) -> Result<store::Walk> {
          ++entries;
          return store::Walk::kContinue;
        }));
    return entries;
  }

  std::filesystem::path folder;
  store::FaultEnv disk;
  ManualClock clock;
  crypto::SeededRandom random{1};
  metrics::Registry registry{{"test", "node"}};
  metrics::Logger log;
  std::map<std::string, crypto::Credential> authorities;
  std::optional<crypto::Credential> ann;
  service::Device device;
  std::unique_ptr<NodeStore> store;
  std::unique_ptr<NodeSetup> setup;
  std::unique_ptr<ShareDesk> desk;
  Bytes share, program;
};

TEST_F(Desk, APreparedUploadSurvivesALossOfPowerAndIsStillInvisible) {
  auto prepare = upload("u1", "ages");
  ASSERT_TRUE(desk->prepare(kAnn, prepare, nullptr));
  ASSERT_TRUE(desk->chunk(kAnn, {UploadId("u1"), 0}, payload()));
  lose_power();
  EXPECT_TRUE(desk->list(kAnn)->empty());
  auto state = desk->prepare(kAnn, prepare, nullptr);
  ASSERT_TRUE(state);
  EXPECT_EQ(state->received, share.size()) << "nothing need be sent again";
  ASSERT_TRUE(desk->commit(kAnn, {UploadId("u1")}));
  lose_power();
  EXPECT_EQ(desk->list(kAnn)->size(), 1u);
}

TEST_F(Desk, ASeedMustMakeTheShareThatWasSigned) {
  auto prepare = upload("u1", "ages", Rank{0});
  auto right = payload();
  share[0] ^= std::byte{1};
  EXPECT_EQ(desk->prepare(kAnn, prepare, payload()).error().code, ErrorCode::kBadInput);
  EXPECT_TRUE(desk->prepare(kAnn, prepare, right)) << "a retry with the right one";
}

TEST_F(Desk, AShareMustBeTheOneThatWasSigned) {
  auto prepare = upload("u1", "ages");
  ASSERT_TRUE(desk->prepare(kAnn, prepare, nullptr));
  auto right = payload();
  share[0] ^= std::byte{1};
  EXPECT_FALSE(desk->chunk(kAnn, {UploadId("u1"), 0}, payload()));
  EXPECT_FALSE(desk->commit(kAnn, {UploadId("u1")}));
  EXPECT_TRUE(desk->chunk(kAnn, {UploadId("u1"), 0}, right));
  EXPECT_TRUE(desk->commit(kAnn, {UploadId("u1")}));
}

TEST_F(Desk, ChunksOutOfPlaceAreRefused) {
  ASSERT_TRUE(desk->prepare(kAnn, upload("u1", "ages"), nullptr));
  EXPECT_FALSE(desk->chunk(kAnn, {UploadId("u1"), 1}, payload()));
  EXPECT_FALSE(desk->chunk(kAnn, {UploadId("u1"), service::node::kChunkBytes}, payload()));
  EXPECT_FALSE(desk->chunk(kAnn, {UploadId("u1"), 0}, std::make_shared<const Bytes>(Bytes(3))));
  EXPECT_FALSE(desk->chunk(kBen, {UploadId("u1"), 0}, payload()));
}

TEST_F(Desk, RefusalsAreAuditedToo) {
  const auto before = audited();
  EXPECT_FALSE(desk->prepare(kBen, upload("u1", "ages"), nullptr));
  EXPECT_EQ(audited(), before + 1);
}

TEST_F(Desk, DecisionsThatCannotBeWrittenAreCountedAndNotTaken) {
  EXPECT_THAT(registry.text(), testing::Not(testing::HasSubstr("\nspud_audit_failures_total 1")));
  disk.crash();
  EXPECT_FALSE(desk->prepare(kBen, upload("u1", "ages"), nullptr));
  EXPECT_THAT(registry.text(), testing::HasSubstr("\nspud_audit_failures_total 1"));
}

TEST_F(Desk, OnlyItsOwnSchedulerRunsAttempts) {
  push("ages");
  push_program();
  EXPECT_EQ(desk->prepare(who("bob", Role::kScheduler), attempt("j1")).error().code, ErrorCode::kDenied);
  EXPECT_TRUE(desk->prepare(kScheduler, attempt("j1")));
}

TEST_F(Desk, ADeviceThatProtectsNothingIsRefused) {
  push_program();
  auto plain = attempt("j1");
  plain.device.protocol = service::Protocol::kRef2k;
  plain.device.dealers.clear();
  plain.request.device_digest = digest(plain.device);
  plain.request.inputs.clear();
  auto refused = desk->prepare(kScheduler, plain);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().what, "ref2k protects nothing");
}

TEST_F(Desk, AUseABurnAndADecisionSurviveALossOfPower) {
  push("ages");
  push_program();
  ASSERT_TRUE(desk->prepare(kScheduler, attempt("j1")));
  ASSERT_TRUE(desk->start(kScheduler, {JobId("j1"), 1, {}}));
  ASSERT_TRUE(desk->burn({JobId("j1"), 1, "tape-1"}));
  const auto entries = audited();
  lose_power();
  EXPECT_EQ(desk->show(kAnn, {DatasetId("ages"), digest(device)})->front().uses, 1u);
  EXPECT_FALSE(desk->burn({JobId("j1"), 2, "tape-1"})) << "no tape serves twice";
  EXPECT_EQ(desk->status({JobId("j1"), 1, 0}).state, wire::AttemptState::kFailed)
      << "it ran when power was lost";
  EXPECT_EQ(audited(), entries);
}

TEST_F(Desk, DataDroppedBetweenPrepareAndStartStopsTheAttempt) {
  push("ages");
  push_program();
  ASSERT_TRUE(desk->prepare(kScheduler, attempt("j1")));
  ASSERT_TRUE(desk->drop(kAnn, {DatasetId("ages"), digest(device)}));
  EXPECT_FALSE(desk->start(kScheduler, {JobId("j1"), 1, {}}));
  EXPECT_EQ(desk->status({JobId("j1"), 1, 0}).state, wire::AttemptState::kFailed);
}

TEST_F(Desk, AResultReachesItsRecipientOnceTheAttemptIsDone) {
  push("ages");
  push_program();
  ASSERT_TRUE(desk->prepare(kScheduler, attempt("j1")));
  ASSERT_TRUE(desk->start(kScheduler, {JobId("j1"), 1, {}}));
  const alu::StoredShare result{
      {DType::kF32, {4}}, alu::element_format(DType::kF32, device.format), Bytes(32)};
  ASSERT_TRUE(desk->store_result(
      {JobId("j1"), 1, "out0", PartyId("alice"), std::make_shared<const vm::Output>(result)}));
  EXPECT_FALSE(desk->fetch(kAnn, {JobId("j1"), 1, "out0"}));
  ASSERT_TRUE(desk->ended({JobId("j1"), 1, {wire::AttemptState::kDone, {}, {}}}));
  EXPECT_FALSE(desk->fetch(kBen, {JobId("j1"), 1, "out0"}));
  auto mail = desk->fetch(kAnn, {JobId("j1"), 1, "out0"});
  ASSERT_TRUE(mail) << mail.error().message();
  EXPECT_EQ(*mail->data, result.data);
  lose_power();
  EXPECT_EQ(desk->prepare(kScheduler, attempt("j1", 2)).error().code, ErrorCode::kConflict)
      << "one job delivers the results of one attempt";
}

/// A desk with a result for Alice.
class DeskWithResult : public Desk {
 protected:
  DeskWithResult() {
    push("ages");
    push_program();
    EXPECT_TRUE(desk->prepare(kScheduler, attempt("j1")));
    EXPECT_TRUE(desk->start(kScheduler, {JobId("j1"), 1, {}}));
    const alu::StoredShare result{
        {DType::kF32, {4}}, alu::element_format(DType::kF32, device.format), Bytes(32)};
    EXPECT_TRUE(desk->store_result(
        {JobId("j1"), 1, "out0", PartyId("alice"), std::make_shared<const vm::Output>(result)}));
    EXPECT_TRUE(desk->ended({JobId("j1"), 1, {wire::AttemptState::kDone, {}, {}}}));
  }
  /// The moment after so long.
  void after(Millis time) {
    clock.advance(time);
    EXPECT_TRUE(desk->expire_results());
  }
  Outcome<ResultMail> fetch() { return desk->fetch(kAnn, {JobId("j1"), 1, "out0"}); }
};

TEST_F(DeskWithResult, WaitsForItsRecipientAndThenSaysThatItExpired) {
  after(setup->results_keep - Millis(1));
  const auto entries = audited();
  after(Millis(1));
  EXPECT_EQ(audited(), entries + 1) << "the end of a result is in the log";
  auto late = fetch();
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().code, ErrorCode::kNotFound);
  EXPECT_NE(late.error().what.find("expired on 20"), std::string::npos) << late.error().message();
  EXPECT_NE(late.error().hint.find("under another id"), std::string::npos);
  lose_power();
  EXPECT_NE(fetch().error().what.find("expired on 20"), std::string::npos)
      << "it is known after a restart, too";
  EXPECT_EQ(desk->fetch(kBen, {JobId("j1"), 1, "out0"}).error().what.find("expired"), std::string::npos)
      << "others learn nothing";
  std::size_t left = 0;
  EXPECT_TRUE(store->result_shares->list([&](ByteView, const store::BlobInfo&) -> Status {
    ++left;
    return {};
  }));
  EXPECT_EQ(left, 0u);
}

TEST_F(DeskWithResult, LinesOnAnAttemptThatHasEndedNameItsTrace) {
  ASSERT_TRUE(fetch());
  auto line = logged("decision");
  EXPECT_EQ(line["action"], "result.fetch");
  EXPECT_FALSE(line.contains("trace")) << "none was kept";
  ASSERT_TRUE(desk->traces().keep(trace_record("j1")));
  stop();
  start();
  ASSERT_TRUE(fetch());
  line = logged("decision");
  EXPECT_EQ(line["trace"], kTrace.hex());
  EXPECT_EQ(line["job"], "j1");
  EXPECT_EQ(line["attempt"], 1);
}

TEST_F(DeskWithResult, CanBeFetchedAgainForAWhile) {
  ASSERT_TRUE(fetch());
  after(setup->results_keep_fetched - Millis(1));
  ASSERT_TRUE(fetch()) << "and the while begins anew";
  after(setup->results_keep_fetched - Millis(1));
  lose_power();
  after(Millis(0));
  ASSERT_TRUE(fetch());
  after(setup->results_keep_fetched);
  EXPECT_FALSE(fetch());
}

TEST_F(Desk, ARetryErasesTheSharesOfTheAttemptBefore) {
  push("ages");
  push_program();
  ASSERT_TRUE(desk->prepare(kScheduler, attempt("j1")));
  ASSERT_TRUE(desk->start(kScheduler, {JobId("j1"), 1, {}}));
  const alu::StoredShare result{
      {DType::kF32, {4}}, alu::element_format(DType::kF32, device.format), Bytes(32)};
  ASSERT_TRUE(desk->store_result(
      {JobId("j1"), 1, "out0", PartyId("alice"), std::make_shared<const vm::Output>(result)}));
  ASSERT_TRUE(desk->ended({JobId("j1"), 1, {wire::AttemptState::kFailed, Error{}, {}}}));
  ASSERT_TRUE(desk->prepare(kScheduler, attempt("j1", 2)));
  std::size_t left = 0;
  EXPECT_TRUE(store->result_shares->list([&](ByteView, const store::BlobInfo&) -> Status {
    ++left;
    return {};
  }));
  EXPECT_EQ(left, 0u);
}

/// With a vault of its own beside the node's store.
class StockedDesk : public Desk {
 protected:
  StockedDesk() {
    std::vector<Seed> keys(1);
    vault = service::stock::TapeVault::open(
                folder / service::stock::kVaultFolder, service::stock::StockKeys::of(std::move(keys)),
                {1u << 30, Millis(0), 0}, clock, random, {.env = vault_disk.env()})
                .value();
    setup->vault = vault.get();
    push("ages");
    push_program();
    demand.bytes[0] = std::byte{1};
    auto intake = vault->begin(tape, digest(device), demand, Seed(), 0);
    EXPECT_TRUE(intake && (*intake)->made(0, demand));
    EXPECT_TRUE(vault->ready(tape));
  }
  ReserveStock wish() { return {{tape, {JobId("j"), 1, {}}}, digest(device), demand}; }
  service::stock::TapeState state() { return vault->list().front().state; }

  store::FaultEnv vault_disk;
  std::unique_ptr<service::stock::TapeVault> vault;
  const service::TapeId tape{PartyId("carol"), NodeId("carol-0"), 1, 1};
  Digest demand;
};

TEST_F(StockedDesk, ATapeIsSetAsideForAPreparedAttemptOnlyAndAudited) {
  auto early = desk->reserve(kScheduler, wish());
  ASSERT_FALSE(early);
  EXPECT_EQ(early.error().code, ErrorCode::kConflict);
  ASSERT_TRUE(desk->prepare(kScheduler, attempt("j")));
  EXPECT_EQ(desk->reserve(kAnn, wish()).error().code, ErrorCode::kDenied);
  const auto before = audited();
  auto fields = desk->reserve(kScheduler, wish());
  ASSERT_TRUE(fields) << fields.error().message();
  EXPECT_EQ(service::find_field(*fields, "tape"), tape.str());
  EXPECT_EQ(audited(), before + 1);
  EXPECT_EQ(state(), service::stock::TapeState::kReserved);
}

TEST_F(StockedDesk, AnAttemptThatEndsGivesUpItsTape) {
  ASSERT_TRUE(desk->prepare(kScheduler, attempt("j")));
  ASSERT_TRUE(desk->reserve(kScheduler, wish()));
  ASSERT_TRUE(desk->ended({JobId("j"), 1, {wire::AttemptState::kFailed, Error{}, {}}}));
  EXPECT_EQ(state(), service::stock::TapeState::kBurnt);
}

TEST_F(StockedDesk, AnAttemptEndsAlsoWhenItsTapeCannotBeGivenUpOnDisk) {
  ASSERT_TRUE(desk->prepare(kScheduler, attempt("j")));
  ASSERT_TRUE(desk->reserve(kScheduler, wish()));
  vault_disk.crash();
  EXPECT_FALSE(desk->ended({JobId("j"), 1, {wire::AttemptState::kFailed, Error{}, {}}})) << "it is said";
  EXPECT_EQ(desk->status({JobId("j"), 1, 0}).state, wire::AttemptState::kFailed);
  EXPECT_FALSE(vault->burn(wish().wanted.claim, tape)) << "nothing more is decided over a disk that fails";
}

TEST_F(Desk, ADamagedAuditLogKeepsTheNodeFromStarting) {
  push("ages");
  auto& rows = *store->rows;
  ASSERT_TRUE(rows.erase(rows.family("audit"), store::Key().number(0), store::Durability::kSynced));
  auto loaded = ShareDesk(*setup).load();
  ASSERT_FALSE(loaded);
  EXPECT_EQ(loaded.error().code, ErrorCode::kCorrupt);
}

TEST_F(Desk, WhatCannotBeAuditedIsNotDecided) {
  push("ages");
  push_program();
  disk.fill_disk();
  EXPECT_FALSE(desk->prepare(kScheduler, attempt("j1")));
  disk.empty_disk();
  // What is in memory may not be on disk: nothing more is decided until a restart.
  EXPECT_EQ(desk->prepare(kScheduler, attempt("j2")).error().code, ErrorCode::kUnavailable);
  lose_power();
  EXPECT_TRUE(desk->prepare(kScheduler, attempt("j1")));
}

TEST_F(Desk, AnEndThatCannotBeStoredIsNone) {
  push("ages");
  push_program();
  ASSERT_TRUE(desk->prepare(kScheduler, attempt("j1")));
  ASSERT_TRUE(desk->start(kScheduler, {JobId("j1"), 1, {}}));
  disk.crash();
  EXPECT_FALSE(desk->ended({JobId("j1"), 1, {wire::AttemptState::kDone, {}, {}}}));
  EXPECT_EQ(desk->status({JobId("j1"), 1, 0}).state, wire::AttemptState::kFailed)
      << "the scheduler would call the job done, and this node not know of it any more";
  lose_power();
  EXPECT_EQ(desk->status({JobId("j1"), 1, 0}).state, wire::AttemptState::kFailed);
}

TEST_F(Desk, WhatCannotBeStoredOfAnAttemptIsToldWithItsNames) {
  push("ages");
  push_program();
  ASSERT_TRUE(desk->prepare(kScheduler, attempt("j1")));
  disk.crash();
  {
    caf::actor_system_config config;
    config.set("scheduler.policy", caf::atom("sharing"));
    caf::actor_system system(config);
    const std::shared_ptr<ShareDesk> shared(desk.get(), [](ShareDesk*) {});
    const auto store_actor = system.spawn<caf::detached>(share_store, setup.get(), shared);
    caf::anon_send(store_actor, AttemptEnded{JobId("j1"), 1, {wire::AttemptState::kDone, {}, {}}});
    caf::anon_send(store_actor, KeepTrace{std::make_shared<const wire::TraceRecord>(trace_record("j1"))});
    caf::anon_send_exit(store_actor, caf::exit_reason::user_shutdown);
  }
  for (const auto* message : {"could not store how an attempt ended", "could not keep a trace"}) {
    const auto line = logged(message);
    ASSERT_TRUE(line.is_object()) << message;
    EXPECT_EQ(line["job"], "j1");
    EXPECT_EQ(line["attempt"], 1);
    EXPECT_EQ(line["trace"], kTrace.hex());
  }
}

TEST_F(Desk, BytesOfADropThatWasCutShortGoAtTheNextStart) {
  push("ages");
  const store::Key key(desk->list(kAnn)->front().statement.upload.str());
  ASSERT_TRUE(store->rows->erase(store->rows->family("uploads"), key, store::Durability::kSynced));
  ASSERT_TRUE(store->shares->find(key)->has_value());
  lose_power();
  EXPECT_FALSE(store->shares->find(key)->has_value()) << "nobody could ever drop them";
}

TEST_F(Desk, UncommittedUploadsExpire) {
  ASSERT_TRUE(desk->prepare(kAnn, upload("u1", "ages"), nullptr));
  clock.advance(std::chrono::minutes(59));
  ASSERT_TRUE(desk->expire());
  ASSERT_TRUE(desk->chunk(kAnn, {UploadId("u1"), 0}, payload()));
  clock.advance(std::chrono::minutes(59));
  ASSERT_TRUE(desk->expire());
  EXPECT_TRUE(desk->chunk(kAnn, {UploadId("u1"), 0}, payload())) << "something came to it in between";
  clock.advance(std::chrono::minutes(61));
  ASSERT_TRUE(desk->expire());
  EXPECT_EQ(desk->commit(kAnn, {UploadId("u1")}).error().code, ErrorCode::kNotFound);
  EXPECT_TRUE(desk->list(kAnn)->empty());
}

}  // namespace
}  // namespace spud::actors
