// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "base/error.hpp"

namespace spud::crypto {

enum class Access { kOwnerOnly, kEveryone };

/// A whole small file (at most 1 MiB). kOwnerOnly refuses one that others than owner and group may read.
Result<std::string> read_pem_file(const std::filesystem::path& file, Access access);

/// Makes a file of mode 0600 that did not exist (kConflict if it does), synced.
Status write_secret_file(const std::filesystem::path& file, std::string_view text);

/// Writes mode 0644 beside the target, syncs, renames: a reader sees the old file or the new one.
Status replace_public_file(const std::filesystem::path& file, std::string_view text);

}  // namespace spud::crypto
