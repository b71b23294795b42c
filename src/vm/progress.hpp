// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>

namespace spud::vm {

/// How far a run is: counted by its thread, read by any.
struct Progress {
  std::atomic<std::uint64_t> instructions{0};  ///< done, each turn of a loop anew
  std::atomic<std::uint64_t> rounds{0};
};

}  // namespace spud::vm
