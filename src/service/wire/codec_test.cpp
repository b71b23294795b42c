// SPDX-License-Identifier: Apache-2.0
#include <random>

#include <gtest/gtest.h>

#include "service/wire/dealer_codec.hpp"
#include "service/wire/frame.hpp"
#include "service/wire/record_codec.hpp"
#include "service/wire/scheduler_codec.hpp"
#include "service/wire/session_codec.hpp"

namespace spud::service::wire {
namespace {

Digest digest_of(unsigned char first) {
  Digest digest;
  digest.bytes[0] = std::byte{first};
  return digest;
}

Member member(const std::string& party, const std::string& role) {
  return {PartyId(party), NodeId(party + "-0"), "spiffe://" + party + "/spud/" + role + "/" + party + "-0",
          "127.0.0.1:1"};
}

Device device() {
  Device device;
  device.name = DeviceId("d");
  device.compute = {member("alice", "node"), member("bob", "node")};
  device.dealers = {member("carol", "dealer"), member("dora", "dealer")};
  device.owner = PartyId("alice");
  return device;
}

JobRequest request() {
  JobRequest request;
  request.id = JobId("job-1");
  request.device = DeviceId("d");
  request.device_digest = digest(device());
  request.program = digest_of(7);
  request.inputs = {{"in0", DatasetId("ages")}, {"in1", PublicInput{digest_of(3), {DType::kF32, {2, 3}}}}};
  request.outputs = {{"out0", PartyId("alice")}};
  return request;
}

trace::SpanId span() {
  return trace::span_id(trace::made_up(JobId("j")), "a span");
}

Statement statement() {
  Statement s;
  s.upload = UploadId("u1");
  s.dataset = DatasetId("ages");
  s.device = digest(device());
  s.owner = PartyId("alice");
  s.signer = "spiffe://alice/spud/client/ann";
  s.type = {DType::kF32, {4}};
  s.row_ids = digest_of(9);
  s.shares = {digest_of(1), digest_of(2)};
  s.policy = {{PartyId("alice"), PartyId("bob")}, false, {digest_of(7)}, {PartyId("alice")}, 5, 6};
  return s;
}

TapeId tape_id() {
  return {PartyId("carol"), NodeId("carol-0"), 2, 41};
}

stock::StockTape stock_tape() {
  return {tape_id(),    digest_of(1),
          digest_of(2), digest_of(3),
          512,          stock::TapeState::kReserved,
          77,           stock::Claim{JobId("job-1"), 3, {}}};
}

Job job() {
  Job job;
  job.request = request();
  job.request.supply = Supply::kStock;
  job.request.deadline_unix_millis = 99;
  job.request.priority = -7;
  job.request.max_attempts = 9;
  job.request.trace = {trace::made_up(JobId("x")), span()};
  job.failures = 2;
  job.progress = JobProgress{Phase::kRunning, 3, 4, 5, 6, 7};
  job.queued_unix_millis = 12;
  job.retry_unix_millis = 13;
  job.ended_unix_millis = 14;
  job.problem = Error{ErrorCode::kTimeout, "2 attempts have failed", "", "", "", ""};
  job.demand = digest_of(6);
  job.party = PartyId("alice");
  job.state = JobState::kFailed;
  job.submitted_unix_millis = 11;
  Attempt attempt;
  attempt.number = 1;
  attempt.manifest = digest_of(4);
  attempt.problem = Error{ErrorCode::kTimeout, "silent for 5 s", "link", "", "bob", "retry"};
  attempt.reports = {{NodeId("alice-0"), {{"run_seconds", 0.5}}}};
  attempt.tape = tape_id();
  job.attempts = {attempt};
  return job;
}

NodeFacts facts() {
  return {{{"zone", "eu"}, {"provider", "x"}}, 8, 1ull << 35, {Protocol::kSemi2k}, 1, 6, 2};
}

std::vector<SchedulerRequest> scheduler_requests() {
  return {
      Announce{"h:1", "1", true, true, {stock_tape()}, facts(), 1'700'000'000'123},
      ReplaceDevice{DeviceId("d"), NodeId("alice-0")},
      ReplaceDevice{DeviceId("d"), {}},
      CreateDevice{DeviceId("d"),
                   Layout::kColocated,
                   Protocol::kSemi2k,
                   {64, 18},
                   {},
                   {},
                   3,
                   {{"zone", "eu"}},
                   "zone"},
      ListNodes{},
      CreateDevice{DeviceId("d"),
                   Layout::kOutsourcing,
                   Protocol::kSemi2k,
                   {64, 18},
                   {PartyId("a"), PartyId("b")},
                   {PartyId("c"), PartyId("d")}},
      CreateDevice{
          DeviceId("d"), Layout::kHybrid, Protocol::kSemi2k, {64, 18}, {PartyId("a"), PartyId("b")}, {}},
      ListDevices{},
      ShowDevice{DeviceId("d")},
      DropDevice{DeviceId("d")},
      SubmitJob{request()},
      ShowJob{JobId("j"), 500},
      ListJobs{},
      ListJobs{5, JobState::kFailed, DeviceId("d"), JobId("j")},
      ListJobs{0, {}, DeviceId("d"), {}},
      CancelJob{JobId("j")},
      MakeStock{DeviceId("d"), digest_of(1), 3,
                StockProgram{digest_of(7),
                             {TensorType{DType::kF32, {4}}, PublicInput{digest_of(3), {DType::kS32, {2}}}}},
                "order-1"},
      MakeStock{DeviceId("d"), digest_of(1), 3, digest_of(2), "order-2"},
      TargetStock{DeviceId("d"), digest_of(2), 0},
      DropStock{DeviceId("d"), digest_of(2)},
      FetchTrace{JobId("j"), 2, 9},
      ListStockKinds{}};
}

std::vector<NodeRequest> node_requests() {
  return {PrepareUpload{statement(), Bytes(64), "-----BEGIN\n", Rank{1}, true},
          UploadChunk{UploadId("u1"), 16},
          CommitUpload{UploadId("u1")},
          AbortUpload{UploadId("u1")},
          ListData{},
          ShowData{DatasetId("ages"), digest_of(1)},
          DropData{DatasetId("ages"), digest_of(1)},
          DropData{DatasetId("ages"), digest_of(1), UploadId("u1")},
          BlobChunk{BlobKind::kPublicInput, digest_of(1), 10, 5},
          ListPrograms{},
          ShowProgram{digest_of(2)},
          PrepareAttempt{request(), 2, device(), PartyId("alice")},
          PrepareAttempt{request(), 2, device(), PartyId("alice"), span()},
          StartAttempt{JobId("j"), 2, digest_of(4), "spiffe://carol/spud/dealer/carol-0"},
          StartAttempt{JobId("j"), 2, digest_of(4), ""},
          AwaitAttempt{JobId("j"), 2, 100},
          CancelAttempt{JobId("j"), 2, {ErrorCode::kTimeout, "silent", "link", "", "bob", ""}},
          FetchResult{JobId("j"), 2, "out0"},
          PrepareStock{device(), digest_of(7), {TensorType{DType::kF32, {4}}}},
          MakeTape{device(), digest_of(2), "order-1", "spiffe://dora/spud/dealer/dora-0"},
          ReserveTape{JobId("j"), 2, digest_of(4), tape_id()},
          ListStock{},
          DiscardTape{tape_id()},
          FetchTrace{JobId("j"), 0, 512}};
}

TEST(SchedulerCodec, EveryRequestSurvivesTheWire) {
  for (const auto& request : scheduler_requests()) {
    auto bytes = encode(request);
    auto back = decode_scheduler_request(bytes);
    ASSERT_TRUE(back) << back.error().message();
    EXPECT_EQ(back->index(), request.index());
    EXPECT_EQ(encode(*back), bytes);
  }
}

TEST(SchedulerCodec, EveryAnswerSurvivesTheWire) {
  const std::vector<SchedulerAnswer> answers{
      Error{ErrorCode::kDenied, "no", "here", "that", "bob", "ask"},
      Heartbeat{500},
      Nodes{{member("alice", "node"), "node", "1", false, 3, facts(), true, true}},
      device(),
      Devices{device()},
      job(),
      Jobs{job(), job()},
      Dropped{},
      StockKind{DeviceId("d"), digest_of(1), digest_of(2), digest_of(3), 4, 5, true, 6, 7, 8,
                Error{ErrorCode::kTimeout, "no", "", "", "", ""}, 9},
      StockKinds{StockKind{DeviceId("d"), {}, {}, {}}},
      TracePage{5, 7, 3, Bytes(4)}};
  for (const auto& answer : answers) {
    auto bytes = encode(answer);
    auto back = decode_scheduler_answer(bytes);
    ASSERT_TRUE(back) << back.error().message();
    EXPECT_EQ(back->index(), answer.index());
    EXPECT_EQ(encode(*back), bytes);
  }
}

TEST(NodeCodec, EveryRequestSurvivesTheWire) {
  for (const auto& request : node_requests()) {
    auto bytes = encode(request);
    auto back = decode_node_request(bytes);
    ASSERT_TRUE(back) << back.error().message();
    EXPECT_EQ(back->index(), request.index());
    EXPECT_EQ(encode(*back), bytes);
  }
}

TEST(NodeCodec, EveryAnswerSurvivesTheWire) {
  const std::vector<NodeAnswer> answers{
      Error{ErrorCode::kNotFound, "no", "", "", "", ""},
      Done{},
      UploadState{5, true},
      Datasets{{statement(), 3}},
      BlobState{digest_of(1), 4, 2},
      Programs{{digest_of(1), 4}},
      Fields{{"program", "x"}},
      AttemptStatus{
          AttemptState::kFailed, Error{ErrorCode::kTimeout, "t", "", "", "bob", ""}, {{"rounds", 3}}},
      AttemptStatus{AttemptState::kRunning, {}, {}, JobProgress{Phase::kLoading, 1, 2, 3, 4, 5}},
      ResultShare{{DType::kPred, {3}}, alu::ElementFormat{true, 1, 0}, 1, "carol/carol-0/1/2"},
      ResultShare{{DType::kF32, {3}}, {}, 12},
      ResultChunk{4},
      stock_tape(),
      stock::StockTapes{stock_tape(), stock_tape()},
      TracePage{5, 7, 3, Bytes(4)},
      StillWorking{}};
  for (const auto& answer : answers) {
    auto bytes = encode(answer);
    auto back = decode_node_answer(bytes);
    ASSERT_TRUE(back) << back.error().message();
    EXPECT_EQ(back->index(), answer.index());
    EXPECT_EQ(encode(*back), bytes);
  }
}

TEST(DealerCodec, EveryMessageSurvivesTheWire) {
  for (const auto& request : std::vector<DealerRequest>{
           OpenTape{JobId("j"), 1, device(), Rank{1}, digest_of(2)},
           OpenTape{JobId("order"), 1, device(), Rank{1}, digest_of(2), true},
           OpenTape{
               JobId("j"), 1, device(), Rank{1}, digest_of(2), false, {trace::made_up(JobId("j")), span()}},
           TapeStored{digest_of(3)}, NodeAlive{}}) {
    auto bytes = encode(request);
    auto back = decode_dealer_request(bytes);
    ASSERT_TRUE(back) << back.error().message();
    EXPECT_EQ(encode(*back), bytes);
  }
  for (const auto& answer :
       std::vector<DealerAnswer>{Error{}, TapeOpened{"ab", {1, 2, 0}}, TapeChunk{7}, TapeEnd{9, {1, 2, 3}},
                                 StockOpened{tape_id()}, StockEnd{8, digest_of(3)}, TapeReady{}}) {
    auto answer_bytes = encode(answer);
    auto answer_back = decode_dealer_answer(answer_bytes);
    ASSERT_TRUE(answer_back) << answer_back.error().message();
    EXPECT_EQ(encode(*answer_back), answer_bytes);
  }
}

TEST(DealerCodec, RefusesARankThatTheDeviceDoesNotHave) {
  auto back =
      decode_dealer_request(encode(DealerRequest{OpenTape{JobId("j"), 1, device(), Rank{2}, digest_of(2)}}));
  ASSERT_FALSE(back);
  EXPECT_EQ(back.error().code, ErrorCode::kPeerFault);
}

TEST(SessionCodec, EveryFrameSurvivesTheWire) {
  const std::vector<LinkFrame> frames{Error{},   Hello{JobId("j"), 1, Rank{1}, {{"a", "b"}}},
                                      PairKey{}, Round{1, 2, 3, 4},
                                      Alive{},   Finished{}};
  for (const auto& frame : frames) {
    auto bytes = encode(frame);
    auto back = decode_link_frame(bytes);
    ASSERT_TRUE(back) << back.error().message();
    EXPECT_EQ(encode(*back), bytes);
  }
}

TEST(RecordCodec, StoredRecordsComeBack) {
  auto upload = encode(UploadRecord{statement(), Bytes(3), "pem", Rank{1}, true, true, 4});
  EXPECT_EQ(encode(*decode_upload_record(upload)), upload);
  auto attempt = encode(AttemptRecord{JobId("j"), 1, {AttemptState::kDone, {}, {}}, request().outputs, true});
  EXPECT_EQ(encode(*decode_attempt_record(attempt)), attempt);
  auto node = encode(NodeRecord{member("alice", "node"), "node", "1"});
  EXPECT_EQ(encode(*decode_node_record(node)), node);
  auto result = encode(ResultRecord{PartyId("alice"), {DType::kF32, {1}}, {}, 3, 4, 5, "a tape"});
  EXPECT_EQ(encode(*decode_result_record(result)), result);
  EXPECT_EQ(digest(*decode_device(encode(device()))), digest(device()));
  EXPECT_EQ(encode(*decode_job(encode(job()))), encode(job()));
  auto kind = encode(StockKindRecord{device(), digest_of(1), digest_of(2), digest_of(3), 4, 5, 6});
  EXPECT_EQ(encode(*decode_stock_kind_record(kind)), kind);
  auto order = encode(StockOrderRecord{"order-1", digest_of(1), DeviceId("d"), digest_of(2), 5, 6});
  EXPECT_EQ(encode(*decode_stock_order_record(order)), order);
  auto line = encode(stock::TapeLine{stock_tape(), 3});
  EXPECT_EQ(encode(*decode_tape_line(line)), line);
  auto mark = encode(TapeMark{2, 9});
  EXPECT_EQ(*decode_tape_mark(mark), (TapeMark{2, 9}));
  auto head = encode(TapeHead{{std::byte{1}}, {std::byte{2}}, Bytes(80)});
  EXPECT_EQ(encode(*decode_tape_head(head)), head);
}

TEST(RecordCodec, WhatAnOlderClientLeavesOutIsAsItWas) {
  auto said = job();
  said.request.max_attempts = kStandardAttempts;
  said.request.deadline_unix_millis = 0;
  said.request.priority = 0;
  auto back = decode_job(encode(said));
  ASSERT_TRUE(back);
  EXPECT_EQ(back->request.max_attempts, kStandardAttempts) << "nothing on the wire is the usual number";
  EXPECT_EQ(back->request.trace, said.request.trace);
  said.request.trace = {};
  EXPECT_FALSE(decode_job(encode(said))->request.trace.trace.is_set()) << "an older client gives none";
  auto plain = said.request;
  EXPECT_EQ(digest(back->request), digest(plain));
  for (const auto& field : describe(plain)) {
    for (const auto* name : {"deadline", "priority", "attempts"}) EXPECT_NE(field.name, name);
  }
  EXPECT_NE(digest(job().request), digest(plain));
}

TEST(RecordCodec, ADeviceKeepsWhatItWasBefore) {
  auto replaced = device();
  replaced.previous = digest_of(9);
  auto back = decode_device(encode(replaced));
  ASSERT_TRUE(back);
  EXPECT_EQ(back->previous, digest_of(9));
  EXPECT_EQ(digest(*back), digest(device())) << "it is no part of what it is";
}

TEST(RecordCodec, EveryLayoutComesBackAndOthersAreRefused) {
  for (unsigned number = 0; number < 6; ++number) {
    auto laid = device();
    laid.layout = static_cast<Layout>(number);
    auto back = decode_device(encode(laid));
    ASSERT_EQ(back.has_value(), number >= 1 && number <= 3) << number;
    if (back) {
      EXPECT_EQ(back->layout, laid.layout);
    }
  }
}

TEST(RecordCodec, TapesOfAnotherVersionAreRefused) {
  auto mark = encode(TapeMark{2, 9});
  // The first field of the root's data section.
  ASSERT_EQ(mark[16], std::byte{1});
  mark[16] = std::byte{2};
  auto back = decode_tape_mark(mark);
  ASSERT_FALSE(back);
  EXPECT_EQ(back.error().code, ErrorCode::kCorrupt);
  EXPECT_NE(back.error().message().find("version"), std::string::npos) << back.error().message();
}

TEST(RecordCodec, ADamagedRecordIsCorruptNotAPeersFault) {
  auto bytes = encode(device());
  bytes.resize(bytes.size() / 2 / 8 * 8);
  auto back = decode_device(bytes);
  ASSERT_FALSE(back);
  EXPECT_EQ(back.error().code, ErrorCode::kCorrupt);
}

TEST(Frame, RefusesEmptyOddAndTooLongMessages) {
  EXPECT_FALSE(decode_link_frame({}));
  EXPECT_FALSE(decode_link_frame(Bytes(7)));
  EXPECT_FALSE(decode_link_frame(Bytes((1u << 20) + 8)));
  // All zeros: an empty message, whose union is unset.
  EXPECT_FALSE(decode_link_frame(Bytes(16)));
}

TEST(Frame, RefusesAnotherVersion) {
  auto bytes = encode(SchedulerRequest{ListJobs{}});
  // The version is the first field of the root's data section: segment table and root pointer come before it.
  bytes[16] = std::byte{9};
  auto back = decode_scheduler_request(bytes);
  ASSERT_FALSE(back);
  EXPECT_NE(back.error().message().find("version 9"), std::string::npos) << back.error().message();
}

TEST(Frame, TellsWhichAttemptALinkOfAnotherVersionIsFor) {
  auto bytes = encode(LinkFrame(Hello{JobId("j"), 1, Rank{1}, {{"plan", "abc"}}}));
  // The first field of hello, which follows the root: segment table, root pointer, tag, pointer.
  ASSERT_EQ(bytes[32], std::byte{kLinkVersion});
  for (unsigned other : {0u, kLinkVersion - 1, kLinkVersion + 1}) {
    bytes[32] = static_cast<std::byte>(other);
    auto back = decode_link_frame(bytes);
    ASSERT_TRUE(back);
    const auto& hello = std::get<Hello>(*back);
    EXPECT_EQ(hello.version, other);
    EXPECT_EQ(hello.job, JobId("j"));
    EXPECT_TRUE(hello.manifest.empty()) << "what it means by that is not known";
  }
}

TEST(Frame, RefusesNamesAndTextsOutOfBounds) {
  EXPECT_FALSE(decode_scheduler_request(encode(SchedulerRequest{ShowDevice{DeviceId("../etc")}})));
  EXPECT_FALSE(decode_scheduler_request(
      encode(SchedulerRequest{MakeStock{DeviceId("d"), digest_of(1), 3, digest_of(2), ""}})))
      << "an order without a name could not be told from another";
  EXPECT_FALSE(
      decode_scheduler_request(encode(SchedulerRequest{Announce{std::string(5000, 'x'), "", false}})));
  EXPECT_FALSE(decode_scheduler_request(encode(SchedulerRequest{Announce{"\x1b[31m", "", false}})));
}

/// Damaged messages must give a value or an error, never an exception, a crash or an allocation beyond the
/// message.
TEST(Frame, IsTotalOnDamagedBytes) {
  std::mt19937 random(1);
  std::vector<Bytes> seeds;
  for (const auto& request : scheduler_requests()) seeds.push_back(encode(request));
  for (const auto& request : node_requests()) seeds.push_back(encode(request));
  seeds.push_back(encode(SchedulerAnswer{job()}));
  unsigned refused = 0;
  for (int round = 0; round < 20'000; ++round) {
    auto bytes = seeds[random() % seeds.size()];
    for (int flips = 1 + static_cast<int>(random() % 8); flips > 0; --flips) {
      bytes[random() % bytes.size()] = static_cast<std::byte>(random());
    }
    if (random() % 4 == 0) bytes.resize(random() % (bytes.size() + 1));
    refused += !decode_scheduler_request(bytes);
    refused += !decode_node_request(bytes);
    refused += !decode_scheduler_answer(bytes);
    refused += !decode_node_answer(bytes);
    refused += !decode_link_frame(bytes);
    refused += !decode_dealer_request(bytes);
    refused += !decode_dealer_answer(bytes);
  }
  EXPECT_GT(refused, 50'000u);
}

}  // namespace
}  // namespace spud::service::wire
