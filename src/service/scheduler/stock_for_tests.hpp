// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>

#include "service/scheduler/job_book.hpp"

namespace spud::service::scheduler {

inline crypto::Identity who(const std::string& party, crypto::Role role, const std::string& name) {
  return {PartyId(party), party + ".spud", role, NodeId(name)};
}

/// Alice and Bob compute, Carol deals, Ann and Ben are the clients of the first two; all nodes keep stock and
/// have just said so.
class StockOfADevice : public ::testing::Test {
 protected:
  StockOfADevice() {
    announce();
    device = *devices.create(ann,
                             {DeviceId("d"),
                              Layout::kOutsourcing,
                              Protocol::kSemi2k,
                              {64, 18},
                              {PartyId("alice"), PartyId("bob")},
                              {}},
                             registry, now);
  }

  /// A heartbeat of everybody: nodes hold these tapes.
  void announce(const stock::StockTapes& at_alice, const stock::StockTapes& at_bob) {
    for (const auto& [node, tapes] : {std::pair{alice, at_alice}, std::pair{bob, at_bob}}) {
      const wire::Announce said{"host:1", "7", false, true, tapes};
      EXPECT_TRUE(registry.announce(node, said, now));
      stock.report(node, said, now);
    }
    EXPECT_TRUE(registry.announce(carol, {"host:2", "", false}, now));
  }
  void announce(const stock::StockTapes& at_both = {}) { announce(at_both, at_both); }

  stock::StockTape tape(std::uint64_t sequence) const {
    stock::StockTape tape;
    tape.id = {PartyId("carol"), NodeId("carol-0"), 1, sequence};
    tape.device = digest(device);
    tape.demand = demand;
    tape.digest = stock::tape_digest(tape.id, demand, demand);
    tape.state = stock::TapeState::kReady;
    return tape;
  }
  /// A wish like no other.
  StockWish wish(std::uint32_t runs) {
    const auto id = "o" + std::to_string(++wishes);
    return {id, digest_fields("wish", {{"id", id}}), runs};
  }
  void order(std::uint32_t runs) { EXPECT_TRUE(stock.order(ann, device, plan, wish(runs))); }
  std::vector<TapeOrder> due(const WaitingJobs& waiting = {}) {
    return stock.due(registry, waiting, now, 1'000'000 + now.count());
  }
  wire::StockKind shown() const { return stock.show({device.name, demand}, {}); }

  const crypto::Identity ann = who("alice", crypto::Role::kClient, "ann");
  const crypto::Identity ben = who("bob", crypto::Role::kClient, "ben");
  const crypto::Identity eve = who("eve", crypto::Role::kClient, "eve");
  const crypto::Identity alice = who("alice", crypto::Role::kCompute, "alice-0");
  const crypto::Identity bob = who("bob", crypto::Role::kCompute, "bob-0");
  const crypto::Identity carol = who("carol", crypto::Role::kDealer, "carol-0");
  const Digest demand = digest_fields("demand", {{"of", "a test"}});
  const StockPlan plan{demand, digest_fields("plan", {}), digest_fields("program", {})};

  unsigned wishes = 0;
  Millis now{1000};
  NodeRegistry registry{Millis(5000)};
  DeviceBook devices;
  Device device;
  JobBook jobs;
  StockBook stock;
};

}  // namespace spud::service::scheduler
