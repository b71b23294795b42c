// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ir/plan.hpp"

namespace spud::compiler {

/// Drops instructions whose results nothing uses, in all regions. Parameters and carried values stay in
/// place.
void remove_dead_code(ir::Region& region);

}  // namespace spud::compiler
