// SPDX-License-Identifier: Apache-2.0
#include "service/labels.hpp"

#include "base/id.hpp"
#include "base/limits.hpp"

namespace spud::service {

Result<Labels> parse_labels(const std::vector<std::string>& texts, const std::string& option) {
  Labels labels;
  for (const auto& text : texts) {
    const auto equals = text.find('=');
    const auto name = text.substr(0, equals);
    const auto value = equals == std::string::npos ? std::string() : text.substr(equals + 1);
    if (!is_valid_name(name) || !is_valid_name(value))
      return bad_input("'" + text + "'", option, "NAME=VALUE, each 1 to 63 of [a-z0-9._-]");
    if (!labels.emplace(name, value).second)
      return bad_input(name + " stands twice", option, "each label once");
  }
  if (labels.size() > limits::kLabelsPerNode) {
    return bad_input(std::to_string(labels.size()) + " labels", option,
                     "at most " + std::to_string(limits::kLabelsPerNode));
  }
  return labels;
}

std::string to_string(const Labels& labels) {
  std::string text;
  for (const auto& [name, value] : labels) text += (text.empty() ? "" : ",") + name + "=" + value;
  return text.empty() ? "-" : text;
}

}  // namespace spud::service
