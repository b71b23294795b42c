// SPDX-License-Identifier: Apache-2.0
// What services publish about a job, with real actors, stores, certificates and connections in one process.
#include <array>
#include <ctime>
#include <map>
#include <regex>
#include <sstream>

#include "actors/cluster_for_tests.hpp"
#include "correlation/demand.hpp"
#include "io/file.hpp"
#include "io/npz.hpp"
#include "service/client/datasets.hpp"

namespace spud::actors {
namespace {

using service::Job;
using service::JobState;
namespace client = service::client;

const std::string kProgram = "tests/corpus/dot_matmul/";
const std::string kAlice = "alice/compute/alice-0", kBob = "bob/compute/bob-0";

/// Samples by name and labels as written.
std::map<std::string, double> samples(const metrics::Registry& registry) {
  std::map<std::string, double> found;
  std::istringstream lines(registry.text());
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("#")) continue;
    const auto end = line.rfind(' ');
    found[line.substr(0, end)] = std::stod(line.substr(end + 1));
  }
  return found;
}

class Metrics : public ::testing::Test {
 protected:
  Metrics() {
    program = io::read_file(kProgram + "program.hlo.pb", 1 << 20).value();
    const auto inputs = io::in_order(io::read_npz_file(kProgram + "inputs.npz").value(), "in", "inputs");
    std::vector<PartyId> parties;
    for (const auto& member : device.compute) parties.push_back(member.party);
    const auto policy = service::parse_policy("", "policy", PartyId("alice"), parties).value();
    const char* names[] = {"x", "y"};
    for (std::size_t i = 0; i < 2; ++i) {
      EXPECT_TRUE(client::push(alice, device, {DatasetId(names[i]), (*inputs)[i], {}, policy}, random,
                               [](const std::string&, std::uint64_t, std::uint64_t) {}));
    }
  }
  client::RunOrder order(const std::string& id) {
    auto digest = client::push_blob(alice, device, wire::BlobKind::kProgram, program,
                                    [](const std::string&, std::uint64_t, std::uint64_t) {});
    EXPECT_TRUE(digest) << digest.error().message();
    return {
        JobId(id), *digest, {{"in0", DatasetId("x")}, {"in1", DatasetId("y")}}, {{"out0", PartyId("alice")}}};
  }
  void submit(client::RunOrder order) {
    auto submitted = client::submit(alice, device, std::move(order));
    ASSERT_TRUE(submitted) << submitted.error().message();
  }
  Job watch(const std::string& id) {
    return client::watch(alice, JobId(id), [](const Job&) {}).value();
  }
  /// Samples once `holds` says yes to them: what ends a job is told after it.
  template <class Condition>
  std::map<std::string, double> wait_for(metrics::Registry& registry, Condition holds) {
    const auto end = clock.now() + Millis(30'000);
    for (;;) {
      auto found = samples(registry);
      if (holds(found)) return found;
      if (clock.now() >= end) {
        ADD_FAILURE() << registry.text();
        return found;
      }
      std::this_thread::yield();
    }
  }

  SystemClock clock;
  crypto::OsRandom random;
  TestCluster cluster{2};
  client::Client alice{cluster.client("alice")};
  service::Device device{cluster.make_device(alice)};
  Bytes program;
};

TEST_F(Metrics, OfANodeShowTheAttemptItRan) {
  submit(order("j1"));
  ASSERT_EQ(watch("j1").state, JobState::kDone);
  auto found = wait_for(cluster.node_metrics(0), [](auto& all) {
    return all["spud_memory_reserved_bytes"] == 0 && all["spud_mailbox_depth{actor=\"store\"}"] == 0 &&
           all["spud_mailbox_depth{actor=\"node\"}"] == 0 &&
           all["spud_mailbox_depth{actor=\"session\"}"] == 0;
  });
  EXPECT_GT(found["spud_rounds_total"], 0);
  EXPECT_EQ(found["spud_link_rounds_total{peer=\"" + kBob + "\"}"], found["spud_rounds_total"]);
  EXPECT_TRUE(found.contains("spud_link_wait_seconds_total{peer=\"" + kBob + "\"}"));
  for (const auto& peer :
       {"kind=\"session\",peer=\"" + kBob, std::string("kind=\"tape\",peer=\"carol/dealer/carol-0"),
        std::string("kind=\"request\",peer=\"operator/scheduler/operator-0"),
        std::string("kind=\"request\",peer=\"alice/client")}) {
    EXPECT_GT(found["spud_sent_bytes_total{" + peer + "\"}"], 0) << peer;
    EXPECT_GT(found["spud_received_bytes_total{" + peer + "\"}"], 0) << peer;
  }
  for (const auto* phase :
       {"compiling", "preparing", "reserving", "linking", "tape", "loading", "running", "storing"})
    EXPECT_EQ(found["spud_attempt_phase_seconds_count{phase=\"" + std::string(phase) + "\"}"], 1) << phase;
  EXPECT_EQ(found["spud_operations_total{operation=\"dot\"}"], 1);
  EXPECT_GT(found["spud_operation_seconds_total{operation=\"dot\"}"], 0);
  EXPECT_EQ(found["spud_operations_total{operation=\"sort\"}"], 0);
  EXPECT_EQ(found["spud_tapes_burnt_total"], 1);
  EXPECT_GT(found["spud_memory_limit_bytes"], 0);
  EXPECT_EQ(found["spud_peer_up{peer=\"" + kBob + "\"}"], 1);
  EXPECT_GT(found["spud_peer_round_trip_seconds{peer=\"" + kBob + "\"}"], 0);
  EXPECT_EQ(found["spud_peer_up{peer=\"carol/dealer/carol-0\"}"], 1);
  EXPECT_EQ(found["spud_actor_failures_total{actor=\"session\"}"], 0);
}

TEST_F(Metrics, AnAttemptThatTheNodeRefusesIsNoneThatFailed) {
  auto denied = order("j1");
  denied.outputs[0].recipient = PartyId("bob");
  submit(std::move(denied));
  ASSERT_EQ(watch("j1").state, JobState::kFailed);
  auto found =
      wait_for(cluster.node_metrics(0), [](auto& all) { return all["spud_attempts_refused_total"] > 0; });
  EXPECT_EQ(found["spud_attempts_refused_total"], 1);
  EXPECT_EQ(found["spud_attempts_total{outcome=\"failed\"}"], 0);
  EXPECT_EQ(found["spud_policy_decisions_total{outcome=\"refused\"}"], 1);
}

TEST_F(Metrics, OfANodeShowItsStoresCertificatesAndHandshakes) {
  auto found = samples(cluster.node_metrics(0));
  EXPECT_GT(found["spud_store_bytes{family=\"shares\"}"], 0);
  EXPECT_GT(found["spud_store_bytes{family=\"audit\"}"], 0);
  EXPECT_TRUE(found.contains("spud_store_bytes{family=\"tapes\"}")) << "of the vault";
  EXPECT_EQ(found["spud_store_failed"], 0);
  EXPECT_GT(found["spud_store_free_bytes"], 0);
  const auto now = static_cast<double>(std::time(nullptr));
  for (const char* name : {"own", "ca alice", "ca bob", "ca carol", "ca operator"}) {
    const auto end =
        found[std::string("spud_certificate_expiry_timestamp_seconds{certificate=\"") + name + "\"}"];
    EXPECT_GT(end, now) << name;
    EXPECT_LE(end, now + 86'400) << name;
    const auto due =
        found[std::string("spud_certificate_renewal_timestamp_seconds{certificate=\"") + name + "\"}"];
    EXPECT_GT(due, now) << name;
    EXPECT_LT(due, end - 1000) << "a third of its time before its end: " << name;
  }
  EXPECT_GT(found["spud_tls_handshakes_total{outcome=\"done\",side=\"server\"}"], 0);
  EXPECT_EQ(found["spud_tls_handshakes_total{outcome=\"failed\",side=\"server\"}"], 0);
  const auto refused = cluster.connect_to_node_as_stranger(0);
  EXPECT_FALSE(refused);
  found = wait_for(cluster.node_metrics(0), [](auto& all) {
    return all["spud_tls_handshakes_total{outcome=\"failed\",side=\"server\"}"] > 0;
  });
  EXPECT_EQ(found["spud_refused_connections_total{reason=\"handshake\"}"], 1);
}

TEST_F(Metrics, OfASchedulerAndADealerShowTheJob) {
  submit(order("j1"));
  ASSERT_EQ(watch("j1").state, JobState::kDone);
  auto found = wait_for(cluster.scheduler_metrics(), [](auto& all) {
    return all["spud_peer_up{peer=\"" + kAlice + "\"}"] == 1 &&
           all["spud_peer_up{peer=\"" + kBob + "\"}"] == 1 && all["spud_mailbox_depth{actor=\"job\"}"] == 0;
  });
  EXPECT_EQ(found["spud_jobs_total{outcome=\"done\"}"], 1);
  EXPECT_EQ(found["spud_job_wait_seconds_count"], 1);
  EXPECT_EQ(found["spud_job_duration_seconds_count{outcome=\"done\"}"], 1);
  EXPECT_GE(found["spud_job_duration_seconds_sum{outcome=\"done\"}"], found["spud_job_wait_seconds_sum"]);
  EXPECT_EQ(found["spud_peer_up{peer=\"" + kBob + "\"}"], 1);
  EXPECT_GT(found["spud_sent_bytes_total{kind=\"request\",peer=\"" + kAlice + "\"}"], 0);
  EXPECT_GT(found["spud_received_bytes_total{kind=\"request\",peer=\"alice/client\"}"], 0);
  EXPECT_EQ(found["spud_actor_failures_total{actor=\"courier\"}"], 0);

  auto dealt = samples(cluster.dealer_metrics("carol"));
  EXPECT_GT(dealt["spud_received_bytes_total{kind=\"tape\",peer=\"" + kAlice + "\"}"], 0);
  EXPECT_GT(dealt["spud_sent_bytes_total{kind=\"tape\",peer=\"" + kBob + "\"}"],
            dealt["spud_dealt_tape_bytes_total"]);
  EXPECT_GT(dealt["spud_dealt_tape_bytes_total"], 0);
}

TEST_F(Metrics, ARequestOutOfPlaceIsCountedByTheDealer) {
  const std::string refused = "spud_refused_frames_total{reason=\"malformed\"}";
  EXPECT_EQ(samples(cluster.dealer_metrics("carol"))[refused], 0);
  const correlation::Demand nothing;
  const auto demand = correlation::encode(nothing);
  const std::array<ByteView, 1> payload{demand};
  std::vector<std::unique_ptr<net::Connection>> nodes;
  wire::OpenTape open{JobId("j"), 1, device, Rank{0}, correlation::digest(nothing)};
  for (unsigned i = 0; i < 2; ++i) {
    open.rank = Rank{i};
    nodes.push_back(cluster.connect_to_dealer(i, "carol"));
    ASSERT_TRUE(nodes.back()->send(wire::encode(wire::DealerRequest(open)), payload, Millis(10'000)));
  }
  const auto answer = nodes[1]->receive({}, Millis(10'000));
  ASSERT_TRUE(answer) << answer.error().message();
  ASSERT_TRUE(std::holds_alternative<wire::TapeOpened>(wire::decode_dealer_answer(answer->header).value()));
  // While it deals it hears signs of life, and nothing else.
  ASSERT_TRUE(nodes[1]->send(wire::encode(wire::DealerRequest(open)), Millis(10'000)));
  while (nodes[1]->receive({}, Millis(10'000))) {
  }
  EXPECT_EQ(samples(cluster.dealer_metrics("carol"))[refused], 1);
}

TEST_F(Metrics, AJobWhoseNodeIsAwayIsTriedAgainAndACancelledOneIsCounted) {
  auto wanted = order("j1");
  cluster.stop_node(1);
  submit(std::move(wanted));
  auto found =
      wait_for(cluster.scheduler_metrics(), [](auto& all) { return all["spud_job_retries_total"] > 0; });
  EXPECT_EQ(found["spud_jobs_total{outcome=\"cancelled\"}"], 0);
  EXPECT_EQ(found["spud_job_wait_seconds_count"], 1);
  ASSERT_TRUE(alice.scheduler<Job>(wire::CancelJob{JobId("j1")}));
  found = samples(cluster.scheduler_metrics());
  EXPECT_EQ(found["spud_jobs_total{outcome=\"cancelled\"}"], 1);
  EXPECT_EQ(found["spud_job_duration_seconds_count{outcome=\"cancelled\"}"], 1);
}

}  // namespace
}  // namespace spud::actors
