// SPDX-License-Identifier: Apache-2.0
#include "system/store/seal.hpp"

#include <sstream>
#include <vector>

#include <rocksdb/env.h>

#include "system/crypto/sha256.hpp"
#include "system/store/rocksdb_status.hpp"

namespace spud::store {
namespace fs = std::filesystem;
namespace {

constexpr char kSeal[] = "SEAL";
constexpr char kMaking[] = "SEAL.new";

bool is_sealed(const std::string& name) {
  return name == "CURRENT" || name.starts_with("MANIFEST-") || name.ends_with(".log");
}

Result<std::string> read(rocksdb::Env& env, const fs::path& file) {
  std::string bytes;
  SPUD_TRY(check(rocksdb::ReadFileToString(&env, file.string(), &bytes), file.string()));
  return bytes;
}

std::string hash(const std::string& bytes) {
  return crypto::sha256(as_bytes(bytes)).hex();
}

std::unexpected<Error> damaged(const fs::path& file, const char* what) {
  return std::unexpected(to_error(rocksdb::Status::Corruption(what), file.string()));
}

}  // namespace

Status write_seal(rocksdb::Env& env, const fs::path& folder) {
  std::vector<std::string> names;
  SPUD_TRY(check(env.GetChildren((folder / "db").string(), &names), folder.string()));
  std::string lines;
  for (const auto& name : names) {
    if (!is_sealed(name)) continue;
    SPUD_ASSIGN(const auto bytes, read(env, folder / "db" / name));
    // A log without a record need not outlive a loss of power.
    if (!bytes.empty()) lines += hash(bytes) + " " + name + "\n";
  }
  const auto making = (folder / kMaking).string(), seal = (folder / kSeal).string();
  SPUD_TRY(check(rocksdb::WriteStringToFile(&env, lines + hash(lines) + " .\n", making, /*should_sync=*/true),
                 making));
  return check(env.RenameFile(making, seal), seal);
}

Status break_seal(rocksdb::Env& env, const fs::path& folder) {
  const auto seal = folder / kSeal;
  if (!env.FileExists(seal.string()).ok()) return {};
  SPUD_ASSIGN(const auto text, read(env, seal));
  std::istringstream in(text);
  std::string digest, name, lines;
  bool whole = false;
  while (!whole && in >> digest >> name) {
    if (name == ".") {
      whole = digest == hash(lines);
      if (!whole) break;
      continue;
    }
    lines += digest + " " + name + "\n";
  }
  if (!whole) return damaged(seal, "the seal itself");
  std::istringstream sealed(lines);
  while (sealed >> digest >> name) {
    const auto file = folder / "db" / name;
    if (!env.FileExists(file.string()).ok()) return damaged(file, "it is missing");
    SPUD_ASSIGN(const auto bytes, read(env, file));
    if (hash(bytes) != digest) return damaged(file, "it is not what was closed");
  }
  SPUD_TRY(check(env.DeleteFile(seal.string()), seal.string()));
  // Were the seal back after a loss of power, what is written from now on would not fit it.
  std::unique_ptr<rocksdb::Directory> opened;
  SPUD_TRY(check(env.NewDirectory(folder.string(), &opened), folder.string()));
  return check(opened->Fsync(), folder.string());
}

}  // namespace spud::store
