// SPDX-License-Identifier: Apache-2.0
#include "base/id.hpp"

namespace spud {

bool is_valid_name(const std::string& name) {
  if (name.empty() || name.size() > 63) return false;
  auto plain = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); };
  if (!plain(name.front())) return false;
  for (char c : name) {
    if (!plain(c) && c != '.' && c != '_' && c != '-') return false;
  }
  return true;
}

}  // namespace spud
