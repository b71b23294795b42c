// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace spud {

/// Prints the failed condition and its place to standard error, then aborts. Never prints values: they may be
/// secret.
[[noreturn]] void check_failed(const char* condition, const char* file, int line, const char* why);

}  // namespace spud

/// For what only our own code can cause. Stays in release builds: going on with a broken invariant could
/// leak. `why` is a sentence for whoever reads the core's last line.
#define SPUD_CHECK(condition, why)                               \
  do {                                                           \
    if (!(condition)) [[unlikely]] {                             \
      ::spud::check_failed(#condition, __FILE__, __LINE__, why); \
    }                                                            \
  } while (false)
