// SPDX-License-Identifier: Apache-2.0
#include "service/config/load.hpp"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <set>
#include <sstream>

#include <unistd.h>
#include <yaml-cpp/yaml.h>

#include "base/check.hpp"

namespace spud::service {
namespace {

namespace fs = std::filesystem;

std::string at(const fs::path& file, const YAML::Mark& mark) {
  return mark.is_null() ? file.string() : file.string() + ":" + std::to_string(mark.line + 1);
}

/// The texts of a value: a scalar is one, a list has as many as it has items.
Result<std::vector<std::string>> texts_of(const ConfigKey& key, const YAML::Node& value) {
  auto refuse = [&](const char* what) { return bad_input(key.name + " is " + what, {}, key.type()); };
  if (value.IsScalar()) return std::vector<std::string>{value.Scalar()};
  if (value.IsMap()) return refuse("a section");
  if (!value.IsSequence()) return refuse("empty");
  if (!key.is_list()) return refuse("a list");
  std::vector<std::string> texts;
  for (const YAML::Node& item : value) {
    if (!item.IsScalar()) return refuse("a list of other things than texts");
    texts.push_back(item.Scalar());
  }
  return texts;
}

/// Reads the keys of one file into their targets.
class FileLoader {
 public:
  FileLoader(const std::vector<ConfigKey>& keys, fs::path file)
      : keys_(keys), file_(std::move(file)), folder_(fs::absolute(file_).parent_path()) {}

  Status load(const YAML::Node& root) {
    if (root.IsNull()) return {};
    if (!root.IsMap())
      return bad_input("is not a list of keys", file_.string(), "lines of the form 'key: value'");
    return load_section("", root);
  }
  const std::set<std::string>& seen() const { return seen_; }
  const fs::path& folder() const { return folder_; }

 private:
  Status load_section(const std::string& prefix, const YAML::Node& section) {
    for (const auto& entry : section) {
      const std::string place = at(file_, entry.first.Mark());
      if (!entry.first.IsScalar())
        return bad_input("a key is not a text", place, "lines of the form 'key: value'");
      SPUD_TRY(load_entry(prefix + entry.first.Scalar(), entry.second, place));
    }
    return {};
  }

  Status load_entry(const std::string& name, const YAML::Node& value, const std::string& place) {
    if (!seen_.insert(name).second) return bad_input(name + " is set twice", place, "each key once");
    auto key =
        std::find_if(keys_.begin(), keys_.end(), [&](const ConfigKey& one) { return one.name == name; });
    if (key != keys_.end()) {
      auto texts = texts_of(*key, value);
      Status status = texts ? key->set(*texts, folder_) : Status(std::unexpected(texts.error()));
      if (!status) return std::unexpected(std::move(status).error().in(place));
      return {};
    }
    auto in_section = [&](const ConfigKey& one) { return one.name.starts_with(name + "."); };
    if (std::none_of(keys_.begin(), keys_.end(), in_section)) return refuse_unknown(name, place);
    if (value.IsNull()) return {};
    if (!value.IsMap()) return bad_input(name + " is a section", place, "its keys below it, indented");
    return load_section(name + ".", value);
  }

  Status refuse_unknown(const std::string& name, const std::string& place) const {
    std::vector<std::string> names;
    for (const ConfigKey& key : keys_) {
      names.push_back(key.name);
      if (auto dot = key.name.rfind('.'); dot != std::string::npos) names.push_back(key.name.substr(0, dot));
    }
    auto closest = find_closest(name, names);
    return fail(ErrorCode::kBadInput, "unknown key " + name, place, "a key of --explain-config", {},
                closest ? "did you mean " + *closest + "?" : "");
  }

  const std::vector<ConfigKey>& keys_;
  fs::path file_;
  fs::path folder_;
  std::set<std::string> seen_;
};

Result<YAML::Node> read_yaml(const fs::path& file) {
  std::ifstream stream(file, std::ios::binary);
  std::error_code error;
  if (!stream || fs::is_directory(file, error)) {
    return bad_input("cannot be read", "configuration " + file.string(), "a YAML file");
  }
  const std::string text((std::istreambuf_iterator<char>(stream)), {});
  try {
    return YAML::Load(text);
  } catch (const YAML::Exception& failure) {
    return bad_input("is not YAML: " + failure.msg, at(file, failure.mark), "lines of the form 'key: value'");
  }
}

std::vector<std::string> split_list(const std::string& text) {
  std::vector<std::string> texts;
  std::istringstream stream(text);
  for (std::string item; std::getline(stream, item, ',');) texts.push_back(item);
  return texts;
}

/// Kubernetes tells every pod the addresses of services: for one named spud-node, SPUD_NODE_SERVICE_HOST and
/// the like.
bool is_set_by_kubernetes(const std::string& variable) {
  return variable.ends_with("_SERVICE_HOST") || variable.ends_with("_PORT") ||
         variable.find("_SERVICE_PORT_") != std::string::npos || variable.find("_PORT_") != std::string::npos;
}

Status check_variables(const std::vector<ConfigKey>& keys, const std::string& service,
                       const Environment& environment) {
  std::vector<std::string> known;
  for (const ConfigKey& key : keys) known.push_back(key.variable(service));
  const std::string prefix = service_prefix(service);
  for (const auto& [name, value] : environment) {
    if (!name.starts_with(prefix) || is_set_by_kubernetes(name)) continue;
    if (std::find(known.begin(), known.end(), name) != known.end()) continue;
    auto closest = find_closest(name, known);
    return fail(ErrorCode::kBadInput, "names no key", "environment variable " + name,
                "a variable of --explain-config", {}, closest ? "did you mean " + *closest + "?" : "");
  }
  return {};
}

}  // namespace

Environment process_environment() {
  Environment found;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view text = *entry;
    const std::size_t equals = text.find('=');
    if (!text.starts_with("SPUD_") || equals == std::string_view::npos) continue;
    found.emplace(text.substr(0, equals), text.substr(equals + 1));
  }
  return found;
}

Status load_config(const std::vector<ConfigKey>& keys, const std::string& service, const fs::path& file,
                   const Environment& environment) {
  SPUD_TRY(check_variables(keys, service, environment));
  SPUD_ASSIGN(YAML::Node root, read_yaml(file));
  FileLoader loader(keys, file);
  // Defaults first: the file and then the environment replace them.
  for (const ConfigKey& key : keys) {
    if (key.standard.empty()) continue;
    auto texts = texts_of(key, YAML::Load(key.standard));
    SPUD_CHECK(texts && key.set(*texts, loader.folder()), "a default is of its key's type");
  }
  SPUD_TRY(loader.load(root));
  for (const ConfigKey& key : keys) {
    const std::string name = key.variable(service);
    if (auto variable = environment.find(name); variable != environment.end()) {
      const std::string& text = variable->second;
      Status status = key.set(key.is_list() ? split_list(text) : std::vector{text}, loader.folder());
      if (!status) return std::unexpected(std::move(status).error().in("environment variable " + name));
    } else if (key.required() && !loader.seen().contains(key.name)) {
      return fail(ErrorCode::kBadInput, key.name + " is not set", file.string(), key.type(), {},
                  "add '" + key.name + "' or set " + name + "; --explain-config describes it");
    }
  }
  return {};
}

}  // namespace spud::service
