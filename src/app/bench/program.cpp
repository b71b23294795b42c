// SPDX-License-Identifier: Apache-2.0
#include "app/bench/program.hpp"

#include <algorithm>
#include <filesystem>

#include "base/limits.hpp"
#include "io/file.hpp"

namespace spud::app::bench {
namespace {

namespace fs = std::filesystem;

constexpr const char* kProgramFile = "program.hlo.pb";
constexpr const char* kMetaFile = "meta.json";
constexpr const char* kInputsFile = "inputs.npz";
constexpr const char* kLibrary = "tests/bench/programs";

bool is_folder(const fs::path& path) {
  std::error_code ignored;
  return fs::is_directory(path, ignored);
}
bool is_file(const fs::path& path) {
  std::error_code ignored;
  return fs::is_regular_file(path, ignored);
}

Result<fs::path> find(const std::string& argument, const std::string& library) {
  const fs::path path(argument);
  if (is_file(path)) return path;
  if (is_folder(path)) return path / kProgramFile;
  const bool bare = !argument.empty() && path.filename() == path;
  if (bare && is_folder(fs::path(library) / path)) return fs::path(library) / path / kProgramFile;
  return fail(ErrorCode::kNotFound, "there is no program '" + argument + "'", "PROGRAM",
              "a folder with program.hlo.pb and meta.json, a program's file, or a name in " + library);
}

}  // namespace

Result<Program> load_program(const std::string& argument, const std::string& library, unsigned parties) {
  SPUD_ASSIGN(auto file, find(argument, library));
  Program program;
  const auto folder = fs::absolute(file).lexically_normal().parent_path();
  program.name = file.filename() == kProgramFile ? folder.filename().string() : file.stem().string();
  SPUD_ASSIGN(program.hlo, io::read_file(file.string(), limits::kProgramBytes));
  SPUD_ASSIGN(program.meta, io::read_meta_file((folder / kMetaFile).string(), parties));
  if (is_file(folder / kInputsFile)) program.inputs_file = (folder / kInputsFile).string();
  return program;
}

Result<std::vector<std::string>> list_programs(const std::string& library) {
  std::vector<std::string> names;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(library, error)) {
    if (is_file(entry.path() / kProgramFile)) names.push_back(entry.path().filename().string());
  }
  if (names.empty()) return fail(ErrorCode::kNotFound, "holds no programs", library, "folders of programs");
  std::sort(names.begin(), names.end());
  return names;
}

std::string default_library() {
  std::error_code error;
  if (is_folder(kLibrary)) return kLibrary;
  const fs::path self = fs::read_symlink("/proc/self/exe", error);
  for (fs::path above = self.parent_path(); above.has_relative_path(); above = above.parent_path()) {
    if (is_folder(above / kLibrary)) return (above / kLibrary).string();
  }
  return kLibrary;
}

}  // namespace spud::app::bench
