// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "service/node/attempt_book.hpp"
#include "service/node/manifest.hpp"
#include "service/node/upload_book.hpp"
#include "system/crypto/pki.hpp"

namespace spud::service::node {
namespace {

using crypto::Identity;
using crypto::Role;

Identity who(const std::string& party, Role role, const std::string& name) {
  return {PartyId(party), party + ".spud", role, NodeId(name)};
}
const Identity kAnn = who("alice", Role::kClient, "ann");
const Identity kBen = who("bob", Role::kClient, "ben");
const Identity kScheduler = who("carol", Role::kScheduler, "s");

Member member(const Identity& id) {
  return {id.party, id.name, id.uri(), "h:1"};
}

Device device() {
  Device device;
  device.name = DeviceId("d");
  device.compute = {member(who("alice", Role::kCompute, "a0")), member(who("bob", Role::kCompute, "b0"))};
  device.dealers = {member(who("carol", Role::kDealer, "c0"))};
  device.owner = PartyId("alice");
  return device;
}

Digest filled(unsigned char value) {
  Digest digest;
  digest.bytes.fill(std::byte{value});
  return digest;
}

wire::PrepareUpload upload(const std::string& id, const std::string& dataset = "ages") {
  wire::PrepareUpload prepare;
  auto& s = prepare.statement;
  s.upload = UploadId(id);
  s.dataset = DatasetId(dataset);
  s.device = digest(device());
  s.owner = PartyId("alice");
  s.signer = kAnn.uri();
  s.type = {DType::kF32, {4}};
  s.format = alu::element_format(DType::kF32, device().format);
  s.shares = {filled(1), filled(2)};
  s.policy = {{PartyId("alice"), PartyId("bob")}, true, {}, {PartyId("alice")}, 0, 0};
  prepare.rank = Rank{1};
  return prepare;
}

class Uploads : public ::testing::Test {
 protected:
  void push(const wire::PrepareUpload& prepare) {
    ASSERT_TRUE(book.prepare(prepare, PartyId("bob"), 0, Millis(0)));
    book.completed(prepare.statement.upload);
    ASSERT_TRUE(book.commit(kAnn, prepare.statement.upload));
  }
  wire::PrepareAttempt attempt(std::vector<InputBinding> inputs) const {
    wire::PrepareAttempt prepare;
    prepare.request.id = JobId("j1");
    prepare.request.device = DeviceId("d");
    prepare.request.device_digest = digest(device());
    prepare.request.program = filled(7);
    prepare.request.inputs = std::move(inputs);
    prepare.request.outputs = {{"out0", PartyId("alice")}};
    prepare.attempt = 1;
    prepare.device = device();
    prepare.party = PartyId("alice");
    return prepare;
  }
  Result<std::vector<ResolvedInput>> resolve_ages() {
    return resolve(book, attempt({{"in0", DatasetId("ages")}}), device().compute[1].identity, 1000);
  }
  UploadBook book{Millis(60'000)};
};

TEST_F(Uploads, InvisibleUntilCommitted) {
  auto prepare = upload("u1");
  ASSERT_TRUE(book.prepare(prepare, PartyId("bob"), 0, Millis(0))->has_value());
  EXPECT_TRUE(book.list(kAnn).empty());
  EXPECT_EQ(book.commit(kAnn, UploadId("u1")).error().code, ErrorCode::kConflict) << "bytes are missing";
  book.completed(UploadId("u1"));
  ASSERT_TRUE(book.commit(kAnn, UploadId("u1"))->has_value());
  EXPECT_FALSE(book.commit(kAnn, UploadId("u1"))->has_value()) << "again: nothing to store";
  EXPECT_EQ(book.list(kAnn).size(), 1u);
}

TEST_F(Uploads, PreparingAgainIsHarmlessAnotherStatementIsAConflict) {
  auto prepare = upload("u1");
  ASSERT_TRUE(book.prepare(prepare, PartyId("bob"), 0, Millis(0)));
  EXPECT_FALSE(book.prepare(prepare, PartyId("bob"), 5, Millis(5))->has_value());
  prepare.statement.policy.recipients = {PartyId("bob")};
  EXPECT_EQ(book.prepare(prepare, PartyId("bob"), 5, Millis(5)).error().code, ErrorCode::kConflict);
}

TEST_F(Uploads, DatasetsAreImmutable) {
  push(upload("u1"));
  EXPECT_EQ(book.prepare(upload("u2"), PartyId("bob"), 0, Millis(0)).error().code, ErrorCode::kConflict);
}

TEST_F(Uploads, OfTwoUploadsForOneNameTheFirstCommitWins) {
  for (auto id : {"u1", "u2"}) {
    ASSERT_TRUE(book.prepare(upload(id), PartyId("bob"), 0, Millis(0)));
    book.completed(UploadId(id));
  }
  ASSERT_TRUE(book.commit(kAnn, UploadId("u2")));
  EXPECT_EQ(book.commit(kAnn, UploadId("u1")).error().code, ErrorCode::kConflict);
}

TEST_F(Uploads, OthersNeitherSeeNorDropThem) {
  push(upload("u1"));
  EXPECT_TRUE(book.list(kBen).empty());
  EXPECT_EQ(book.show(kBen, DatasetId("ages"), digest(device())).error().code, ErrorCode::kNotFound);
  EXPECT_EQ(book.drop(kBen, DatasetId("ages"), digest(device())).error().code, ErrorCode::kNotFound);
  EXPECT_EQ(book.commit(kBen, UploadId("u1")).error().code, ErrorCode::kNotFound);
  EXPECT_EQ(**book.drop(kAnn, DatasetId("ages"), digest(device())), UploadId("u1"));
  EXPECT_FALSE(book.drop(kAnn, DatasetId("ages"), digest(device()))->has_value());
}

TEST_F(Uploads, ADropThatComesLateLeavesWhatWasPushedSince) {
  const DatasetId ages("ages");
  push(upload("u1"));
  EXPECT_EQ(**book.drop(kAnn, ages, digest(device()), UploadId("u1")), UploadId("u1"));
  push(upload("u2"));
  EXPECT_FALSE(book.drop(kAnn, ages, digest(device()), UploadId("u1"))->has_value());
  EXPECT_NE(book.dataset(ages, digest(device())), nullptr);
  EXPECT_EQ(**book.drop(kAnn, ages, digest(device())), UploadId("u2")) << "whatever lies there";
}

TEST_F(Uploads, ANodeOutsideTheHoldersTakesNoShare) {
  auto prepare = upload("u1");
  prepare.statement.policy.holders = {PartyId("alice")};
  EXPECT_EQ(book.prepare(prepare, PartyId("bob"), 0, Millis(0)).error().code, ErrorCode::kDenied);
}

TEST_F(Uploads, UncommittedOnesExpireCommittedOnesDoNot) {
  push(upload("u1"));
  ASSERT_TRUE(book.prepare(upload("u2", "other"), PartyId("bob"), 0, Millis(0)));
  EXPECT_TRUE(book.expire(Millis(60'000)).empty());
  book.touch(UploadId("u2"), Millis(10'000));
  EXPECT_TRUE(book.expire(Millis(70'000)).empty()) << "a chunk has come meanwhile";
  EXPECT_EQ(book.expire(Millis(70'001)), std::vector{UploadId("u2")});
  EXPECT_EQ(book.list(kAnn).size(), 1u);
}

TEST_F(Uploads, TellsHowMuchIsHereWithoutSayingWhat) {
  EXPECT_EQ(book.dataset_bytes(), 0u);
  push(upload("u1"));
  const auto bytes = UploadBook::expected_bytes(*book.dataset(DatasetId("ages"), digest(device())));
  EXPECT_GT(bytes, 0u);
  ASSERT_TRUE(book.prepare(upload("u2", "other"), PartyId("bob"), 0, Millis(0)));
  EXPECT_EQ(book.datasets(), 1u);
  EXPECT_EQ(book.dataset_bytes(), bytes) << "an upload is no dataset before it is committed";
  EXPECT_EQ(book.under_way(), 1u);
}

TEST_F(Uploads, SurviveARestart) {
  auto record = *book.prepare(upload("u1"), PartyId("bob"), 0, Millis(0));
  UploadBook fresh(Millis(60'000));
  fresh.reload(*record, true, Millis(0));
  ASSERT_TRUE(fresh.commit(kAnn, UploadId("u1")));
  fresh.reload_use(UploadId("u1"), JobId("j0"));
  EXPECT_EQ(fresh.uses(UploadId("u1"), JobId("j1")), 1u);
}

TEST_F(Uploads, ResolveNamesWhatEveryoneMustAgreeOn) {
  push(upload("u1"));
  auto inputs = resolve_ages();
  ASSERT_TRUE(inputs) << inputs.error().message();
  auto fields = manifest(attempt({}), *inputs, {filled(5), "1", filled(6), {{DType::kF32, {}}}});
  EXPECT_EQ(find_field(fields, "in0"), "dataset ages of alice f32[4]");
  EXPECT_EQ(find_field(fields, "out0"), "f32[] to alice");
  EXPECT_EQ(find_field(fields, "plan"), filled(5).hex());
}

TEST_F(Uploads, ResolveRefusesAnUnknownDatasetAndAForeignDevice) {
  EXPECT_EQ(resolve_ages().error().code, ErrorCode::kNotFound);
  auto foreign = resolve(book, attempt({}), "spiffe://dave.spud/spud/compute/d0", 0);
  EXPECT_EQ(foreign.error().code, ErrorCode::kDenied);
  auto redirected = attempt({});
  redirected.device.compute[0] = member(who("mallory", Role::kCompute, "m0"));
  EXPECT_EQ(resolve(book, redirected, device().compute[1].identity, 0).error().code, ErrorCode::kConflict);
}

TEST_F(Uploads, ResolveAsksThePolicy) {
  auto prepare = upload("u1");
  prepare.statement.policy.any_program = false;
  prepare.statement.policy.programs = {filled(8)};
  push(prepare);
  EXPECT_EQ(resolve_ages().error().code, ErrorCode::kDenied);
}

TEST_F(Uploads, UsesAreCountedByJobNotByAttempt) {
  auto prepare = upload("u1");
  prepare.statement.policy.uses = 1;
  push(prepare);
  EXPECT_TRUE(book.use(UploadId("u1"), JobId("j1")));
  EXPECT_FALSE(book.use(UploadId("u1"), JobId("j1")));
  EXPECT_TRUE(resolve_ages()) << "a retry of the same job";
  auto other = attempt({{"in0", DatasetId("ages")}});
  other.request.id = JobId("j2");
  EXPECT_EQ(resolve(book, other, device().compute[1].identity, 1000).error().code, ErrorCode::kDenied);
}

TEST_F(Uploads, ResolveRefusesTablesWithOtherRows) {
  auto a = upload("u1", "a");
  a.statement.row_ids = filled(3);
  auto b = upload("u2", "b");
  b.statement.row_ids = filled(4);
  push(a);
  push(b);
  auto inputs = resolve(book, attempt({{"in0", DatasetId("a")}, {"in1", DatasetId("b")}}),
                        device().compute[1].identity, 0);
  ASSERT_FALSE(inputs);
  EXPECT_NE(inputs.error().what.find("rows of a and b differ"), std::string::npos);
}

TEST(Signature, OnlyTheOwnersCertificateCounts) {
  const crypto::Validity validity{0, 4'000'000'000};
  auto alice = *crypto::create_ca(PartyId("alice"), validity);
  auto bob = *crypto::create_ca(PartyId("bob"), validity);
  crypto::Trust trust;
  ASSERT_TRUE(trust.add({PartyId("alice"), "alice.spud", {alice.certificate}}));
  ASSERT_TRUE(trust.add({PartyId("bob"), "bob.spud", {bob.certificate}}));
  auto ann = *crypto::issue(alice, kAnn, validity);
  auto ben = *crypto::issue(bob, kBen, validity);

  auto prepare = upload("u1");
  prepare.certificate = ann.certificate.pem();
  prepare.signature = *crypto::sign(ann.key, signed_message(prepare.statement));
  EXPECT_TRUE(check_signature(trust, kAnn, prepare, 1'000'000));
  EXPECT_EQ(check_signature(trust, kBen, prepare, 1'000'000).error().code, ErrorCode::kDenied);

  auto widened = prepare;
  widened.statement.policy.recipients.push_back(PartyId("bob"));
  EXPECT_EQ(check_signature(trust, kAnn, widened, 1'000'000).error().code, ErrorCode::kDenied);

  auto foreign = prepare;
  foreign.certificate = ben.certificate.pem();
  foreign.signature = *crypto::sign(ben.key, signed_message(prepare.statement));
  EXPECT_EQ(check_signature(trust, kAnn, foreign, 1'000'000).error().code, ErrorCode::kDenied);
}

JobRequest job(const std::string& id = "j1") {
  JobRequest request;
  request.id = JobId(id);
  request.outputs = {{"out0", PartyId("alice")}};
  return request;
}
const wire::AttemptStatus kDoneStatus{wire::AttemptState::kDone, {}, {}};
const wire::AttemptStatus kFailedStatus{wire::AttemptState::kFailed, Error{}, {}};

TEST(Attempts, RunOnceAndInOrder) {
  AttemptBook book;
  ASSERT_TRUE(book.prepare(kScheduler, job(), 1));
  EXPECT_FALSE(book.prepare(kScheduler, job(), 1)) << "the same attempt twice";
  EXPECT_FALSE(book.prepare(kScheduler, job(), 2)) << "while 1 is not over";
  ASSERT_TRUE(book.start(kScheduler, JobId("j1"), 1)->has_value());
  EXPECT_FALSE(book.start(kScheduler, JobId("j1"), 1)->has_value()) << "told twice";
  ASSERT_TRUE(book.ended(JobId("j1"), 1, kFailedStatus));
  EXPECT_FALSE(book.ended(JobId("j1"), 1, kDoneStatus)) << "late news";
  EXPECT_FALSE(book.start(kScheduler, JobId("j1"), 1));
  EXPECT_TRUE(book.prepare(kScheduler, job(), 2));
}

TEST(Attempts, OnlyASchedulerRunsThem) {
  AttemptBook book;
  EXPECT_EQ(book.prepare(kAnn, job(), 1).error().code, ErrorCode::kDenied);
  ASSERT_TRUE(book.prepare(kScheduler, job(), 1));
  EXPECT_EQ(book.start(kAnn, JobId("j1"), 1).error().code, ErrorCode::kDenied);
  EXPECT_EQ(book.start(kScheduler, JobId("j2"), 1).error().code, ErrorCode::kNotFound);
}

TEST(Attempts, ResultsReachTheRecipientOnly) {
  AttemptBook book;
  ASSERT_TRUE(book.prepare(kScheduler, job(), 1));
  EXPECT_EQ(book.fetch(kAnn, {JobId("j1"), 1, "out0"}).error().code, ErrorCode::kUnavailable);
  ASSERT_TRUE(book.start(kScheduler, JobId("j1"), 1));
  ASSERT_TRUE(book.ended(JobId("j1"), 1, kDoneStatus));
  EXPECT_EQ(book.fetch(kBen, {JobId("j1"), 1, "out0"}).error().code, ErrorCode::kNotFound);
  EXPECT_EQ(book.fetch(kScheduler, {JobId("j1"), 1, "out0"}).error().code, ErrorCode::kNotFound);
  EXPECT_EQ(book.fetch(kAnn, {JobId("j1"), 2, "out0"}).error().code, ErrorCode::kNotFound);
  EXPECT_TRUE(book.fetch(kAnn, {JobId("j1"), 1, "out0"}));
}

TEST(Attempts, AJobDeliversTheResultsOfOneAttempt) {
  AttemptBook book;
  ASSERT_TRUE(book.prepare(kScheduler, job(), 1));
  ASSERT_TRUE(book.start(kScheduler, JobId("j1"), 1));
  ASSERT_TRUE(book.ended(JobId("j1"), 1, kDoneStatus));
  auto record = book.fetch(kAnn, {JobId("j1"), 1, "out0"});
  ASSERT_TRUE(record);
  EXPECT_EQ(book.prepare(kScheduler, job(), 2).error().code, ErrorCode::kConflict);
  AttemptBook fresh;
  EXPECT_FALSE(fresh.reload(*record));
  EXPECT_EQ(fresh.prepare(kScheduler, job(), 2).error().code, ErrorCode::kConflict) << "after a restart too";
}

TEST(Attempts, ARestartFailsWhatWasRunning) {
  AttemptBook book;
  ASSERT_TRUE(book.prepare(kScheduler, job(), 1));
  auto record = *book.start(kScheduler, JobId("j1"), 1);
  AttemptBook fresh;
  ASSERT_TRUE(fresh.reload(*record));
  EXPECT_EQ(fresh.status(JobId("j1"), 1).state, wire::AttemptState::kFailed);
  EXPECT_TRUE(fresh.prepare(kScheduler, job(), 2));
}

TEST(Attempts, ATapeBurnsOnce) {
  AttemptBook book;
  ASSERT_TRUE(book.burn("t1"));
  EXPECT_EQ(book.burn("t1").error().code, ErrorCode::kPeerFault);
  AttemptBook fresh;
  fresh.reload_burn("t1");
  EXPECT_FALSE(fresh.burn("t1"));
}

}  // namespace
}  // namespace spud::service::node
