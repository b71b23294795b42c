// SPDX-License-Identifier: Apache-2.0
// The services together: real actors, stores, certificates and connections, in one process.
#include "actors/cluster_for_tests.hpp"
#include "io/file.hpp"
#include "io/npz.hpp"
#include "service/client/datasets.hpp"
#include "system/store/key.hpp"

namespace spud::actors {
namespace {

using service::Job;
using service::JobState;
namespace client = service::client;

const std::string kProgram = "tests/corpus/dot_matmul/";

void quiet(const std::string&, std::uint64_t, std::uint64_t) {}

class ClusterOf : public ::testing::TestWithParam<unsigned> {
 protected:
  ClusterOf() : cluster(GetParam()), alice(cluster.client("alice")), device(cluster.make_device(alice)) {
    program = io::read_file(kProgram + "program.hlo.pb", 1 << 20).value();
    inputs = io::in_order(io::read_npz_file(kProgram + "inputs.npz").value(), "in", "inputs").value();
    expected = io::in_order(io::read_npz_file(kProgram + "expected.npz").value(), "out", "expected").value();
  }
  service::Policy policy(const std::string& text = "") {
    std::vector<PartyId> parties;
    for (const auto& member : device.compute) parties.push_back(member.party);
    return service::parse_policy(text, "policy", PartyId("alice"), parties).value();
  }
  Result<service::Statement> push(const std::string& name, const Literal& values,
                                  const std::string& text = "") {
    return client::push(alice, device, {DatasetId(name), values, {}, policy(text)}, random, quiet);
  }
  client::RunOrder order(const std::string& id, const std::string& recipient = "alice") {
    auto digest = client::push_blob(alice, device, wire::BlobKind::kProgram, program, quiet);
    EXPECT_TRUE(digest) << digest.error().message();
    return {JobId(id),
            *digest,
            {{"in0", DatasetId("x")}, {"in1", DatasetId("y")}},
            {{"out0", PartyId(recipient)}}};
  }
  Job run(client::RunOrder order) {
    const auto id = order.id;
    auto submitted = client::submit(alice, device, std::move(order));
    EXPECT_TRUE(submitted) << submitted.error().message();
    return client::watch(alice, id, [](const Job&) {}).value();
  }
  void expect_right(const Literal& value) {
    ASSERT_EQ(value.shape(), expected[0].shape());
    for (std::int64_t i = 0; i < value.elements(); ++i) {
      EXPECT_NEAR(value.float_at(i), expected[0].float_at(i), 1e-3);
    }
  }

