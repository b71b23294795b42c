// SPDX-License-Identifier: Apache-2.0
// The course of a job, as its clients get it from scheduler, nodes and dealer.
#include "service/client/trace.hpp"

#include <algorithm>

#include "actors/cluster_for_tests.hpp"
#include "io/file.hpp"
#include "io/npz.hpp"
#include "service/client/datasets.hpp"
#include "service/trace/job_spans.hpp"

namespace spud::actors {
namespace {

using service::Job;
using service::JobState;
using service::trace::Part;
using service::trace::Timeline;
namespace client = service::client;

const std::string kProgram = "tests/corpus/dot_matmul/";

void quiet(const std::string&, std::uint64_t, std::uint64_t) {}

class Traces : public ::testing::Test {
 protected:
  Traces() : cluster(2), alice(cluster.client("alice")), device(cluster.make_device(alice)) {
    program = io::read_file(kProgram + "program.hlo.pb", 1 << 20).value();
    const auto inputs =
        io::in_order(io::read_npz_file(kProgram + "inputs.npz").value(), "in", "inputs").value();
    push("x", inputs[0]);
    push("y", inputs[1]);
  }
  void push(const std::string& name, const Literal& values) {
    const auto policy = service::parse_policy("recipients: [alice, bob]", "policy", PartyId("alice"),
                                              {PartyId("alice"), PartyId("bob")})
                            .value();
    ASSERT_TRUE(client::push(alice, device, {DatasetId(name), values, {}, policy}, random, quiet));
  }
  Job run(const std::string& id, service::trace::Context trace = {}) {
    auto digest = client::push_blob(alice, device, wire::BlobKind::kProgram, program, quiet);
    client::RunOrder order{JobId(id),
                           digest.value(),
                           {{"in0", DatasetId("x")}, {"in1", DatasetId("y")}},
                           {{"out0", PartyId("bob")}}};
    order.trace = trace;
    order.max_attempts = 1;
    EXPECT_TRUE(client::submit(alice, device, order));
    return client::watch(alice, JobId(id), [](const Job&) {}).value();
  }
  Timeline timeline(client::Client& by, const std::string& id) {
    auto told = client::timeline(by, JobId(id), std::nullopt, clock);
    EXPECT_TRUE(told) << told.error().message();
    return std::move(*told);
  }
  static const Part* part_of(const Timeline& timeline, const std::string& service, const std::string& party,
                             std::uint32_t attempt = 1) {
    for (const auto& told : timeline.parts) {
      const auto& part = told.part;
      if (part.service == service && part.party.str() == party && part.attempt == attempt) return &part;
    }
    return nullptr;
  }
  static bool has_step(const Part& part, const std::string& name) {
    return std::ranges::any_of(part.spans, [&](const auto& span) { return span.name == name; });
  }

  crypto::OsRandom random;
  SystemClock clock;
  TestCluster cluster;
  client::Client alice;
  service::Device device;
  Bytes program;
};

TEST_F(Traces, TellWhatEveryServiceDidForAJob) {
  crypto::SeededRandom seeded(5);
  const auto given = service::trace::fresh(seeded).value();
  ASSERT_EQ(run("j", given).state, JobState::kDone);
  const auto told = timeline(alice, "j");
  EXPECT_EQ(told.trace, given.trace);
  EXPECT_TRUE(told.missing.empty()) << told.missing.front().why;
  const auto* scheduler = part_of(told, "scheduler", "operator");
  ASSERT_NE(scheduler, nullptr);
  for (const auto* name : {"prepare", "choose tape", "start", "await"})
    EXPECT_TRUE(has_step(*scheduler, name)) << name;
  for (const auto* party : {"alice", "bob"}) {
    const auto* node = part_of(told, "node", party);
    ASSERT_NE(node, nullptr) << party;
    for (const auto* name : {"policy", "compile", "wait", "linking", "tape", "loading", "running", "storing"})
      EXPECT_TRUE(has_step(*node, name)) << name;
    for (const auto& span : node->spans) EXPECT_GE(span.end_micros, span.start_micros) << span.name;
    ASSERT_FALSE(node->instructions.empty());
    const auto dot = std::ranges::find(node->instructions, "dot", &service::trace::InstructionRow::operation);
    ASSERT_NE(dot, node->instructions.end());
    EXPECT_GT(dot->computing_nanos, 0u);
    EXPECT_GT(dot->rounds, 0u);
    EXPECT_GT(dot->sent_bytes, 0u);
  }
  const auto* dealer = part_of(told, "dealer", "carol");
  ASSERT_NE(dealer, nullptr);
  EXPECT_EQ(dealer->heard_of.str(), "bob") << "the last rank tells";
  EXPECT_TRUE(has_step(*dealer, "deal"));
}

TEST_F(Traces, AreForTheJobsPartyAndItsRecipientsAlone) {
  ASSERT_EQ(run("j").state, JobState::kDone);
  auto bob = cluster.client("bob");
  EXPECT_NE(part_of(timeline(bob, "j"), "node", "alice"), nullptr) << "it has the result";
  auto carol = cluster.client("carol");
  EXPECT_EQ(client::timeline(carol, JobId("j"), std::nullopt, clock).error().code, ErrorCode::kDenied);
  const auto& node = device.compute[0];
  const auto page = carol.node<wire::TracePage>(node, wire::FetchTrace{JobId("j"), 1, 0});
  ASSERT_FALSE(page);
  EXPECT_EQ(page.error().code, ErrorCode::kNotFound) << "nor does a node say that there is one";
  EXPECT_TRUE(alice.node<wire::TracePage>(node, wire::FetchTrace{JobId("j"), 1, 0}));
}

TEST_F(Traces, OutliveTheNodeAndSayWhoIsAway) {
  ASSERT_EQ(run("j").state, JobState::kDone);
  cluster.stop_node(0);
  const auto without = timeline(alice, "j");
  ASSERT_EQ(without.missing.size(), 1u);
  EXPECT_EQ(without.missing[0].party, PartyId("alice"));
  EXPECT_EQ(part_of(without, "node", "alice"), nullptr);
  EXPECT_NE(part_of(without, "node", "bob"), nullptr);
  cluster.start_node(0);
  const auto whole = timeline(alice, "j");
  EXPECT_TRUE(whole.missing.empty());
  ASSERT_NE(part_of(whole, "node", "alice"), nullptr);
  EXPECT_FALSE(part_of(whole, "node", "alice")->instructions.empty());
}

TEST_F(Traces, OfWhatFailedSayWhere) {
  ASSERT_TRUE(alice.node<wire::Done>(device.compute[1], wire::DropData{DatasetId("y"), digest(device), {}}));
  const auto job = run("j");
  ASSERT_EQ(job.state, JobState::kFailed);
  const auto told = timeline(alice, "j");
  const auto* scheduler = part_of(told, "scheduler", "operator");
  ASSERT_NE(scheduler, nullptr);
  EXPECT_TRUE(scheduler->spans.front().problem) << "the attempt";
  const auto* bob = part_of(told, "node", "bob");
  ASSERT_NE(bob, nullptr) << "it refused to prepare it";
  ASSERT_TRUE(has_step(*bob, "policy"));
  EXPECT_TRUE(bob->spans.back().problem);
  EXPECT_FALSE(has_step(*bob, "running"));
}

}  // namespace
}  // namespace spud::actors
