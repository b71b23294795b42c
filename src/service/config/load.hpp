// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "service/config/key.hpp"

namespace spud::service {

/// Environment variables by name. An argument, so that tests need not change the process's own.
using Environment = std::map<std::string, std::string>;
/// Those of this process that start with "SPUD_".
Environment process_environment();

/// Fills the targets of `keys`: from the environment if set there, else from the YAML file, else the default.
/// kBadInput, naming the file and line or the variable, for what is not YAML, an unknown or repeated key
/// (with the closest one that exists), a value of the wrong type or out of its range, and a required key that
/// is set nowhere. A variable SPUD_<SERVICE>_… that is no key is refused, too, but for those that Kubernetes
/// sets for its services.
Status load_config(const std::vector<ConfigKey>& keys, const std::string& service,
                   const std::filesystem::path& file, const Environment& environment);

/// A complete configuration file with every key, its meaning, type, default and variable: the text of
/// --explain-config. It loads: keys without a default show their example, optional ones stand in comments.
std::string explain_config(const std::vector<ConfigKey>& keys, const std::string& service);

}  // namespace spud::service
