// SPDX-License-Identifier: Apache-2.0
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <ostream>

#include <gtest/gtest.h>

#include "tests/sim/seeds.hpp"

namespace spud::sim {

/// For GoogleTest.
void PrintTo(Defect defect, std::ostream* out) {
  *out << to_string(defect);
}

namespace {

constexpr std::uint64_t kSeeds = 200;
constexpr unsigned kManyJobs = 2000;

std::uint64_t seeds() {
  const char* wanted = std::getenv("SPUD_SIM_SEEDS");
  return wanted == nullptr ? kSeeds : std::strtoull(wanted, nullptr, 10);
}

std::string report(std::uint64_t seed, const Outcome& outcome) {
  std::string text = "seed " + std::to_string(seed) + "\n" + outcome.history;
  for (const auto& objection : outcome.objections) text += "objection: " + objection + "\n";
  return text;
}

TEST(Simulation, KeepsEveryPromiseInAnyWeather) {
  const auto harvest = sim::harvest(seeds());
  std::printf("%s\n%llu seeds in %.1f s on %u cores, %.0f ms of work each\n", harvest.tally.str().c_str(),
              static_cast<unsigned long long>(harvest.seeds), harvest.seconds, harvest.cores,
              1000 * harvest.work / static_cast<double>(harvest.seeds));
  ASSERT_EQ(harvest.objections, "");
  ASSERT_EQ(harvest.seeds, seeds());
  if (seeds() < kSeeds) return;
  const auto& tally = harvest.tally;
  // About half of what is seen: nothing passes by doing nothing.
  const auto at_least = [&](const char* what, std::size_t seen, double a_seed) {
    EXPECT_GE(static_cast<double>(seen), a_seed * static_cast<double>(seeds())) << what;
  };
  at_least("jobs that ended", tally.jobs_ended, 10);
  at_least("jobs from stock", tally.jobs_from_stock, 1.5);
  at_least("jobs dealt to live", tally.jobs_done - tally.jobs_from_stock, 5);
  at_least("results that were compared", tally.results, 6);
  at_least("uploads", tally.uploads, 5);
  at_least("uploads that were left in the middle", tally.abandoned, 0.5);
  at_least("and gone on with", tally.resumed, 0.15);
  at_least("datasets that were dropped", tally.datasets_dropped, 0.3);
  at_least("jobs that a policy forbids", tally.forbidden, 1.5);
  at_least("others' results asked for", tally.snooped, 1);
  at_least("redirected uploads", tally.redirected, 1);
  at_least("uploads of private data", tally.kept, 2);
  at_least("datasets that have no place in the layout", tally.against_layout, 0.3);
  at_least("private data for another's node", tally.misplaced, 0.4);
  at_least("other bytes than were signed", tally.other_bytes, 0.5);
  at_least("dealers that deal nothing", tally.mute_dealers, 0.3);
  at_least("dealers that leave", tally.dealers_left, 0.12);
  at_least("dealings of the second dealer", tally.second_dealings, 0.5);
  at_least("tapes made", tally.tapes_made, 4);
  at_least("tapes too old", tally.expired, 0.5);
  at_least("crashes", tally.crashes, 5);
  at_least("crashes at crash points", tally.crashes_at_points, 1.5);
  at_least("crashes between a write and the word of it", tally.unsaid, 0.3);
  at_least("power failures", tally.power_failures, 0.5);
  at_least("copies brought back", tally.restores, 1);
  at_least("of them disowned", tally.disowned, 0.5);
  at_least("partitions", tally.partitions, 1);
  at_least("connections that break", tally.cuts, 0.3);
  at_least("clocks that jump", tally.clock_jumps, 0.6);
  at_least("disks that fail", tally.failed_disks, 0.5);
  at_least("lost messages", tally.lost, 12);
  at_least("doubled messages", tally.doubled, 25);
  at_least("messages out of order", tally.late, 6);
  at_least("attempts led against the rules", tally.hostile_attempts, 2);
  at_least("jobs that were cancelled", tally.cancelled, 0.3);
  for (const auto* label : {"vault.begin", "vault.made", "vault.ready", "vault.reserve", "vault.burn",
                            "vault.release", "vault.erase", "vault.recover", "vault.pieces", "dealer.enter",
                            "scheduler.take", "scheduler.start", "scheduler.end", "scheduler.submit"}) {
    const auto died = [&](const char* when) {
      const auto found = tally.points.find(std::string(label) + when);
      return found == tally.points.end() ? 0 : found->second;
    };
    EXPECT_GT(died(".before") + died(".after"), 0u) << "nobody has died at " << label;
  }
}

TEST(Simulation, EndsThousandsOfJobs) {
  Options options;
  options.jobs = kManyJobs;
  const auto outcome = simulate(1, options);
  ASSERT_TRUE(outcome.ok()) << report(1, outcome);
  EXPECT_GE(outcome.tally.jobs_ended, kManyJobs);
  EXPECT_GE(outcome.tally.jobs_done, kManyJobs / 2);
}

/// All of a seed's history, by the program itself, as somebody replays it.
std::string trace(std::uint64_t seed, const std::string& file) {
  const auto self = std::filesystem::read_symlink("/proc/self/exe").string();
  const auto command = "'" + self + "' --seed " + std::to_string(seed) + " --trace '" + file + "'";
  EXPECT_EQ(std::system(command.c_str()), 0);
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

TEST(Simulation, ASeedIsReplayedToTheByte) {
  const store::ScratchFolder folder;
  for (std::uint64_t seed = 1; seed <= 3; ++seed) {
    const auto first = trace(seed, folder.path() / "first");
    EXPECT_GT(first.size(), 50'000u);
    EXPECT_TRUE(first == trace(seed, folder.path() / "second")) << "seed " << seed;
    EXPECT_FALSE(first == trace(seed + 10, folder.path() / "other")) << "a test that cannot fail";
  }
}

class WrongBuild : public ::testing::TestWithParam<Defect> {};

TEST_P(WrongBuild, IsNoticed) {
  constexpr std::uint64_t kMost = 200;
  for (std::uint64_t seed = 1; seed <= kMost; ++seed) {
    const auto outcome = simulate(seed, {GetParam()});
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
