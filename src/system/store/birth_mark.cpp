// SPDX-License-Identifier: Apache-2.0
#include "system/store/birth_mark.hpp"

#include <cerrno>
#include <cstring>

#include <fcntl.h>
#include <sys/stat.h>

#include "system/store/format.hpp"

namespace spud::store {

Result<std::string> birth_mark(const std::filesystem::path& folder) {
  const auto file = folder / kFormatFile;
  struct statx info;
  if (::statx(AT_FDCWD, file.c_str(), 0, STATX_INO | STATX_BTIME, &info) != 0) {
    return fail(ErrorCode::kCorrupt, std::string("cannot be looked at: ") + std::strerror(errno),
                file.string(), "the store's format record");
  }
  std::string mark = std::to_string(info.stx_ino);
  // Some file systems do not know when a file was made.
  if ((info.stx_mask & STATX_BTIME) != 0) {
    mark += "/" + std::to_string(info.stx_btime.tv_sec) + "." + std::to_string(info.stx_btime.tv_nsec);
  }
  return mark;
}

}  // namespace spud::store
