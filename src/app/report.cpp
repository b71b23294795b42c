// SPDX-License-Identifier: Apache-2.0
#include <cstdio>

#include "app/verbs.hpp"

namespace spud::app {

int report(const Error& error) {
  std::string line = error.message();
  for (char& c : line) {
    if (c == '\n') c = ' ';
  }
  std::fprintf(stderr, "spud: %s\n", line.c_str());
  const bool is_bad_input = error.code == ErrorCode::kBadInput || error.code == ErrorCode::kUnsupported ||
                            error.code == ErrorCode::kNotFound;
  return is_bad_input ? 2 : 1;
}

}  // namespace spud::app
