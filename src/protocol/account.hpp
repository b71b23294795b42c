// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace spud::protocol {

/// For whom a kernel runs, so that what it opens and asks of the dealer can be put to somebody's account.
/// Whoever runs kernels chooses the numbers; 0 is the run itself. For accounting only: nothing that is
/// computed, sent or ordered depends on it.
enum class Account : std::uint32_t { kRun = 0 };

}  // namespace spud::protocol
