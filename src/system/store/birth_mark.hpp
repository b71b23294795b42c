// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>

#include "base/error.hpp"

namespace spud::store {

/// What tells a store's folder from a copy of it: the inode of its format file and the time at which that
/// file came to be. A copy, whether by cp, tar or rsync, has others; a renamed or remounted folder has the
/// same. A snapshot of the whole file system that is rolled back has the same too, and cannot be told in this
/// way.
Result<std::string> birth_mark(const std::filesystem::path& folder);

}  // namespace spud::store
