// SPDX-License-Identifier: Apache-2.0
#include "system/store/store.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdarg>
#include <iterator>
#include <mutex>
#include <system_error>

#include <rocksdb/convenience.h>
#include <rocksdb/db.h>
#include <rocksdb/env.h>
#include <rocksdb/listener.h>
#include <rocksdb/sst_file_writer.h>
#include <rocksdb/table.h>

#include "base/check.hpp"
#include "base/limits.hpp"
#include "system/store/format.hpp"
#include "system/store/rocksdb_status.hpp"
#include "system/store/seal.hpp"
#include "system/store/stall_counter.hpp"

namespace spud::store {
namespace fs = std::filesystem;
namespace {

constexpr std::size_t kReadAheadBytes = 4u << 20;
constexpr std::size_t kRowsInMemoryBytes = 32u << 20;
constexpr char kDatabase[] = "db";      // RocksDB's own files
constexpr char kIncoming[] = "ingest";  // sorted files being written, moved into the database when complete

/// RocksDB compares no null pointers, not even empty ones.
rocksdb::Slice slice(ByteView bytes) {
  return bytes.empty() ? rocksdb::Slice()
                       : rocksdb::Slice(reinterpret_cast<const char*>(bytes.data()), bytes.size());
}
ByteView view(const rocksdb::Slice& bytes) {
  return {reinterpret_cast<const std::byte*>(bytes.data()), bytes.size()};
}

/// RocksDB's own log is a file beside the data, and asserts that the disk takes what is appended to it. What
/// it says of failures is in the statuses, too.
class NoLog : public rocksdb::Logger {
 public:
  NoLog() : Logger(rocksdb::FATAL_LEVEL) {}
  using Logger::Logv;
  void Logv(const char*, va_list) override {}
};

/// After a full disk RocksDB would go on by itself when there is room. A store that failed stays so until it
/// is opened again, as operators are told.
class StaysFailed : public rocksdb::EventListener {
 public:
  void OnErrorRecoveryBegin(rocksdb::BackgroundErrorReason, rocksdb::Status, bool* recovers) override {
    *recovers = false;
  }
};

rocksdb::Options database_options(rocksdb::Env* env) {
  rocksdb::Options options;
  options.env = env;
  options.max_bgerror_resume_count = 0;
  options.info_log = std::make_shared<NoLog>();
  options.listeners.push_back(std::make_shared<StaysFailed>());
  options.compression = rocksdb::kNoCompression;
  options.bottommost_compression = rocksdb::kNoCompression;
  // The default recovers to the first damaged record and forgets the synced ones after it. A burnt tape
  // forgotten would be used twice, so anything but an unfinished last record refuses to open.
  options.wal_recovery_mode = rocksdb::WALRecoveryMode::kTolerateCorruptedTailRecords;
  options.paranoid_checks = true;
  // What is large here is read from its beginning to its end; the system reads ahead of that.
  options.advise_random_on_open = false;
  // Writing to the disk begins while a file is being made, not at its end.
  options.bytes_per_sync = kReadAheadBytes;
  options.max_open_files = 512;
  // It would start 16 threads a family to open files, however few there are.
  options.max_file_opening_threads = 1;
  options.max_background_jobs = 4;
  // Rows wait in memory until so many of all families together are written to a file; by default it is as
  // much of each family twice, which looks like a leak for hours.
  options.db_write_buffer_size = kRowsInMemoryBytes;
  // What it counts goes to its log, which is none, by a thread that would be started for it.
  options.stats_dump_period_sec = 0;
  options.stats_persist_period_sec = 0;
  return options;
}

Status check_key(ByteView key) {
  if (key.size() <= limits::kBytesPerStoredKey) return {};
  return fail(ErrorCode::kResource, "a key has " + std::to_string(key.size()) + " bytes", "store",
              "kBytesPerStoredKey = " + std::to_string(limits::kBytesPerStoredKey) + " at most");
}

Status check_row(ByteView key, ByteView value) {
  SPUD_TRY(check_key(key));
  if (value.size() <= limits::kBytesPerStoredValue) return {};
  return fail(ErrorCode::kResource, "a value has " + std::to_string(value.size()) + " bytes", "store",
              "kBytesPerStoredValue = " + std::to_string(limits::kBytesPerStoredValue) + " at most");
}

Status make_folder(const fs::path& folder) {
  std::error_code error;
  if (fs::is_directory(folder, error)) return {};
  if (fs::exists(folder, error)) return bad_input("is not a folder", "store " + folder.string(), "a folder");
  fs::create_directories(folder, error);
  if (!error) fs::permissions(folder, fs::perms::owner_all, error);
  if (!error) return {};
  return bad_input("cannot be created: " + error.message(), "store " + folder.string(),
                   "a folder that can be written");
}

}  // namespace

struct Store::State {
  fs::path folder;
  rocksdb::Env* env = nullptr;
  rocksdb::FileLock* lock = nullptr;
  std::unique_ptr<rocksdb::DB> db;
  std::vector<rocksdb::ColumnFamilyHandle*> handles;
  std::atomic<std::uint64_t> ingested{0};
  bool compacts = true;
  std::function<bool()> forgets_sync;
  std::function<void(double)> on_sync;
  std::shared_ptr<StallCounter> stalls = std::make_shared<StallCounter>();
  std::uint64_t min_free_bytes = 0;
  std::mutex fault_mutex;
  std::optional<Error> fault;  ///< under fault_mutex: of the first write that failed

