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

#include "system/store/look.hpp"

namespace spud::app {

namespace {

namespace fs = std::filesystem;

/// A file without a name, so that nothing stays behind however this process ends.
class Trial {
 public:
  explicit Trial(const fs::path& folder) {
    std::string name = (folder / "doctor-XXXXXX").string();
    file_ = ::mkostemp(name.data(), O_CLOEXEC);
    error_ = errno;
    if (file_ >= 0) ::unlink(name.c_str());
  }
  ~Trial() {
    if (file_ >= 0) ::close(file_);
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
  // The service will make what is not there: what counts is the folder above.
  const fs::path folder = store::nearest_folder(data);
  if (!fs::exists(data, error)) {
    findings.ok("data", data.string() + " is not there yet and will be made");
  }
  const auto space = fs::space(folder, error);
  if (error)
    return findings.fail("disk", folder.string() + ": " + error.message(), "name a folder that can be read");
  findings.add(judge_space("disk", space.available, min_free_bytes));
  check_kind(findings, folder);
  check_writes(findings, folder);
}

}  // namespace spud::app
