// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "base/error.hpp"

namespace rocksdb {
class Env;
}

namespace spud::store {

/// The machine's file system with faults on command, for tests of whatever keeps state:
///
///     FaultEnv disk;
///     auto store = Store::open(folder, families, {.env = disk.env()});
///     …                      // writes, synced and not
///     disk.crash();          // from here on every write fails, as if the power were off
///     store = {};            // the process is gone
///     disk.restart();        // what was never synced is dropped; open the store again
///
/// A file that was created but whose folder was never synced disappears, any other shrinks to what was
/// synced; renames and deletions count as durable at once. It must outlive the stores that use it. Any
/// thread.
class FaultEnv {
 public:
  FaultEnv();
  ~FaultEnv();
  rocksdb::Env* env();

  void crash();
  /// Only after every store on it is closed.
  Status restart();

  /// Until `empty_disk`, growing a file fails for want of space.
  void fill_disk();
  void empty_disk();

 private:
  class Disk;
  std::shared_ptr<Disk> disk_;
  std::unique_ptr<rocksdb::Env> env_;
};

}  // namespace spud::store
