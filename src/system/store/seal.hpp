// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>

#include "base/error.hpp"

namespace rocksdb {
class Env;
}

namespace spud::store {

/// RocksDB takes a log or manifest whose record seems longer than its file for one that a crash cut short,
/// and forgets what follows, synced or not: one flipped bit in a length is enough. So a store that is closed
/// in order is sealed: the hashes of these files lie beside them, in the file SEAL, until it is opened again.
/// Files with rows need none, each block of them has a checksum. After a crash there is no seal, and nothing
/// to tell the two apart.

/// Seals the database in `folder`/db. Nothing may have it open, and all of it is on disk.
Status write_seal(rocksdb::Env& env, const std::filesystem::path& folder);

/// kCorrupt, naming the file, if one is not what was sealed. Takes the seal off, durably.
Status break_seal(rocksdb::Env& env, const std::filesystem::path& folder);

}  // namespace spud::store
