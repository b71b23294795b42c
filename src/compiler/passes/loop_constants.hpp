// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ir/plan.hpp"

namespace spud::compiler {

/// Lets loops see the constants they carry: where a loop is entered with a small constant and its body
/// returns it unchanged, the regions use a constant of their own instead. The carried value keeps its place.
void expose_loop_constants(ir::Region& region);

}  // namespace spud::compiler
