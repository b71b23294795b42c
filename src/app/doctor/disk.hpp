// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>

#include "app/doctor/findings.hpp"

namespace spud::app {

/// The folder of a service's store, and the disk under it. Writes a small file beside what is there and takes
/// it away again; makes no folder and opens no store, so a service may be running on it.
void check_disk(Findings& findings, const std::filesystem::path& data, std::uint64_t min_free_bytes);

}  // namespace spud::app
