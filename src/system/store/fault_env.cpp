// SPDX-License-Identifier: Apache-2.0
#include "system/store/fault_env.hpp"

#include <filesystem>
#include <map>
#include <mutex>
#include <string>
#include <system_error>

#include <rocksdb/env.h>
#include <rocksdb/file_system.h>

namespace spud::store {
namespace fs = std::filesystem;
using rocksdb::FileOptions;
using rocksdb::IODebugContext;
using rocksdb::IOOptions;
using rocksdb::IOStatus;

class FaultEnv::Disk : public rocksdb::FileSystemWrapper {
 public:
  Disk() : FileSystemWrapper(rocksdb::FileSystem::Default()) {}
  static const char* kClassName() { return "SpudFaultFileSystem"; }
  const char* Name() const override { return kClassName(); }

  enum class Mode { kGood, kFull, kOff };
  void set(Mode mode) {
    std::lock_guard guard(mutex_);
    mode_ = mode;
  }
  Status drop_unsynced();

  /// What a write meets; `grows` is whether it needs space.
  enum class Need { kSpace, kNothing };
  IOStatus meet(Need need) const {
    std::lock_guard guard(mutex_);
    if (mode_ == Mode::kOff) return IOStatus::IOError("simulated crash");
    if (mode_ == Mode::kFull && need == Need::kSpace) return IOStatus::NoSpace("simulated full disk");
    return IOStatus::OK();
  }
  void synced(const std::string& name, std::uint64_t size) {
    std::lock_guard guard(mutex_);
    if (auto file = files_.find(name); file != files_.end()) file->second.synced = size;
  }
  void folder_synced(const std::string& folder) {
    std::lock_guard guard(mutex_);
    for (auto& [name, file] : files_) {
      if (fs::path(name).parent_path() == folder) file.listed = true;
    }
  }

  IOStatus NewWritableFile(const std::string& name, const FileOptions& options,
                           std::unique_ptr<rocksdb::FSWritableFile>* out, IODebugContext* debug) override;
  // Nobody reads RocksDB's log of a test, and writing it is a third of opening a store.
  IOStatus NewLogger(const std::string&, const IOOptions&, std::shared_ptr<rocksdb::Logger>* out,
                     IODebugContext*) override {
    *out = std::make_shared<Silent>();
    return IOStatus::OK();
  }
  IOStatus ReopenWritableFile(const std::string& name, const FileOptions& options,
                              std::unique_ptr<rocksdb::FSWritableFile>* out, IODebugContext* debug) override;
  IOStatus ReuseWritableFile(const std::string& name, const std::string& old, const FileOptions& options,
                             std::unique_ptr<rocksdb::FSWritableFile>* out, IODebugContext* debug) override;
  IOStatus NewDirectory(const std::string& name, const IOOptions& options,
                        std::unique_ptr<rocksdb::FSDirectory>* out, IODebugContext* debug) override;
  IOStatus DeleteFile(const std::string& name, const IOOptions& options, IODebugContext* debug) override;
  IOStatus RenameFile(const std::string& from, const std::string& to, const IOOptions& options,
                      IODebugContext* debug) override;
  IOStatus LinkFile(const std::string& from, const std::string& to, const IOOptions& options,
                    IODebugContext* debug) override;

 private:
  struct Silent : rocksdb::Logger {
    using Logger::Logv;
    void Logv(const char*, va_list) override {}
    size_t GetLogFileSize() const override { return 0; }
  };
  struct File {
    std::uint64_t synced = 0;  ///< bytes that survive
    bool listed = false;       ///< its name survives: the folder was synced since
  };
  mutable std::mutex mutex_;
  Mode mode_ = Mode::kGood;
  std::map<std::string, File> files_;  ///< those written since the last restart
};

namespace {

template <class Disk>
class FaultFile : public rocksdb::FSWritableFileOwnerWrapper {
 public:
  FaultFile(std::unique_ptr<rocksdb::FSWritableFile>&& file, std::string name, Disk* disk)
      : FSWritableFileOwnerWrapper(std::move(file)), name_(std::move(name)), disk_(disk) {}

  IOStatus Append(const rocksdb::Slice& data, const IOOptions& options, IODebugContext* debug) override {
    IOStatus status = disk_->meet(Disk::Need::kSpace);
    return status.ok() ? FSWritableFileOwnerWrapper::Append(data, options, debug) : status;
  }
  IOStatus Append(const rocksdb::Slice& data, const IOOptions& options,
                  const rocksdb::DataVerificationInfo& sum, IODebugContext* debug) override {
    IOStatus status = disk_->meet(Disk::Need::kSpace);
    return status.ok() ? FSWritableFileOwnerWrapper::Append(data, options, sum, debug) : status;
  }
  IOStatus Sync(const IOOptions& options, IODebugContext* debug) override {
    IOStatus status = disk_->meet(Disk::Need::kNothing);
    if (status.ok()) status = FSWritableFileOwnerWrapper::Sync(options, debug);
    if (status.ok()) disk_->synced(name_, fs::file_size(name_));
    return status;
  }
  IOStatus Fsync(const IOOptions& options, IODebugContext* debug) override { return Sync(options, debug); }
  bool IsSyncThreadSafe() const override { return true; }
  // Room is not set aside: tests open stores by the thousand.
  void PrepareWrite(size_t, size_t, const IOOptions&, IODebugContext*) override {}

 private:
  std::string name_;
  Disk* disk_;
};

template <class Disk>
class FaultFolder : public rocksdb::FSDirectory {
 public:
  FaultFolder(std::unique_ptr<rocksdb::FSDirectory>&& folder, std::string name, Disk* disk)
      : folder_(std::move(folder)), name_(std::move(name)), disk_(disk) {}

