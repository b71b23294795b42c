// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <optional>

#include "base/error.hpp"

namespace rocksdb {
class Env;
}

namespace spud::store {

/// Version of the layout of a store's folder and of the keys in it. Raised when an older spud could misread
/// the store.
inline constexpr int kStoreFormat = 1;
inline constexpr char kFormatFile[] = "FORMAT";

/// Reads the record "FORMAT" of a store's folder: nullopt if there is none, kUnsupported for a version this
/// build does not read, kCorrupt if the record is not one. A file of its own, so that it is checked before
/// anything is opened.
Result<std::optional<int>> read_format(rocksdb::Env& env, const std::filesystem::path& folder);
/// Writes it for kStoreFormat, whole or not at all, synced.
Status write_format(rocksdb::Env& env, const std::filesystem::path& folder);

}  // namespace spud::store
