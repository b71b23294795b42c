// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include "tests/sim/cluster.hpp"

namespace spud::sim {

/// What came of many seeds.
struct Harvest {
  Tally tally;
  std::uint64_t seeds = 0;  ///< that were run
  unsigned cores = 0;       ///< and on how many
  double seconds = 0;       ///< in all
  double work = 0;          ///< seconds that cores have worked for it
  std::string objections;   ///< with the history before them, of the first seeds that were objected to
};

/// Runs seeds `first`, `first + step`, … up to `last`, and prints what comes of them for harvest().
int work(std::uint64_t first, std::uint64_t last, std::uint64_t step);

/// Runs seeds 1 to `last` in processes of this program, one a core: seeds are independent, and crash points
/// and stores belong to a process.
Harvest harvest(std::uint64_t last);

}  // namespace spud::sim
