// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ir/plan.hpp"

namespace spud::compiler {

/// Leaves out what the bounds of secret floats decide: |x|, max(x, 0) and x ≥ 0 of what is never negative,
/// such as squares, exponentials, variances and their sums; max(x, −1) of a tangent; exp's argument in
/// softmax is not above zero. Bounds are of exact numbers: that a rounding may put a held one a unit beyond
/// makes no difference that a rounding would not make anyway.
void decide_by_bounds(ir::Region& region);

}  // namespace spud::compiler
