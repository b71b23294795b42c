// SPDX-License-Identifier: Apache-2.0
#include "system/store/format.hpp"

#include <charconv>
#include <memory>
#include <string>

#include <rocksdb/env.h>

#include "system/store/rocksdb_status.hpp"

namespace spud::store {
namespace {

constexpr std::string_view kPrefix = "spud store format ";

}  // namespace

Result<std::optional<int>> read_format(rocksdb::Env& env, const std::filesystem::path& folder) {
  const std::string file = (folder / kFormatFile).string();
  if (env.FileExists(file).IsNotFound()) return std::nullopt;
  std::string text;
  SPUD_TRY(check(rocksdb::ReadFileToString(&env, file, &text), file));
  int version = 0;
  if (text.starts_with(kPrefix)) {
    const char* end = text.data() + text.size();
    auto [stop, error] = std::from_chars(text.data() + kPrefix.size(), end, version);
    if (error == std::errc() && std::string_view(stop, end) == "\n" && version > 0) {
      if (version == kStoreFormat) return version;
      return fail(ErrorCode::kUnsupported, "the store has format " + std::to_string(version), folder.string(),
                  "format " + std::to_string(kStoreFormat), {},
                  "run the version of spud that wrote this folder, or choose another data folder");
    }
  }
  return fail(ErrorCode::kCorrupt, "the format record cannot be read", file,
              std::string(kPrefix) + std::to_string(kStoreFormat));
}

Status write_format(rocksdb::Env& env, const std::filesystem::path& folder) {
  const std::string file = (folder / kFormatFile).string(), fresh = file + ".new";
  const std::string text = std::string(kPrefix) + std::to_string(kStoreFormat) + "\n";
  SPUD_TRY(check(rocksdb::WriteStringToFile(&env, text, fresh, /*should_sync=*/true), fresh));
  SPUD_TRY(check(env.RenameFile(fresh, file), file));
  std::unique_ptr<rocksdb::Directory> directory;
  SPUD_TRY(check(env.NewDirectory(folder.string(), &directory), folder.string()));
  return check(directory->Fsync(), folder.string());
}

}  // namespace spud::store
