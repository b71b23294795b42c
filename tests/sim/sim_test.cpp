// SPDX-License-Identifier: Apache-2.0
#include <cstdio>
#include <cstdlib>
#include <ostream>

#include <gtest/gtest.h>

#include "tests/sim/cluster.hpp"

namespace spud::sim {

/// For GoogleTest.
void PrintTo(Defect defect, std::ostream* out) {
  *out << to_string(defect);
}

namespace {

std::uint64_t seeds() {
  const char* wanted = std::getenv("SPUD_SIM_SEEDS");
  return wanted == nullptr ? 50 : std::strtoull(wanted, nullptr, 10);
}

std::string report(std::uint64_t seed, const Outcome& outcome) {
  std::string text = "seed " + std::to_string(seed) + "\n" + outcome.history;
  for (const auto& objection : outcome.objections) text += "objection: " + objection + "\n";
  return text;
}

TEST(Simulation, NoPieceOfCorrelationServesTwice) {
  Tally tally;
  for (std::uint64_t seed = 1; seed <= seeds(); ++seed) {
    const auto outcome = simulate(seed);
    tally.add(outcome.tally);
    ASSERT_TRUE(outcome.ok()) << report(seed, outcome);
  }
  std::printf("%s\n", tally.str().c_str());
  if (seeds() < 50) return;
  // About half of what is seen: nothing passes by doing nothing.
  const auto at_least = [&](const char* what, std::size_t seen, double a_seed) {
    EXPECT_GE(static_cast<double>(seen), a_seed * static_cast<double>(seeds())) << what;
  };
  at_least("jobs from stock", tally.jobs_from_stock, 3);
  at_least("jobs dealt to live", tally.jobs_done - tally.jobs_from_stock, 2);
  at_least("tapes made", tally.tapes_made, 6);
  at_least("tapes too old", tally.expired, 0.5);
  at_least("crashes", tally.crashes, 8);
  at_least("crashes at crash points", tally.crashes_at_points, 2);
  at_least("power failures", tally.power_failures, 1);
  at_least("copies brought back", tally.restores, 2);
  at_least("of them disowned", tally.disowned, 1);
  at_least("lost messages", tally.lost, 12);
  at_least("doubled messages", tally.doubled, 25);
  at_least("messages out of order", tally.late, 6);
  at_least("attempts led against the rules", tally.hostile_attempts, 2);
  at_least("jobs that were cancelled", tally.cancelled, 0.3);
  for (const auto* label :
       {"vault.begin", "vault.made", "vault.ready", "vault.reserve", "vault.burn", "vault.release",
        "vault.erase", "vault.recover", "vault.pieces", "node.attempt", "dealer.enter", "scheduler.take",
        "scheduler.start", "scheduler.end", "scheduler.submit"}) {
    const auto died =
        tally.points[std::string(label) + ".before"] + tally.points[std::string(label) + ".after"];
    EXPECT_GT(died, 0u) << "nobody has died at " << label;
  }
}

TEST(Simulation, ASeedSaysTheSameTwice) {
  for (std::uint64_t seed = 1; seed <= 3; ++seed) EXPECT_EQ(simulate(seed).history, simulate(seed).history);
}

class WrongBuild : public ::testing::TestWithParam<Defect> {};

TEST_P(WrongBuild, IsNoticed) {
  constexpr std::uint64_t kMost = 200;
  for (std::uint64_t seed = 1; seed <= kMost; ++seed) {
    const auto outcome = simulate(seed, GetParam());
    if (outcome.ok()) continue;
    RecordProperty("seeds", std::to_string(seed));
    std::printf("noticed with seed %llu: %s\n", static_cast<unsigned long long>(seed),
                outcome.objections.front().c_str());
    return;
  }
  FAIL() << "not one of " << kMost << " seeds notices it";
}

INSTANTIATE_TEST_SUITE_P(Sim, WrongBuild, ::testing::ValuesIn(kDefects),
                         [](const auto& info) { return to_string(info.param); });

}  // namespace
}  // namespace spud::sim
