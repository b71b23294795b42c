// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/error.hpp"

namespace spud::app {

/// From here on no core file is written of this process, and other processes of its user may not read its
/// memory: keys, shares and data are in it. Whoever may do everything (root) is not kept out.
Status keep_memory_private();

}  // namespace spud::app
