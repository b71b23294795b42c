// SPDX-License-Identifier: Apache-2.0
#include <sys/sysinfo.h>
#include <unistd.h>

/// RocksDB asks for the number of cores with every memtable that it makes, and the C library reads files of
/// the system for the answer, a thousand times a seed. Here they are read once.
extern "C" int get_nprocs() noexcept {
  static const int cores = static_cast<int>(::sysconf(_SC_NPROCESSORS_ONLN));
  return cores;
}
