// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ir/plan.hpp"

namespace spud::compiler {

/// Computes equal things once: instructions of one region with equal opcode, attributes, operands (in either
/// order where that does not matter) and result type. Secret work saved here is rounds and bytes saved.
void merge_common_subexpressions(ir::Region& region);

}  // namespace spud::compiler
