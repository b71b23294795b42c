// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/bytes.hpp"
#include "base/error.hpp"

namespace rocksdb {
class Env;
}

namespace spud::store {

/// What a write survives. Every write states it: the wrong choice either loses a promise or costs 100 µs for
/// nothing.
enum class Durability {
  kSynced,   ///< on return the write, and every write before it, survives a loss of power
  kRelaxed,  ///< survives the end of the process, but not of the machine, until a later synced write
};

/// Whether a scan goes on after a row.
enum class Walk { kContinue, kStop };

/// A named key space of one store; got from Store::family, valid as long as that store.
class Family {
 private:
  friend class Store;
  friend class Batch;
  explicit Family(unsigned index) : index_(index) {}
  unsigned index_;
};

struct StoreOptions {
  /// Where files are read and written; null: the machine's file system. Tests pass FaultEnv::env().
  rocksdb::Env* env = nullptr;
  /// Not for tests whose disk fails by the thousand: RocksDB 7.8 fails an assertion of its own where a
  /// compaction meets an error. Logs are kept, not made into files, when such a store is opened: that is a
  /// fifth of what opening it takes.
  bool compacts = true;
  /// For tests that must notice a build which forgets to sync: asked before every synced write, and whether
  /// that one is not synced. Null: none.
  std::function<bool()> forgets_sync = nullptr;
  /// What room() leaves free.
  std::uint64_t min_free_bytes = 0;
  /// Is told how long each synced write took that was written, on its thread. Null: nobody wants to know.
  std::function<void(double seconds)> on_sync = nullptr;
};

/// Writes that take effect together or not at all, over any families of one store. Owned by one thread.
class Batch {
 public:
  Batch& put(Family family, ByteView key, ByteView value);
  Batch& erase(Family family, ByteView key);
  /// Every key from `from` on and before `to`.
  Batch& erase_range(Family family, ByteView from, ByteView to);
  /// The writes of another, after its own.
  Batch& add(Batch other);
  bool empty() const { return writes_.empty(); }

 private:
  friend class Store;
  struct Write {
    enum class Kind { kPut, kErase, kEraseRange } kind;
    unsigned family;
    Bytes key;
    Bytes value;  ///< kPut: the value; kEraseRange: the end of the range
  };
  std::vector<Write> writes_;
};

/// Keys and values on disk, in one folder that belongs to one process at a time.
///
/// Errors: kCorrupt if stored bytes do not match their checksum; kResource if the disk is full or a key or
/// value passes its limit; kUnavailable if the folder is in use or the disk refuses to work; kUnsupported if
/// another version of spud wrote it. A crash never loses a synced write silently: a log damaged anywhere but
/// in its unfinished last record is refused at open. Every method may be called from any thread. Nothing is
/// compressed: shares are uniform.
class Store {
 public:
  /// Opens `folder`, creating it (readable by its owner only) and any missing family.
  static Result<std::unique_ptr<Store>> open(const std::filesystem::path& folder,
                                             const std::vector<std::string>& families,
                                             StoreOptions options = {});
  ~Store();
  Store(const Store&) = delete;
  Store& operator=(const Store&) = delete;

  /// A family named at open; any other name is a defect of the caller.
  Family family(std::string_view name) const;
  const std::filesystem::path& folder() const;

  /// nullopt if there is no such key.
  Result<std::optional<Bytes>> get(Family family, ByteView key) const;
  Status put(Family family, ByteView key, ByteView value, Durability durability);
  /// A key that does not exist is no error.
  Status erase(Family family, ByteView key, Durability durability);
  Status write(Batch batch, Durability durability);
  /// Every key from `from` on and before `to`; if synced, whole files of the range are given back to the disk
  /// at once.
  Status erase_range(Family family, ByteView from, ByteView to, Durability durability);
  /// Adds many rows, sorted by key without repetition, as one file: much faster than put for tapes, and
  /// synced.
  struct Row {
    ByteView key, value;
  };
  Status ingest(Family family, std::span<const Row> rows);

  /// What a scan is for.
  enum class Bulk {
    kNo,
    kYes,  ///< much data, read once, whose reader checks it: read ahead, not cached, checksums left to the
           ///< reader
  };
  /// Calls `visit` for each row whose key starts with `prefix`, in key order, from key `from` on if given.
  /// The rows are those at the time of the call. An error of `visit` ends the scan and is returned.
  using Visit = std::function<Result<Walk>(ByteView key, ByteView value)>;
  Status scan(Family family, ByteView prefix, const Visit& visit, ByteView from = {},
              Bulk bulk = Bulk::kNo) const;

  /// What the disk under the folder has left.
  Result<std::uint64_t> free_bytes() const;
  /// For work that fills the disk and can wait: kResource if `bytes` more would leave less than
  /// StoreOptions::min_free_bytes, which ledgers need so that what is under way can still end in order.
  Status room(std::uint64_t bytes) const;
  /// The error of the first write that failed. Every later one fails with it until the store is opened again:
  /// what a service holds in memory is then no longer what it would find after a restart, and must not be
  /// shown.
  Status fault() const;
  /// How often the database began to hold writes back, since it was opened, because what it had taken was not
  /// on disk or in order yet.
  std::uint64_t stalls() const;
  /// Bytes by family: of its files, and about those of rows that are in memory and in the log only.
  std::vector<std::pair<std::string, std::uint64_t>> bytes_by_family() const;
  /// A small synced write, so that a readiness probe sees a full or broken disk.
  Status probe();

 private:
  struct State;
  explicit Store(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

/// The least key that does not start with `prefix`, for erase_range; empty if there is none.
Bytes end_of_prefix(ByteView prefix);

}  // namespace spud::store
