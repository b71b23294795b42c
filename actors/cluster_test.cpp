// SPDX-License-Identifier: Apache-2.0
// The services together: real actors, stores, certificates and connections, in one process.
#include "actors/cluster_for_tests.hpp"
#include "io/file.hpp"
#include "io/npz.hpp"
#include "service/client/datasets.hpp"

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

TEST_P(ClusterOf, AnAbsentNodeFailsTheJobByName) {
  ASSERT_TRUE(push("x", inputs[0]));
  ASSERT_TRUE(push("y", inputs[1]));
  auto lost = order("j1");
  cluster.stop_node(1);
  auto job = run(lost);
  EXPECT_EQ(job.state, JobState::kFailed);
  EXPECT_EQ(job.attempts.back().problem->party, "bob");
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

INSTANTIATE_TEST_SUITE_P(Parties, ClusterOf, ::testing::Values(2u, 3u));

}  // namespace
}  // namespace spud::actors
