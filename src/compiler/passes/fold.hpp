// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ir/plan.hpp"

namespace spud::compiler {

/// Evaluates what depends on constants alone, bit for bit as the VM would (ops/plain). A broadcast or iota
/// stays what it is, and nothing of more than 2^16 elements is made out of less: a plan does not grow by
/// folding. The evaluated elements of a program are bounded; what lies beyond the bound is left to the VM.
void fold_constants(ir::Region& region);

}  // namespace spud::compiler
