// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/error.hpp"

namespace spud::service {

/// What a party says of its nodes, for placing devices: zone=eu, provider=x.
using Labels = std::map<std::string, std::string>;

/// From NAME=VALUE, both names, each NAME once, at most limits::kLabelsPerNode. `option` is where they stand.
Result<Labels> parse_labels(const std::vector<std::string>& texts, const std::string& option);
/// "provider=x,zone=eu"; "-" for none.
std::string to_string(const Labels& labels);

}  // namespace spud::service
