// SPDX-License-Identifier: Apache-2.0
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <string>

#include <gtest/gtest.h>

#include "tests/sim/seeds.hpp"

namespace {

/// sim_test --seed N [--trace FILE] [--jobs N] [DEFECT]: one seed, with all of its history in the file or on
/// standard error.
int replay(std::uint64_t seed, int argc, char** argv) {
  spud::sim::Options options;
  options.trace = stderr;
  for (int i = 0; i < argc; ++i) {
    const std::string word = argv[i];
    if (word == "--trace" && i + 1 < argc) {
      options.trace = std::fopen(argv[++i], "w");
      if (options.trace == nullptr) return std::perror(argv[i]), 2;
    } else if (word == "--jobs" && i + 1 < argc) {
      options.jobs = static_cast<unsigned>(std::strtoul(argv[++i], nullptr, 10));
    }
    for (auto known : spud::sim::kDefects) {
      if (word == spud::sim::to_string(known)) options.defect = known;
    }
  }
  const auto start = std::chrono::steady_clock::now();
  const auto outcome = spud::sim::simulate(seed, options);
  // Not a part of the history.
  std::fprintf(stderr, "%.0f ms\n",
               std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count());
  for (const auto& objection : outcome.objections) {
    std::fprintf(options.trace, "objection: %s\n", objection.c_str());
    if (options.trace != stderr) std::fprintf(stderr, "objection: %s\n", objection.c_str());
  }
  if (options.trace != stderr) std::fclose(options.trace);
  return outcome.ok() ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  // Stores are opened and closed by the thousand: in memory, where there is such a place.
  if (std::getenv("TMPDIR") == nullptr && std::filesystem::is_directory("/dev/shm"))
    ::setenv("TMPDIR", "/dev/shm", 1);
  if (argc >= 3 && std::strcmp(argv[1], "--seed") == 0)
    return replay(std::strtoull(argv[2], nullptr, 10), argc - 3, argv + 3);
  if (argc == 5 && std::strcmp(argv[1], "--work") == 0) {
    const auto number = [&](int i) { return std::strtoull(argv[i], nullptr, 10); };
    return spud::sim::work(number(2), number(3), number(4));
  }
  ::testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}
