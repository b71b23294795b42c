// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>

namespace spud::app::bench {

/// CPU seconds of this process so far, all threads, user and system.
double cpu_seconds();
/// The largest resident set of this process since forget_peak(), in bytes; 0 where the kernel does not say.
std::uint64_t peak_resident_bytes();
/// Gives free memory back and lets the peak begin anew.
void forget_peak();

/// The same clock in all processes of a machine.
inline std::int64_t now_nanos() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

}  // namespace spud::app::bench