  crypto::OsRandom random;
  TestCluster cluster;
  client::Client alice;
  service::Device device;
  Bytes program;
  std::vector<Literal> inputs, expected;
};

TEST_P(ClusterOf, RunsAJobFromDataToResult) {
  ASSERT_TRUE(push("x", inputs[0]));
  ASSERT_TRUE(push("y", inputs[1]));
  auto job = run(order("j1"));
  ASSERT_EQ(job.state, JobState::kDone) << client::outcome(job).error().message();
  EXPECT_EQ(job.attempts.back().reports.size(), device.compute.size());
  auto results = client::fetch(alice, JobId("j1"), quiet);
  ASSERT_TRUE(results) << results.error().message();
  expect_right((*results)[0].value);
  // Others learn nothing, not even that there is a job.
  auto dave = cluster.client("carol");
  EXPECT_EQ(client::fetch(dave, JobId("j1"), quiet).error().code, ErrorCode::kDenied);
}

TEST_P(ClusterOf, PartsOfDifferentRunsAreNotPutTogether) {
  ASSERT_TRUE(push("x", inputs[0]));
  ASSERT_TRUE(push("y", inputs[1]));
  ASSERT_EQ(run(order("j1")).state, JobState::kDone);
  // As if this node had been brought back from a copy, and had run it again.
  auto& rows = cluster.rows(1);
  const auto key = store::Key("j1").number(1).text("out0");
  auto record = wire::decode_result_record(rows.get(rows.family("results"), key).value().value()).value();
  EXPECT_FALSE(record.tape.empty());
  record.tape = "another";
  ASSERT_TRUE(rows.put(rows.family("results"), key, wire::encode(record), store::Durability::kRelaxed));
  auto mixed = client::fetch(alice, JobId("j1"), quiet);
  ASSERT_FALSE(mixed);
  EXPECT_EQ(mixed.error().code, ErrorCode::kConflict);
  EXPECT_NE(mixed.error().what.find("different runs"), std::string::npos);
}

TEST_P(ClusterOf, ASchedulerThatShutsDownTakesNoJob) {
  auto wanted = order("j1");
  EXPECT_EQ(*cluster.drain_scheduler(), 0u);
  auto late = client::submit(alice, device, std::move(wanted));
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().code, ErrorCode::kUnavailable);
  EXPECT_NE(late.error().hint.find("again in a moment"), std::string::npos);
}

TEST_P(ClusterOf, AnAttemptEndsOnEveryNodeAtItsDeadline) {
  ASSERT_TRUE(push("x", inputs[0]));
  ASSERT_TRUE(push("y", inputs[1]));
  wire::PrepareAttempt prepare;
  auto wanted = order("j1");
  prepare.request = {wanted.id, device.name, digest(device), wanted.program, wanted.inputs, wanted.outputs};
  prepare.request.deadline_unix_millis = SystemClock().unix_millis() + 1500;
  prepare.attempt = 1;
  prepare.device = device;
  prepare.party = PartyId("alice");
  auto manifest = cluster.ask_node<service::Fields>(0, prepare);
  ASSERT_TRUE(manifest) << manifest.error().message();
  // Nobody starts it. It stays prepared until its deadline, not until it counts as forgotten.
  wire::AttemptStatus status;
  const auto patience = SystemClock().now() + Millis(30'000);
  do {
    status = cluster.ask_node<wire::AttemptStatus>(0, wire::AwaitAttempt{wanted.id, 1, 0}).value();
  } while (status.state == wire::AttemptState::kPrepared && SystemClock().now() < patience);
  ASSERT_EQ(status.state, wire::AttemptState::kFailed);
  EXPECT_EQ(status.problem->what, "its deadline has passed");
  prepare.attempt = 2;
  auto late = cluster.ask_node<service::Fields>(0, prepare);
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().what, "its deadline has passed");
}

TEST_P(ClusterOf, ANodeTakesNoMoreThanItsSlotsWhateverItsSchedulerAsks) {
  ASSERT_TRUE(push("x", inputs[0]));
  ASSERT_TRUE(push("y", inputs[1]));
  const auto wanted = order("j");
  const auto prepare = [&](const std::string& id) {
    wire::PrepareAttempt prepare;
    prepare.request = {JobId(id), device.name, digest(device), wanted.program, wanted.inputs, wanted.outputs};
    prepare.attempt = 1;
    prepare.device = device;
    prepare.party = PartyId("alice");
    return cluster.ask_node<service::Fields>(0, prepare);
  };
  for (const char* id : {"j1", "j2", "j3", "j4", "j4"}) {
    const auto taken = prepare(id);
    // The same again is not one more.
    EXPECT_TRUE(taken || taken.error().what.find("slots") == std::string::npos) << taken.error().message();
  }
  const auto fifth = prepare("j5");
  ASSERT_FALSE(fifth);
  EXPECT_EQ(fifth.error().code, ErrorCode::kUnavailable);
  EXPECT_EQ(fifth.error().what, "has 4 of 4 slots in use");
  EXPECT_EQ(fifth.error().party, "alice");
  ASSERT_TRUE(cluster.ask_node<wire::Done>(0, wire::CancelAttempt{JobId("j1"), 1, {}}));
  const auto patience = SystemClock().now() + Millis(30'000);
  auto later = prepare("j5");
  while (!later && SystemClock().now() < patience) later = prepare("j5");
  EXPECT_TRUE(later) << later.error().message();
}

TEST_P(ClusterOf, AJobThatComesAgainFindsItsPlan) {
  ASSERT_TRUE(push("x", inputs[0]));
  ASSERT_TRUE(push("y", inputs[1]));
  for (const char* id : {"j1", "j2"}) {
    ASSERT_EQ(run(order(id)).state, JobState::kDone);
    auto results = client::fetch(alice, JobId(id), quiet);
    ASSERT_TRUE(results) << results.error().message();
    expect_right((*results)[0].value);
    for (unsigned i = 0; i < GetParam(); ++i) EXPECT_EQ(cluster.plans(i).size(), 1U) << id;
  }
}

TEST_P(ClusterOf, APublicInputNeedsNoShares) {
  ASSERT_TRUE(push("x", inputs[0]));
  auto with_public = order("j1");
  auto digest = client::push_blob(alice, device, wire::BlobKind::kPublicInput, inputs[1].bytes(), quiet);
  ASSERT_TRUE(digest);
  with_public.inputs[1].source = service::PublicInput{*digest, inputs[1].type()};
  auto job = run(with_public);
  ASSERT_EQ(job.state, JobState::kDone) << client::outcome(job).error().message();
  expect_right((*client::fetch(alice, JobId("j1"), quiet))[0].value);
}

TEST_P(ClusterOf, EachNodeEnforcesThePolicy) {
  ASSERT_TRUE(push("x", inputs[0]));
  ASSERT_TRUE(push("y", inputs[1], "uses: 1"));
  auto denied = run(order("j1", "bob"));
  EXPECT_EQ(denied.state, JobState::kFailed);
  EXPECT_EQ(denied.attempts.back().problem->code, ErrorCode::kDenied);
  EXPECT_EQ(run(order("j2")).state, JobState::kDone);
  auto spent = run(order("j3"));
  EXPECT_EQ(spent.state, JobState::kFailed);
  EXPECT_NE(spent.attempts.back().problem->what.find("uses are spent"), std::string::npos);
}

TEST_P(ClusterOf, DataSurvivesARestartAndAFailedJobRunsAgain) {
  ASSERT_TRUE(push("x", inputs[0]));
  auto missing = run(order("j1"));
  EXPECT_EQ(missing.state, JobState::kFailed);
  EXPECT_EQ(missing.attempts.back().problem->code, ErrorCode::kNotFound);
  cluster.stop_node(1);
  cluster.start_node(1);
  device = *alice.device(device.name);
  ASSERT_TRUE(push("y", inputs[1]));
  auto again = run(order("j1"));
  ASSERT_EQ(again.state, JobState::kDone) << client::outcome(again).error().message();
  EXPECT_EQ(again.attempts.size(), 2u);
  EXPECT_EQ(run(order("j1")).attempts.size(), 2u) << "a job that is done is answered, not run again";
}

TEST_P(ClusterOf, AnAbsentNodeIsWaitedForByName) {
  ASSERT_TRUE(push("x", inputs[0]));
  ASSERT_TRUE(push("y", inputs[1]));
  auto wanted = order("j1");
  cluster.stop_node(1);
  ASSERT_TRUE(client::submit(alice, device, std::move(wanted)));
  Job job;
  const auto patience = SystemClock().now() + Millis(60'000);
  do {
    job = alice.scheduler<Job>(wire::ShowJob{JobId("j1"), 100}).value();
  } while (job.waiting.find("has not announced itself since") == std::string::npos &&
           SystemClock().now() < patience);
  EXPECT_NE(job.waiting.find("bob"), std::string::npos) << job.waiting;
  EXPECT_EQ(job.failures, 1u) << "no attempt more is spent on it";
  cluster.start_node(1);
  job = client::watch(alice, JobId("j1"), [](const Job&) {}).value();
  EXPECT_EQ(job.state, JobState::kDone) << client::outcome(job).error().message();
  EXPECT_EQ(job.attempts.front().problem->party, "bob");
}

TEST_P(ClusterOf, AnAttemptEndsAlsoWhereItsEndOvertakesIt) {
  ASSERT_TRUE(push("x", inputs[0]));
  ASSERT_TRUE(push("y", inputs[1]));
  const Error cause{ErrorCode::kCancelled, "it was too late", "", "", "", ""};
  ASSERT_TRUE(cluster.ask_node<wire::Done>(1, wire::CancelAttempt{JobId("j1"), 1, cause}));
  auto job = run(order("j1"));
  ASSERT_EQ(job.state, JobState::kDone) << client::outcome(job).error().message();
  ASSERT_EQ(job.attempts.size(), 2u);
  EXPECT_NE(job.attempts[0].problem->what.find("it was too late"), std::string::npos);
}

TEST_P(ClusterOf, AListNeedsNoMoreThanTheNodesThatAnswer) {
  ASSERT_TRUE(push("x", inputs[0]));
  auto whole = client::list_datasets(alice, device);
  ASSERT_TRUE(whole) << whole.error().message();
  EXPECT_TRUE(whole->absent.empty());
  EXPECT_EQ(whole->datasets.size(), 1u);

  cluster.stop_node(1);
  auto part = client::list_datasets(alice, device);
  ASSERT_TRUE(part) << part.error().message();
  ASSERT_EQ(part->absent.size(), 1u);
  EXPECT_EQ(part->absent[0].party, PartyId("bob"));
  EXPECT_EQ(part->problems.at(0).party, "bob");
  ASSERT_EQ(part->datasets.size(), 1u);
  EXPECT_EQ(part->datasets[0].statement.dataset, DatasetId("x"));

  for (unsigned rank = 0; rank < GetParam(); ++rank) {
    if (rank != 1) cluster.stop_node(rank);
  }
  EXPECT_FALSE(client::list_datasets(alice, device));
}

TEST_P(ClusterOf, NothingIsSentToADeviceThatIsNotPinned) {
  auto bob = cluster.client("bob");
  auto refused = bob.device(device.name);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kDenied);
}

TEST_P(ClusterOf, AnUploadThatCannotReachAllNodesIsVisibleOnNone) {
  cluster.stop_node(1);
  EXPECT_FALSE(push("x", inputs[0]));
  cluster.start_node(1);
  device = *alice.device(device.name);
  for (const auto& node : device.compute) {
    EXPECT_TRUE(alice.node<wire::Datasets>(node, wire::ListData{})->empty());
  }
  EXPECT_TRUE(push("x", inputs[0]));
}

/// Two nodes and two dealers, and a device that names both.
class TwoDealers : public ::testing::Test {
 protected:
  TwoDealers()
      : cluster(2, {"carol", "dora"}),
        alice(cluster.client("alice")),
        device(cluster.make_device(alice, {PartyId("carol"), PartyId("dora")})) {
    const auto bytes = io::read_file(kProgram + "program.hlo.pb", 1 << 20).value();
    const auto inputs =
        io::in_order(io::read_npz_file(kProgram + "inputs.npz").value(), "in", "inputs").value();
    request.device = device.name;
    request.device_digest = digest(device);
    request.program = client::push_blob(alice, device, wire::BlobKind::kProgram, bytes, quiet).value();
    request.outputs = {{"out0", PartyId("alice")}};
    for (std::size_t i = 0; i < inputs.size(); ++i) {
      const auto name = "in" + std::to_string(i);
      const auto policy =
          service::parse_policy("", "policy", PartyId("alice"), {PartyId("alice"), PartyId("bob")}).value();
      EXPECT_TRUE(client::push(alice, device, {DatasetId(name), inputs[i], {}, policy}, random, quiet));
      request.inputs.push_back({name, DatasetId(name)});
    }
  }
  Job run(const std::string& id) {
    auto submitted =
        client::submit(alice, device, {JobId(id), request.program, request.inputs, request.outputs});
    EXPECT_TRUE(submitted) << submitted.error().message();
    return client::watch(alice, JobId(id), [](const Job&) {}).value();
  }
  /// Has both nodes prepare the attempt; answers the manifest.
  service::Fields prepare(const std::string& id) {
    request.id = JobId(id);
    service::Fields manifest;
    for (unsigned i = 0; i < 2; ++i) {
      auto prepared =
          cluster.ask_node<service::Fields>(i, wire::PrepareAttempt{request, 1, device, PartyId("alice")});
      EXPECT_TRUE(prepared) << prepared.error().message();
      manifest = prepared.value_or(service::Fields{});
    }
    return manifest;
  }
  Outcome<wire::Done> start(unsigned node, const service::Fields& manifest, const std::string& dealer) {
    const auto named = service::node::digest_manifest(service::node::with_dealer(manifest, dealer));
    return cluster.ask_node<wire::Done>(node, wire::StartAttempt{request.id, 1, named, dealer});
  }

  crypto::OsRandom random;
  TestCluster cluster;
  client::Client alice;
  service::Device device;
  service::JobRequest request;
};

TEST_F(TwoDealers, AJobRunsWithTheOtherWhileOneIsAway) {
  auto first = run("j1");
  EXPECT_EQ(first.state, JobState::kDone) << client::outcome(first).error().message();
  cluster.stop_dealer("carol");
  auto second = run("j2");
  EXPECT_EQ(second.state, JobState::kDone) << client::outcome(second).error().message();
  cluster.start_dealer("carol");
  cluster.stop_dealer("dora");
  auto third = run("j3");
  EXPECT_EQ(third.state, JobState::kDone) << client::outcome(third).error().message();
}

TEST_F(TwoDealers, NodesThatWereToldOfDifferentDealersPart) {
  const auto manifest = prepare("j1");
  ASSERT_TRUE(start(0, manifest, device.dealers[0].identity));
  ASSERT_TRUE(start(1, manifest, device.dealers[1].identity));
  for (unsigned i = 0; i < 2; ++i) {
    auto status = cluster.ask_node<wire::AttemptStatus>(i, wire::AwaitAttempt{request.id, 1, 10'000});
    ASSERT_TRUE(status) << status.error().message();
    EXPECT_EQ(status->state, wire::AttemptState::kFailed);
    ASSERT_TRUE(status->problem);
    EXPECT_NE(status->problem->message().find("differs in dealer"), std::string::npos)
        << status->problem->message();
  }
}

TEST_F(TwoDealers, ADealerThatTheDeviceDoesNotNameIsRefused) {
  const auto manifest = prepare("j1");
  const std::string eve = "spiffe://eve.spud/spud/dealer/eve-0";
  for (unsigned i = 0; i < 2; ++i) EXPECT_EQ(start(i, manifest, eve).error().code, ErrorCode::kDenied);
  // Nor is one whom the digest does not cover.
  const wire::StartAttempt unnamed{request.id, 1, service::node::digest_manifest(manifest),
                                   device.dealers[0].identity};
  EXPECT_EQ(cluster.ask_node<wire::Done>(0, unnamed).error().code, ErrorCode::kConflict);
  for (unsigned i = 0; i < 2; ++i) ASSERT_TRUE(start(i, manifest, device.dealers[1].identity));
  EXPECT_EQ(start(0, manifest, device.dealers[0].identity).error().code, ErrorCode::kConflict)
      << "it was started with the other";
  auto status = cluster.ask_node<wire::AttemptStatus>(0, wire::AwaitAttempt{request.id, 1, 10'000});
  ASSERT_TRUE(status);
  EXPECT_EQ(status->state, wire::AttemptState::kDone);
}

INSTANTIATE_TEST_SUITE_P(Parties, ClusterOf, ::testing::Values(2u, 3u));

}  // namespace
}  // namespace spud::actors
