// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ir/plan.hpp"

namespace spud::compiler {

/// Computes before a loop what every turn would compute anew of values that the loop hands on unchanged,
/// where that takes messages: products of secrets, comparisons, functions. The loop carries the results. Only
/// where the program says that there are two turns or more; and not what turns would take a slice of, which
/// passes/prepare.hpp sees to.
void move_loop_invariants(ir::Region& region);

}  // namespace spud::compiler
