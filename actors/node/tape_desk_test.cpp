// SPDX-License-Identifier: Apache-2.0
// Nodes and a dealer that make tapes ahead: real connections and stores, without a scheduler that asks for
// it.
#include "actors/node/tape_desk.hpp"

#include <future>

#include "actors/cluster_for_tests.hpp"
#include "io/file.hpp"
#include "service/client/datasets.hpp"
#include "service/stock/tape_intake.hpp"

namespace spud::actors {
namespace {

using service::stock::StockTape;
using service::stock::TapeState;

class TapeDeskTest : public ::testing::TestWithParam<unsigned> {
 protected:
  TapeDeskTest()
      : cluster(GetParam(), {"carol", "dora"}),
        alice(cluster.client("alice")),
        device(cluster.make_device(alice, {PartyId("carol"), PartyId("dora")})) {
    auto bytes = io::read_file("tests/corpus/dot_matmul/program.hlo.pb", 1 << 20).value();
    program = service::client::push_blob(alice, device, wire::BlobKind::kProgram, bytes,
                                         [](const std::string&, std::uint64_t, std::uint64_t) {})
                  .value();
  }
  static Identity scheduler() {
    return {PartyId("operator"), "operator.spud", crypto::Role::kScheduler, NodeId("operator-0")};
  }
  wire::PrepareStock program_order() {
    return {device, program, {TensorType{DType::kF32, {5, 7}}, TensorType{DType::kF32, {7, 3}}}};
  }
  Digest prepare() {
    Digest demand;
    for (unsigned i = 0; i < GetParam(); ++i) {
      auto fields = cluster.tapes(i).prepare(scheduler(), program_order());
      EXPECT_TRUE(fields) << fields.error().message();
      if (!fields) return {};
      demand = *Digest::from_hex(service::find_field(*fields, "demand"));
    }
    return demand;
  }
  /// All nodes at once, or those given.
  std::vector<Result<StockTape>> make(const Digest& demand, const std::string& order,
                                      std::vector<unsigned> nodes = {}, const std::string& dealer = {}) {
    if (nodes.empty()) {
      for (unsigned i = 0; i < GetParam(); ++i) nodes.push_back(i);
    }
    std::vector<std::future<Result<StockTape>>> making;
    for (auto i : nodes) {
      making.push_back(std::async(std::launch::async, [&, i] {
        return cluster.tapes(i).make(scheduler(), {device, demand, order, dealer});
      }));
    }
    std::vector<Result<StockTape>> made;
    for (auto& one : making) made.push_back(one.get());
    return made;
  }

