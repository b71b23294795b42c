// SPDX-License-Identifier: Apache-2.0
#include "system/store/look.hpp"

#include <cerrno>
#include <cstring>

#include <fcntl.h>
#include <rocksdb/env.h>
#include <unistd.h>

#include "system/store/format.hpp"

namespace spud::store {
namespace fs = std::filesystem;

fs::path nearest_folder(const fs::path& folder) {
  std::error_code error;
  fs::path at = fs::absolute(folder);
  while (!fs::exists(at, error) && at.has_relative_path()) at = at.parent_path();
  return at;
}

Status look_for_room(const fs::path& folder) {
  std::error_code error;
  const fs::path at = nearest_folder(folder);
  const std::string where =
      at == fs::absolute(folder) ? folder.string() : at.string() + " above " + folder.string();
  if (!fs::is_directory(at, error)) return bad_input("is not a folder", where, "a folder");
  if (::faccessat(AT_FDCWD, at.c_str(), R_OK | W_OK | X_OK, AT_EACCESS) == 0) return {};
  return bad_input(std::string("cannot be written: ") + std::strerror(errno), where,
                   "a folder that can be written");
}

Status look_at(const fs::path& folder) {
  SPUD_TRY(look_for_room(folder));
  auto format = read_format(*rocksdb::Env::Default(), folder);
  if (!format) return std::unexpected(std::move(format).error().in("store " + folder.string()));
  return {};
}

}  // namespace spud::store
