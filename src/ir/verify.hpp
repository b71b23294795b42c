// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/error.hpp"
#include "ir/plan.hpp"

namespace spud::ir {

/// Whether a plan is well-formed: values defined once and before their uses, types by ir/types.hpp, regions
/// closed and of matching types, results at least as secret as their operands, loop conditions and indices
/// public, everything within base/limits.hpp. Tests call it after every pass, decode() on what came from
/// outside; the VM relies on it. The error's `where` names the region and the instruction.
Status verify(const Plan& plan);

}  // namespace spud::ir
