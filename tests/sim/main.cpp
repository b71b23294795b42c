// SPDX-License-Identifier: Apache-2.0
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <string>

#include <gtest/gtest.h>

#include "tests/sim/cluster.hpp"

namespace {

/// sim_test --seed N [DEFECT]: one seed, with all of its history on standard error.
int replay(std::uint64_t seed, const std::string& name) {
  auto defect = spud::sim::Defect::kNone;
  for (auto known : spud::sim::kDefects) {
    if (name == spud::sim::to_string(known)) defect = known;
  }
  const auto outcome = spud::sim::simulate(seed, defect, true);
  for (const auto& objection : outcome.objections) std::fprintf(stderr, "objection: %s\n", objection.c_str());
  return outcome.ok() ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  // Stores are opened and closed by the thousand: in memory, where there is such a place.
  if (std::getenv("TMPDIR") == nullptr && std::filesystem::is_directory("/dev/shm"))
    ::setenv("TMPDIR", "/dev/shm", 1);
  if (argc >= 3 && std::strcmp(argv[1], "--seed") == 0)
    return replay(std::strtoull(argv[2], nullptr, 10), argc > 3 ? argv[3] : "");
  ::testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}