  IOStatus Fsync(const IOOptions& options, IODebugContext* debug) override {
    IOStatus status = disk_->meet(Disk::Need::kNothing);
    if (status.ok()) status = folder_->Fsync(options, debug);
    if (status.ok()) disk_->folder_synced(name_);
    return status;
  }
  IOStatus Close(const IOOptions& options, IODebugContext* debug) override {
    return folder_->Close(options, debug);
  }

 private:
  std::unique_ptr<rocksdb::FSDirectory> folder_;
  std::string name_;
  Disk* disk_;
};

}  // namespace

IOStatus FaultEnv::Disk::NewWritableFile(const std::string& name, const FileOptions& options,
                                         std::unique_ptr<rocksdb::FSWritableFile>* out,
                                         IODebugContext* debug) {
  // A copy of the options, for people, which RocksDB can do without.
  if (fs::path(name).filename().string().starts_with("OPTIONS-")) return IOStatus::NotSupported();
  IOStatus status = meet(Need::kSpace);
  if (status.ok()) status = target()->NewWritableFile(name, options, out, debug);
  if (!status.ok()) return status;
  *out = std::make_unique<FaultFile<Disk>>(std::move(*out), name, this);
  std::lock_guard guard(mutex_);
  files_[name] = File{};
  return status;
}

IOStatus FaultEnv::Disk::ReopenWritableFile(const std::string& name, const FileOptions& options,
                                            std::unique_ptr<rocksdb::FSWritableFile>* out,
                                            IODebugContext* debug) {
  IOStatus status = meet(Need::kNothing);
  std::error_code absent;
  std::uintmax_t size = fs::file_size(name, absent);
  if (status.ok()) status = target()->ReopenWritableFile(name, options, out, debug);
  if (!status.ok()) return status;
  *out = std::make_unique<FaultFile<Disk>>(std::move(*out), name, this);
  std::lock_guard guard(mutex_);
  files_.try_emplace(name, absent ? File{} : File{size, true});
  return status;
}

IOStatus FaultEnv::Disk::ReuseWritableFile(const std::string& name, const std::string& old,
                                           const FileOptions& options,
                                           std::unique_ptr<rocksdb::FSWritableFile>* out,
                                           IODebugContext* debug) {
  IOStatus status = RenameFile(old, name, options.io_options, debug);
  return status.ok() ? NewWritableFile(name, options, out, debug) : status;
}

IOStatus FaultEnv::Disk::NewDirectory(const std::string& name, const IOOptions& options,
                                      std::unique_ptr<rocksdb::FSDirectory>* out, IODebugContext* debug) {
  IOStatus status = target()->NewDirectory(name, options, out, debug);
  if (status.ok()) *out = std::make_unique<FaultFolder<Disk>>(std::move(*out), name, this);
  return status;
}

IOStatus FaultEnv::Disk::DeleteFile(const std::string& name, const IOOptions& options,
                                    IODebugContext* debug) {
  IOStatus status = meet(Need::kNothing);
  if (status.ok()) status = target()->DeleteFile(name, options, debug);
  if (!status.ok()) return status;
  std::lock_guard guard(mutex_);
  files_.erase(name);
  return status;
}

IOStatus FaultEnv::Disk::RenameFile(const std::string& from, const std::string& to, const IOOptions& options,
                                    IODebugContext* debug) {
  IOStatus status = meet(Need::kNothing);
  if (status.ok()) status = target()->RenameFile(from, to, options, debug);
  if (!status.ok()) return status;
  std::lock_guard guard(mutex_);
  files_.erase(to);
  if (auto file = files_.extract(from)) {
    file.key() = to;
    file.mapped().listed = true;
    files_.insert(std::move(file));
  }
  return status;
}

IOStatus FaultEnv::Disk::LinkFile(const std::string& from, const std::string& to, const IOOptions& options,
                                  IODebugContext* debug) {
  IOStatus status = meet(Need::kNothing);
  if (status.ok()) status = target()->LinkFile(from, to, options, debug);
  if (!status.ok()) return status;
  std::lock_guard guard(mutex_);
  if (auto file = files_.find(from); file != files_.end()) files_[to] = File{file->second.synced, false};
  return status;
}

Status FaultEnv::Disk::drop_unsynced() {
  std::lock_guard guard(mutex_);
  std::error_code error;
  for (const auto& [name, file] : files_) {
    if (!fs::exists(name, error)) continue;
    if (!file.listed) {
      fs::remove(name, error);
    } else if (fs::file_size(name, error) > file.synced) {
      fs::resize_file(name, file.synced, error);
    }
    if (error) return fail(ErrorCode::kUnavailable, "cannot drop unsynced bytes: " + error.message(), name);
  }
  files_.clear();
  mode_ = Mode::kGood;
  return {};
}

FaultEnv::FaultEnv() : disk_(std::make_shared<Disk>()), env_(rocksdb::NewCompositeEnv(disk_)) {}
FaultEnv::~FaultEnv() = default;
rocksdb::Env* FaultEnv::env() {
  return env_.get();
}
void FaultEnv::crash() {
  disk_->set(Disk::Mode::kOff);
}
Status FaultEnv::restart() {
  return disk_->drop_unsynced();
}
void FaultEnv::fill_disk() {
  disk_->set(Disk::Mode::kFull);
}
void FaultEnv::empty_disk() {
  disk_->set(Disk::Mode::kGood);
}

}  // namespace spud::store
