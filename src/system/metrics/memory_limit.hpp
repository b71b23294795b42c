// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>

namespace spud::metrics {

/// The memory that this process may take: the least limit of its control group and those around it, or the
/// machine's.
std::uint64_t process_memory_limit();

/// The same for the group `group` ("/a/b") of the hierarchy (version 2) mounted at `root`, which of it counts
/// as far as it is there.
std::uint64_t group_memory_limit(const std::filesystem::path& root, const std::filesystem::path& group,
                                 std::uint64_t machine);

}  // namespace spud::metrics
