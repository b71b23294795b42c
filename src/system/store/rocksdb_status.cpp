// SPDX-License-Identifier: Apache-2.0
#include "system/store/rocksdb_status.hpp"

#include <rocksdb/status.h>

namespace spud::store {

Error to_error(const rocksdb::Status& status, const std::string& where) {
  Error error{ErrorCode::kInternal, status.ToString(), "store " + where, "", "", ""};
  if (status.IsNoSpace()) {
    error.code = ErrorCode::kResource;
    error.what = "the disk is full: " + status.ToString();
    error.hint = "its operator frees space, or moves the data folder to a larger disk, and restarts it";
  } else if (status.IsCorruption()) {
    error.code = ErrorCode::kCorrupt;
    error.what = "stored bytes are damaged: " + status.ToString();
    error.expected = "what was written there: the disk, a copy or somebody else changed it";
    error.hint =
        "check the disk; restore the folder from a backup (stock: then spud stock restore), or start anew "
        "with an "
        "empty one and push the data again";
  } else if (status.IsIOError() || status.IsAborted() || status.IsBusy() || status.IsShutdownInProgress()) {
    error.code = ErrorCode::kUnavailable;
  } else if (status.IsNotFound() || status.IsPathNotFound()) {
    error.code = ErrorCode::kNotFound;
  }
  return error;
}

Status check(const rocksdb::Status& status, const std::string& where) {
  if (status.ok()) return {};
  return std::unexpected(to_error(status, where));
}

}  // namespace spud::store
