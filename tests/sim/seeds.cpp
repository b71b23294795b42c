// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/seeds.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <filesystem>
#include <sstream>
#include <thread>

namespace spud::sim {

namespace {

constexpr const char* kSeeds = "seeds: ";
constexpr const char* kObjection = "| ";

struct Worker {
  std::FILE* out = nullptr;
  std::string text{};
};

void read_all(Worker& worker) {
  std::array<char, 4096> part{};
  while (const auto count = std::fread(part.data(), 1, part.size(), worker.out))
    worker.text.append(part.data(), count);
}

}  // namespace

int work(std::uint64_t first, std::uint64_t last, std::uint64_t step) {
  Tally tally;
  std::uint64_t seeds = 0;
  for (auto seed = first; seed <= last; seed += step) {
    const auto outcome = simulate(seed);
    tally.add(outcome.tally);
    ++seeds;
    if (outcome.ok()) continue;
    std::istringstream lines("seed " + std::to_string(seed) + "\n" + outcome.history);
    for (std::string line; std::getline(lines, line);) std::printf("%s%s\n", kObjection, line.c_str());
    for (const auto& objection : outcome.objections)
      std::printf("%sobjection: %s\n", kObjection, objection.c_str());
    break;
  }
  std::printf("%s%llu\n%s", kSeeds, static_cast<unsigned long long>(seeds), tally.str().c_str());
  return 0;
}

Harvest harvest(std::uint64_t last) {
  const std::uint64_t workers = std::max(1u, std::thread::hardware_concurrency());
  const auto self = std::filesystem::read_symlink("/proc/self/exe").string();
  std::vector<Worker> all;
  for (std::uint64_t i = 1; i <= workers; ++i) {
    const auto command = "'" + self + "' --work " + std::to_string(i) + " " + std::to_string(last) + " " +
                         std::to_string(workers);
    all.push_back({::popen(command.c_str(), "r")});
  }
  Harvest harvest;
  // Pipes hold little, and workers are alike: one after the other, all of each.
  for (auto& worker : all) {
    if (worker.out == nullptr) continue;
    read_all(worker);
    std::istringstream lines(worker.text);
    for (std::string line; std::getline(lines, line);) {
      if (line.starts_with(kSeeds)) harvest.seeds += std::stoull(line.substr(std::string(kSeeds).size()));
      if (line.starts_with(kObjection)) harvest.objections += line.substr(2) + "\n";
      harvest.tally.read(line);
    }
    if (const int status = ::pclose(worker.out); status != 0)
      harvest.objections += "a worker has ended with status " + std::to_string(status) + "\n";
  }
  return harvest;
}

}  // namespace spud::sim
