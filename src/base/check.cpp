// SPDX-License-Identifier: Apache-2.0
#include "base/check.hpp"

#include <cstdio>
#include <cstdlib>

namespace spud {

void check_failed(const char* condition, const char* file, int line, const char* why) {
  std::fprintf(stderr, "spud: internal check failed at %s:%d: %s (%s)\n", file, line, condition, why);
  std::abort();
}

}  // namespace spud
