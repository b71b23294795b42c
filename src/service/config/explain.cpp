// SPDX-License-Identifier: Apache-2.0
#include "service/config/load.hpp"

namespace spud::service {
namespace {

/// "tls." and "certificate" of "tls.certificate".
std::pair<std::string, std::string> split_name(const std::string& name) {
  const std::size_t dot = name.rfind('.');
  if (dot == std::string::npos) return {"", name};
  return {name.substr(0, dot), name.substr(dot + 1)};
}

std::string describe_need(const ConfigKey& key) {
  if (!key.standard.empty()) return "default " + key.standard;
  return key.required() ? "required" : "optional";
}

}  // namespace

std::string explain_config(const std::vector<ConfigKey>& keys, const std::string& service) {
  std::string text =
      "# Every key of the configuration file for '" + service +
      "'. The variable named with a key overrides it; in one, commas\n"
      "# separate the items of a list. Paths that are not absolute start at the folder of this file.\n";
  std::string section;
  for (const ConfigKey& key : keys) {
    auto [in_section, name] = split_name(key.name);
    if (in_section != section) {
      section = in_section;
      text += section.empty() ? "\n" : "\n" + section + ":\n";
    } else {
      text += "\n";
    }
    const std::string indent = section.empty() ? "" : "  ";
    const bool set = key.required() || !key.standard.empty();
    text += indent + "# " + key.doc + "\n";
    text += indent + "# " + key.type() + "; " + describe_need(key) + "; " + key.variable(service) +
            (key.taken == ConfigKey::Taken::kAtHangup ? "; taken again at SIGHUP" : "") + "\n";
    text +=
        indent + (set ? "" : "# ") + name + ": " + (key.standard.empty() ? key.example : key.standard) + "\n";
  }
  return text;
}

}  // namespace spud::service
