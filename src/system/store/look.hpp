// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>

#include "base/error.hpp"

namespace spud::store {

/// Whether Store::open may find a store in `folder`, as far as can be told without opening it: it is a folder
/// that this process may read and write, of a format that this build reads, or there is none and it can be
/// made. Changes nothing, and does not mind another process that uses it.
Status look_at(const std::filesystem::path& folder);

/// `folder`, absolute, or the nearest one above it that exists.
std::filesystem::path nearest_folder(const std::filesystem::path& folder);

/// Whether files can be made in `folder` by this process, or in the nearest one above it.
Status look_for_room(const std::filesystem::path& folder);

}  // namespace spud::store
