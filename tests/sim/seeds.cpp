// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/seeds.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <sstream>
#include <thread>

#include <sys/resource.h>

namespace spud::sim {

namespace {

constexpr const char* kSeeds = "seeds: ";
constexpr const char* kBegun = "begun: ";
constexpr const char* kObjection = "| ";

struct Worker {
  std::FILE* out = nullptr;
  std::string text{};
};

/// Seconds of cores that ended processes of this program have taken, in the system too.
double children_work() {
  rusage used{};
  ::getrusage(RUSAGE_CHILDREN, &used);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + 1e-6 * static_cast<double>(time.tv_usec);
  };
  return seconds(used.ru_utime) + seconds(used.ru_stime);
}

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
    // Whoever dies in one has said which.
    std::printf("%s%llu\n", kBegun, static_cast<unsigned long long>(seed));
    std::fflush(stdout);
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
  const auto start = std::chrono::steady_clock::now();
  const auto worked = children_work();
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
    std::string last;
    for (std::string line; std::getline(lines, line);) {
      if (line.starts_with(kBegun)) last = line.substr(std::string(kBegun).size());
      if (line.starts_with(kSeeds)) harvest.seeds += std::stoull(line.substr(std::string(kSeeds).size()));
      if (line.starts_with(kObjection)) harvest.objections += line.substr(2) + "\n";
      harvest.tally.read(line);
    }
    if (const int status = ::pclose(worker.out); status != 0)
      harvest.objections +=
          "a worker has ended with status " + std::to_string(status) + " in seed " + last + "\n";
  }
  harvest.cores = static_cast<unsigned>(workers);
  harvest.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  harvest.work = children_work() - worked;
  return harvest;
}

}  // namespace spud::sim
