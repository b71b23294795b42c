// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "base/error.hpp"

namespace rocksdb {
class Status;
}

namespace spud::store {

/// RocksDB's statuses as ours: corruption -> kCorrupt, no space -> kResource, other input/output ->
/// kUnavailable.
Error to_error(const rocksdb::Status& status, const std::string& where);
Status check(const rocksdb::Status& status, const std::string& where);

}  // namespace spud::store
