// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ir/plan.hpp"

namespace spud::compiler {

/// Removes what changes nothing: x + 0, x · 1, a reshape to the same shape, a slice of everything, a select
/// between equal values or by a constant; and merges broadcasts, reshapes and transposes that follow each
/// other.
void remove_identities(ir::Region& region);

}  // namespace spud::compiler
