// SPDX-License-Identifier: Apache-2.0
#include "system/metrics/memory_limit.hpp"

#include <algorithm>
#include <fstream>
#include <string>

#include <unistd.h>

namespace spud::metrics {
namespace {

/// "max", or what is not there, is no limit.
std::uint64_t at_most(const std::filesystem::path& file, std::uint64_t bytes) {
  std::ifstream in(file);
  std::uint64_t limit = 0;
  return in >> limit && limit > 0 ? std::min(bytes, limit) : bytes;
}

}  // namespace

std::uint64_t group_memory_limit(const std::filesystem::path& root, const std::filesystem::path& group,
                                 std::uint64_t machine) {
  std::uint64_t bytes = machine;
  std::filesystem::path folder = root;
  bytes = at_most(folder / "memory.max", bytes);
  for (const auto& part : group.relative_path()) {
    folder /= part;
    bytes = at_most(folder / "memory.max", bytes);
  }
  return bytes;
}

std::uint64_t process_memory_limit() {
  const auto machine = static_cast<std::uint64_t>(::sysconf(_SC_PHYS_PAGES)) *
                       static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
  std::uint64_t bytes = at_most("/sys/fs/cgroup/memory/memory.limit_in_bytes", machine);  // version 1
  std::ifstream groups("/proc/self/cgroup");
  for (std::string line; std::getline(groups, line);) {
    if (line.starts_with("0::")) bytes = group_memory_limit("/sys/fs/cgroup", line.substr(3), bytes);
  }
  return bytes;
}

}  // namespace spud::metrics