  TestCluster cluster;
  service::client::Client alice;
  service::Device device;
  Digest program;
};

TEST_P(TapeDeskTest, AllNodesKeepTheirPartOfOneTape) {
  const auto demand = prepare();
  for (std::uint64_t number = 1; number <= 2; ++number) {
    auto made = make(demand, "order-" + std::to_string(number));
    for (const auto& tape : made) {
      ASSERT_TRUE(tape) << tape.error().message();
      EXPECT_EQ(tape->id.sequence, number);
      EXPECT_EQ(tape->id.str(), made[0]->id.str());
      EXPECT_EQ(tape->digest, made[0]->digest);
      EXPECT_EQ(tape->demand, demand);
      EXPECT_EQ(tape->state, TapeState::kReady);
    }
    EXPECT_EQ(made.front()->bytes, 0u) << "a seed only";
    EXPECT_GT(made.back()->bytes, 0u);
  }
  auto listed =
      cluster.tapes(0).list({PartyId("dave"), "dave.spud", crypto::Role::kClient, NodeId("dave-0")});
  ASSERT_TRUE(listed);
  EXPECT_EQ(listed->size(), 2u);
  wire::Announce announcement;
  cluster.tapes(0).announce(announcement);
  EXPECT_TRUE(announcement.keeps_stock);
  EXPECT_EQ(announcement.stock.size(), 2u);
}

TEST_P(TapeDeskTest, AnyOfItsDealersMakesATapeAndNumbersIt) {
  const auto demand = prepare();
  cluster.stop_dealer("carol");
  for (const auto& tape : make(demand, "order", {}, device.dealers[1].identity)) {
    ASSERT_TRUE(tape) << tape.error().message();
    EXPECT_EQ(tape->id, (service::TapeId{PartyId("dora"), NodeId("dora-0"), 1, 1}));
  }
  for (const auto& tape : make(demand, "first")) {
    ASSERT_FALSE(tape);
    EXPECT_EQ(tape.error().party, "carol") << "whoever names none means the first";
  }
}

TEST_P(TapeDeskTest, ADealerThatTheDeviceDoesNotNameMakesNone) {
  const auto demand = prepare();
  for (const auto& tape : make(demand, "order", {}, "spiffe://eve.spud/spud/dealer/eve-0")) {
    ASSERT_FALSE(tape);
    EXPECT_EQ(tape.error().code, ErrorCode::kDenied);
  }
}

TEST_P(TapeDeskTest, AnOrderIsDealtOnce) {
  const auto demand = prepare();
  for (const auto& tape : make(demand, "order")) ASSERT_TRUE(tape) << tape.error().message();
  for (const auto& tape : make(demand, "order")) {
    ASSERT_FALSE(tape);
    EXPECT_EQ(tape.error().code, ErrorCode::kConflict) << tape.error().message();
  }
  EXPECT_EQ(cluster.vault(0).list().size(), 1u);
}

TEST_P(TapeDeskTest, ANodeThatDoesNotComeIsNamedAndNothingIsKept) {
  const auto demand = prepare();
  auto made = make(demand, "order", {0});
  ASSERT_FALSE(made[0]);
  EXPECT_EQ(made[0].error().party, "bob") << made[0].error().message();
  EXPECT_TRUE(cluster.vault(0).list().empty());
}

TEST_P(TapeDeskTest, ANodeWithoutRoomFailsTheTapeForAllAndTheOthersBurnIt) {
  const auto demand = prepare();
  const unsigned last = GetParam() - 1;
  // Takes the number that the dealer will give before the dealer does.
  const service::TapeId next{PartyId("carol"), NodeId("carol-0"), 1, 1};
  ASSERT_TRUE(cluster.vault(last).begin(next, digest(device), demand, Seed(), 0));
  auto made = make(demand, "order");
  for (const auto& tape : made) EXPECT_FALSE(tape);
  EXPECT_NE(made.front().error().message().find(TestCluster::party(last)), std::string::npos)
      << made.front().error().message();
  for (unsigned i = 0; i < GetParam(); ++i) EXPECT_TRUE(cluster.vault(i).ready_tapes(9).empty()) << i;
  for (const auto& tape : make(demand, "again")) EXPECT_TRUE(tape) << tape.error().message();
}

TEST_P(TapeDeskTest, OnlyTheSchedulerMayAsk) {
  const Identity mallory{PartyId("dave"), "dave.spud", crypto::Role::kScheduler, NodeId("dave-0")};
  auto prepared = cluster.tapes(0).prepare(mallory, program_order());
  ASSERT_FALSE(prepared);
  EXPECT_EQ(prepared.error().code, ErrorCode::kDenied);
  auto made = cluster.tapes(0).make(mallory, {device, {}, "order", {}});
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().code, ErrorCode::kDenied);
  const Identity client{PartyId("dave"), "dave.spud", crypto::Role::kClient, NodeId("dave-0")};
  EXPECT_FALSE(cluster.tapes(0).discard(client, {{PartyId("carol"), NodeId("carol-0"), 1, 1}}));
}

TEST_P(TapeDeskTest, WhatCannotBePreparedSaysWhy) {
  auto unknown = program_order();
  unknown.program = {};
  auto missing = cluster.tapes(0).prepare(scheduler(), unknown);
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().code, ErrorCode::kNotFound);
  auto wrong = program_order();
  wrong.inputs.pop_back();
  EXPECT_FALSE(cluster.tapes(0).prepare(scheduler(), wrong));
  auto never = cluster.tapes(0).make(scheduler(), {device, {}, "order", {}});
  ASSERT_FALSE(never);
  EXPECT_EQ(never.error().code, ErrorCode::kNotFound);
}

TEST_P(TapeDeskTest, ADiscardedTapeIsGoneAndAClosedDeskMakesNone) {
  const auto demand = prepare();
  auto made = make(demand, "order");
  ASSERT_TRUE(made[0]) << made[0].error().message();
  ASSERT_TRUE(cluster.tapes(0).discard(scheduler(), {made[0]->id}));
  EXPECT_TRUE(cluster.vault(0).list().empty());
  cluster.tapes(0).close();
  for (const auto& tape : make(demand, "late")) EXPECT_FALSE(tape);
}

INSTANTIATE_TEST_SUITE_P(Nodes, TapeDeskTest, ::testing::Values(2u, 3u));

}  // namespace
}  // namespace spud::actors
