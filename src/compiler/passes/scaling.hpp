// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ir/plan.hpp"

namespace spud::compiler {

/// Moves a multiplication by one public number from an operand of a dot product to its result, where that has
/// no more elements, and joins two such multiplications in a row: fewer numbers are truncated, and an operand
/// that was masked for another use is not masked again because it was scaled.
void move_scaling(ir::Region& region);

}  // namespace spud::compiler
