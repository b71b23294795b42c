// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ir/plan.hpp"

namespace spud::compiler {

/// The ways programs spell the logistic function and tanh other than 1 / (1 + exp(−x)), on secret floats:
///   e^x / (1 + e^x) → logistic(x)            a / (1 + e^y) → a · logistic(−y), of which silu is one
///   1/2 · (1 + tanh(x/2)), multiplied out or not → logistic(x)
///   (e^x − e^(−x)) / (e^x + e^(−x)) → tanh(x)
/// Each is an exponential and a division less; what is left of numerically careful pairs of branches is equal
/// in both. Exponentials are compared by their numbers: common subexpressions come before.
void find_sigmoids(ir::Region& region);

}  // namespace spud::compiler
