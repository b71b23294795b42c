// SPDX-License-Identifier: Apache-2.0
#include "app/doctor/disk.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <optional>

#include <fcntl.h>
#include <linux/magic.h>
#include <sys/statfs.h>
#include <unistd.h>

namespace spud::app {

namespace {

namespace fs = std::filesystem;

/// A file that is gone when this ends.
class Trial {
 public:
  explicit Trial(const fs::path& folder) : name_((folder / "doctor-XXXXXX").string()) {
    file_ = ::mkostemp(name_.data(), O_CLOEXEC);
    error_ = errno;
  }
  ~Trial() {
    if (file_ < 0) return;
    ::close(file_);
    ::unlink(name_.c_str());
  }
  Trial(const Trial&) = delete;
  Trial& operator=(const Trial&) = delete;

  bool open() const { return file_ >= 0; }
  std::string error() const { return std::strerror(error_); }

  /// Milliseconds of a small append that survives a loss of power; nullopt if it failed.
  std::optional<double> synced_write() {
    std::array<char, 4096> block{};
    const auto begin = std::chrono::steady_clock::now();
    if (::write(file_, block.data(), block.size()) != static_cast<ssize_t>(block.size()) ||
        ::fdatasync(file_) != 0) {
      error_ = errno;
      return std::nullopt;
    }
    return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - begin).count();
  }

 private:
  std::string name_;
  int file_ = -1;
  int error_ = 0;
};

void check_kind(Findings& findings, const fs::path& folder) {
  struct statfs about {};
  if (::statfs(folder.c_str(), &about) != 0) return;
  if (about.f_type == TMPFS_MAGIC) {
    findings.warn("disk", "its files lie in memory (tmpfs)",
                  "put data on a disk: shares, ledgers and jobs end with the machine's power");
  } else if (about.f_type == NFS_SUPER_MAGIC) {
    findings.warn("disk", "its files lie on another machine (NFS)",
                  "use a local disk: locks and synced writes of NFS depend on its server");
  }
}

void check_writes(Findings& findings, const fs::path& folder) {
  Trial trial(folder);
  if (!trial.open()) {
    return findings.fail("disk", "no file can be made in " + folder.string() + ": " + trial.error(),
                         "the service's user must own the folder");
  }
  constexpr std::size_t kWrites = 16;
  std::vector<double> times;
  for (std::size_t i = 0; i < kWrites; ++i) {
    const auto time = trial.synced_write();
    if (!time) {
      return findings.fail("disk", "a synced write failed: " + trial.error(),
                           "the disk is full or broken: see the system's log");
    }
    times.push_back(*time);
  }
  std::nth_element(times.begin(), times.begin() + kWrites / 2, times.end());
  findings.add(judge_sync("disk", times[kWrites / 2]));
}

}  // namespace

void check_disk(Findings& findings, const fs::path& data, std::uint64_t min_free_bytes) {
  std::error_code error;
  fs::path folder = data;
  if (!fs::exists(data, error)) {
    // The service will make it: what counts is the folder above.
    folder = data.parent_path().empty() ? fs::path(".") : data.parent_path();
    while (!fs::exists(folder, error) && folder.has_parent_path() && folder != folder.parent_path())
      folder = folder.parent_path();
    findings.ok("data", data.string() + " is not there yet and will be made");
  } else if (!fs::is_directory(data, error)) {
    return findings.fail("data", data.string() + " is no folder", "name a folder of its own as data");
  }
  const auto space = fs::space(folder, error);
  if (error)
    return findings.fail("disk", folder.string() + ": " + error.message(), "name a folder that can be read");
  findings.add(judge_space("disk", space.available, min_free_bytes));
  check_kind(findings, folder);
  check_writes(findings, folder);
}

}  // namespace spud::app
