// SPDX-License-Identifier: Apache-2.0
#include "system/store/rocksdb_status.hpp"

#include <rocksdb/status.h>

namespace spud::store {

Error to_error(const rocksdb::Status& status, const std::string& where) {
  Error error{ErrorCode::kInternal, status.ToString(), "store " + where, "", "", ""};
  if (status.IsNoSpace()) {
    error.code = ErrorCode::kResource;
    error.what = "the disk is full: " + status.ToString();
    error.hint = "free space or move the data folder to a larger disk";
  } else if (status.IsCorruption()) {
    error.code = ErrorCode::kCorrupt;
    error.what = "stored bytes are damaged: " + status.ToString();
    error.hint = "restore the folder from a backup, or start this node anew with an empty one";
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