  ~State() {
    const bool synced = db && !fault && sync_all();
    for (auto* handle : handles) db->DestroyColumnFamilyHandle(handle);
    if (db) db->Close().PermitUncheckedError();
    db.reset();
    // Without one it opens as after a crash.
    if (synced) (void)write_seal(*env, folder);
    if (lock) env->UnlockFile(lock).PermitUncheckedError();
  }

  /// By a synced write: to ask a log that has failed for a sync ends the process.
  bool sync_all() const {
    rocksdb::WriteOptions options;
    options.sync = true;
    return db->Put(options, "probe", "").ok();
  }

  rocksdb::WriteOptions write_options(Durability durability) const {
    rocksdb::WriteOptions options;
    options.sync = durability == Durability::kSynced && !(forgets_sync && forgets_sync());
    return options;
  }

  /// Every write goes through here, and none after one that failed.
  Status commit(rocksdb::WriteBatch& writes, Durability durability);

  Status take_lock();
  Status open_database(const std::vector<std::string>& families);
  Result<bool> is_empty();
  rocksdb::ColumnFamilyHandle* handle(unsigned index) const {
    SPUD_CHECK(index < handles.size(), "a family belongs to the store that named it");
    return handles[index];
  }
  std::string where() const { return folder.string(); }
};

Status Store::State::commit(rocksdb::WriteBatch& writes, Durability durability) {
  {
    std::lock_guard lock(fault_mutex);
    if (fault) return std::unexpected(*fault);
  }
  const auto began = std::chrono::steady_clock::now();
  auto written = check(db->Write(write_options(durability), &writes), where());
  if (written && on_sync && durability == Durability::kSynced)
    on_sync(std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count());
  if (!written) {
    std::lock_guard lock(fault_mutex);
    if (!fault) fault = written.error();
  }
  return written;
}

Status Store::State::take_lock() {
  rocksdb::Status status = env->LockFile((folder / "LOCK").string(), &lock);
  if (status.ok()) return {};
  lock = nullptr;
  // RocksDB says "While open a file for lock" if the file itself is the trouble, and otherwise that another
  // holds it.
  if (!status.IsIOError() || status.ToString().find("open a file for lock") != std::string::npos) {
    return check(status, where());
  }
  return fail(ErrorCode::kUnavailable, "another process uses this folder", "store " + where(),
              "a folder of its own", {}, "stop the other process, or give this one another data folder");
}

Status Store::State::open_database(const std::vector<std::string>& families) {
  const std::string path = (folder / kDatabase).string();
  SPUD_ASSIGN(auto format, read_format(*env, folder));
  rocksdb::Options options = database_options(env);
  options.listeners.push_back(stalls);
  options.disable_auto_compactions = !compacts;
  options.avoid_flush_during_recovery = !compacts;
  // With a format record the database must be there: one that vanished is damage, not a first start.
  options.create_if_missing = !format;
  options.create_missing_column_families = true;
  std::vector<std::string> names = families;
  std::vector<std::string> present;
  if (env->FileExists(path + "/CURRENT").ok()) {
    SPUD_TRY(check(rocksdb::DB::ListColumnFamilies(options, path, &present), where()));
  } else if (format) {
    return fail(ErrorCode::kCorrupt, "the database is missing or has lost its CURRENT file",
                "store " + where(), {}, {},
                "restore the folder from a backup, or start this node anew with an empty one");
  }
  // RocksDB opens all families or none; those of a newer version are opened and left alone.
  present.push_back(rocksdb::kDefaultColumnFamilyName);
  for (const std::string& name : present) {
    if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
  }
  std::vector<rocksdb::ColumnFamilyDescriptor> descriptors;
  for (const std::string& name : names) descriptors.emplace_back(name, rocksdb::ColumnFamilyOptions(options));
  rocksdb::DB* opened = nullptr;
  rocksdb::Status status = rocksdb::DB::Open(options, path, descriptors, &handles, &opened);
  if (!status.ok()) {
    handles.clear();
    return check(status, where());
  }
  db.reset(opened);
  if (format) return {};
  SPUD_ASSIGN(bool empty, is_empty());
  if (!empty) {
    return fail(ErrorCode::kCorrupt, "the folder holds rows but no format record", "store " + where(),
                "the file FORMAT");
  }
  return write_format(*env, folder);
}

Result<bool> Store::State::is_empty() {
  for (auto* handle : handles) {
    std::unique_ptr<rocksdb::Iterator> row(db->NewIterator(rocksdb::ReadOptions(), handle));
    row->SeekToFirst();
    SPUD_TRY(check(row->status(), where()));
    if (row->Valid()) return false;
  }
  return true;
}

Batch& Batch::put(Family family, ByteView key, ByteView value) {
  writes_.push_back(
      {Write::Kind::kPut, family.index_, {key.begin(), key.end()}, {value.begin(), value.end()}});
  return *this;
}

Batch& Batch::erase(Family family, ByteView key) {
  writes_.push_back({Write::Kind::kErase, family.index_, {key.begin(), key.end()}, {}});
  return *this;
}

Batch& Batch::erase_range(Family family, ByteView from, ByteView to) {
  writes_.push_back(
      {Write::Kind::kEraseRange, family.index_, {from.begin(), from.end()}, {to.begin(), to.end()}});
  return *this;
}

Batch& Batch::add(Batch other) {
  writes_.insert(writes_.end(), std::make_move_iterator(other.writes_.begin()),
                 std::make_move_iterator(other.writes_.end()));
  return *this;
}

Store::Store(std::unique_ptr<State> state) : state_(std::move(state)) {}
Store::~Store() = default;

Result<std::unique_ptr<Store>> Store::open(const fs::path& folder, const std::vector<std::string>& families,
                                           StoreOptions options) {
  auto state = std::make_unique<State>();
  state->folder = folder;
  state->env = options.env ? options.env : rocksdb::Env::Default();
  state->compacts = options.compacts;
  state->forgets_sync = options.forgets_sync;
  state->on_sync = options.on_sync;
  state->min_free_bytes = options.min_free_bytes;
  SPUD_TRY(make_folder(folder));
  SPUD_TRY(state->take_lock());
  SPUD_TRY(break_seal(*state->env, folder));
  SPUD_TRY(state->open_database(families));
  std::error_code error;
  fs::remove_all(folder / kIncoming, error);
  fs::create_directory(folder / kIncoming, error);
  if (error) return bad_input("cannot be written: " + error.message(), "store " + folder.string());
  return std::unique_ptr<Store>(new Store(std::move(state)));
}

Family Store::family(std::string_view name) const {
  const auto& handles = state_->handles;
  auto at =
      std::find_if(handles.begin(), handles.end(), [&](auto* handle) { return handle->GetName() == name; });
  SPUD_CHECK(at != handles.end(), "every family is named when the store is opened");
  return Family(static_cast<unsigned>(at - handles.begin()));
}

const fs::path& Store::folder() const {
  return state_->folder;
}

Result<std::optional<Bytes>> Store::get(Family family, ByteView key) const {
  rocksdb::PinnableSlice value;
  auto status = state_->db->Get(rocksdb::ReadOptions(), state_->handle(family.index_), slice(key), &value);
  if (status.IsNotFound()) return std::nullopt;
  SPUD_TRY(check(status, state_->where()));
  ByteView bytes = view(value);
  return Bytes(bytes.begin(), bytes.end());
}

Status Store::put(Family family, ByteView key, ByteView value, Durability durability) {
  SPUD_TRY(check_row(key, value));
  rocksdb::WriteBatch row;
  SPUD_TRY(check(row.Put(state_->handle(family.index_), slice(key), slice(value)), state_->where()));
  return state_->commit(row, durability);
}

Status Store::erase(Family family, ByteView key, Durability durability) {
  rocksdb::WriteBatch row;
  SPUD_TRY(check(row.Delete(state_->handle(family.index_), slice(key)), state_->where()));
  return state_->commit(row, durability);
}

Status Store::write(Batch batch, Durability durability) {
  rocksdb::WriteBatch writes;
  for (const Batch::Write& write : batch.writes_) {
    auto* handle = state_->handle(write.family);
    rocksdb::Status status;
    switch (write.kind) {
      case Batch::Write::Kind::kPut:
        SPUD_TRY(check_row(write.key, write.value));
        status = writes.Put(handle, slice(write.key), slice(write.value));
        break;
      case Batch::Write::Kind::kErase:
        status = writes.Delete(handle, slice(write.key));
        break;
      case Batch::Write::Kind::kEraseRange:
        status = writes.DeleteRange(handle, slice(write.key), slice(write.value));
        break;
    }
    SPUD_TRY(check(status, state_->where()));
  }
  return state_->commit(writes, durability);
}

Status Store::erase_range(Family family, ByteView from, ByteView to, Durability durability) {
  auto* handle = state_->handle(family.index_);
  rocksdb::Slice begin = slice(from), end = slice(to);
  rocksdb::WriteBatch range;
  SPUD_TRY(check(range.DeleteRange(handle, begin, end), state_->where()));
  SPUD_TRY(state_->commit(range, durability));
  // Files vanish at once and for good; before the tombstone is on disk, that would let a crash undo half of a
  // batch.
  if (durability != Durability::kSynced) return {};
  return check(rocksdb::DeleteFilesInRange(state_->db.get(), handle, &begin, &end, /*include_end=*/false),
               state_->where());
}

Status Store::ingest(Family family, std::span<const Row> rows) {
  if (rows.empty()) return {};
  SPUD_TRY(fault());
  for (std::size_t i = 0; i < rows.size(); ++i) {
    SPUD_TRY(check_row(rows[i].key, rows[i].value));
    SPUD_CHECK(i == 0 || slice(rows[i - 1].key).compare(slice(rows[i].key)) < 0,
               "rows to ingest are sorted and distinct");
  }
  auto* handle = state_->handle(family.index_);
  const std::string file =
      (state_->folder / kIncoming / (std::to_string(state_->ingested++) + ".sst")).string();
  const rocksdb::Options writing = database_options(state_->env);
  rocksdb::SstFileWriter writer(rocksdb::EnvOptions(writing), writing, handle,
                                /*invalidate_page_cache=*/false);
  rocksdb::Status status = writer.Open(file);
  for (const auto& [key, value] : rows) {
    if (status.ok()) status = writer.Put(slice(key), slice(value));
  }
  if (status.ok()) status = writer.Finish();
  if (status.ok()) {
    rocksdb::IngestExternalFileOptions options;
    options.move_files = true;
    status = state_->db->IngestExternalFile(handle, {file}, options);
  }
  if (!status.ok()) state_->env->DeleteFile(file).PermitUncheckedError();
  return check(status, state_->where());
}

Status Store::scan(Family family, ByteView prefix, const Visit& visit, ByteView from, Bulk bulk) const {
  Bytes end = end_of_prefix(prefix);
  rocksdb::Slice bound = slice(end);
  rocksdb::ReadOptions options;
  if (!end.empty()) options.iterate_upper_bound = &bound;
  if (bulk == Bulk::kYes) {
    options.readahead_size = kReadAheadBytes;
    options.fill_cache = false;
    options.verify_checksums = false;
  }
  std::unique_ptr<rocksdb::Iterator> row(state_->db->NewIterator(options, state_->handle(family.index_)));
  row->Seek(std::max(slice(prefix), slice(from), [](auto a, auto b) { return a.compare(b) < 0; }));
  for (; row->Valid(); row->Next()) {
    SPUD_ASSIGN(Walk walk, visit(view(row->key()), view(row->value())));
    if (walk == Walk::kStop) return {};
  }
  return check(row->status(), state_->where());
}

Result<std::uint64_t> Store::free_bytes() const {
  std::error_code error;
  const auto disk = fs::space(state_->folder, error);
  if (!error) return disk.available;
  return fail(ErrorCode::kUnavailable, "cannot tell what is free: " + error.message(),
              "store " + state_->where());
}

Status Store::room(std::uint64_t bytes) const {
  if (state_->min_free_bytes == 0) return {};
  SPUD_ASSIGN(const auto free, free_bytes());
  if (free >= bytes && free - bytes >= state_->min_free_bytes) return {};
  return fail(ErrorCode::kResource, "the disk has " + std::to_string(free) + " bytes left",
              "store " + state_->where(),
              std::to_string(bytes) + " for this and store.min_free_bytes = " +
                  std::to_string(state_->min_free_bytes) + " to spare",
              {}, "its operator frees space or moves the data folder to a larger disk; no restart is needed");
}

Status Store::probe() {
  rocksdb::WriteBatch row;
  SPUD_TRY(check(row.Put("probe", ""), state_->where()));
  return state_->commit(row, Durability::kSynced);
}

Status Store::fault() const {
  std::lock_guard lock(state_->fault_mutex);
  if (state_->fault) return std::unexpected(*state_->fault);
  return {};
}

std::uint64_t Store::stalls() const {
  return state_->stalls->count();
}

std::vector<std::pair<std::string, std::uint64_t>> Store::bytes_by_family() const {
  using Properties = rocksdb::DB::Properties;
  std::vector<std::pair<std::string, std::uint64_t>> families;
  // Above every key that check_key() lets in.
  const std::string end(limits::kBytesPerStoredKey + 1, '\xff');
  const rocksdb::Range all(rocksdb::Slice(), end);
  for (auto* handle : state_->handles) {
    const auto property = [&](const std::string& name) {
      std::uint64_t value = 0;
      state_->db->GetIntProperty(handle, name, &value);
      return value;
    };
    auto bytes = property(Properties::kTotalSstFilesSize);
    // RocksDB guesses how many rows there are in a range, and knows what one has on the average.
    std::uint64_t guessed_rows = 0, guessed_bytes = 0;
    state_->db->GetApproximateMemTableStats(handle, all, &guessed_rows, &guessed_bytes);
    const auto rows =
        property(Properties::kNumEntriesActiveMemTable) + property(Properties::kNumEntriesImmMemTables);
    if (guessed_rows > 0) bytes += rows * (guessed_bytes / guessed_rows);
    families.emplace_back(handle->GetName(), bytes);
  }
  return families;
}

Bytes end_of_prefix(ByteView prefix) {
  Bytes end(prefix.begin(), prefix.end());
  while (!end.empty() && end.back() == std::byte{0xff}) end.pop_back();
  if (!end.empty()) end.back() = static_cast<std::byte>(std::to_integer<unsigned>(end.back()) + 1);
  return end;
}

}  // namespace spud::store
