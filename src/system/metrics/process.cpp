// SPDX-License-Identifier: Apache-2.0
#include "system/metrics/process.hpp"

#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <sstream>
#include <string>
#include <system_error>

#include <sys/resource.h>
#include <unistd.h>

namespace spud::metrics {
namespace {

using prometheus::MetricFamily;
using prometheus::MetricType;

/// The fields of /proc/self/stat (proc(5)) that come after the program's name, which may hold spaces.
struct Stat {
  double cpu_ticks = 0;
  double start_ticks = 0;  ///< after boot
};

std::optional<Stat> read_stat() {
  std::ifstream file("/proc/self/stat");
  std::string line((std::istreambuf_iterator<char>(file)), {});
  std::size_t name_end = line.rfind(')');
  if (name_end == std::string::npos) return std::nullopt;
  std::istringstream fields(line.substr(name_end + 1));
  std::string skipped;
  for (int field = 3; field <= 13; ++field) fields >> skipped;
  double user = 0, system = 0;
  fields >> user >> system;
  for (int field = 16; field <= 21; ++field) fields >> skipped;
  Stat stat{user + system, 0};
  if (!(fields >> stat.start_ticks)) return std::nullopt;
  return stat;
}

std::optional<double> read_boot_time() {
  std::ifstream file("/proc/stat");
  for (std::string word; file >> word;) {
    double seconds = 0;
    if (word == "btime" && file >> seconds) return seconds;
  }
  return std::nullopt;
}

std::optional<double> read_resident_bytes() {
  std::ifstream file("/proc/self/statm");
  double total = 0, resident = 0;
  if (!(file >> total >> resident)) return std::nullopt;
  return resident * static_cast<double>(::sysconf(_SC_PAGESIZE));
}

std::optional<double> count_open_files() {
  std::error_code error;
  std::filesystem::directory_iterator files("/proc/self/fd", error);
  if (error) return std::nullopt;
  double count = -1;  // the iterator's own
  for (auto end = std::filesystem::directory_iterator(); files != end; files.increment(error)) {
    if (error) return std::nullopt;
    ++count;
  }
  return count;
}

void add(std::vector<MetricFamily>& out, const char* name, const char* help, MetricType type,
         std::optional<double> value) {
  if (!value) return;
  prometheus::ClientMetric metric;
  (type == MetricType::Counter ? metric.counter.value : metric.gauge.value) = *value;
  out.push_back({name, help, type, {metric}});
}

}  // namespace

std::vector<MetricFamily> process_families() {
  std::vector<MetricFamily> out;
  add(out, "process_resident_memory_bytes", "Resident memory size in bytes.", MetricType::Gauge,
      read_resident_bytes());
  add(out, "process_open_fds", "Number of open file descriptors.", MetricType::Gauge, count_open_files());
  rlimit files{};
  if (::getrlimit(RLIMIT_NOFILE, &files) == 0) {
    add(out, "process_max_fds", "Maximum number of open file descriptors.", MetricType::Gauge,
        static_cast<double>(files.rlim_cur));
  }
  if (auto stat = read_stat()) {
    const double ticks = static_cast<double>(::sysconf(_SC_CLK_TCK));
    add(out, "process_cpu_seconds_total", "User and system time spent, in seconds.", MetricType::Counter,
        stat->cpu_ticks / ticks);
    if (auto boot = read_boot_time()) {
      add(out, "process_start_time_seconds", "Start of the process, in seconds since 1970-01-01 UTC.",
          MetricType::Gauge, *boot + stat->start_ticks / ticks);
    }
  }
  return out;
}

}  // namespace spud::metrics
