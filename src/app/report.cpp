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
  return error.code == ErrorCode::kBadInput || error.code == ErrorCode::kUnsupported ? 2 : 1;
}

}  // namespace spud::app
