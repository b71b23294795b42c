// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ir/plan.hpp"

namespace spud::compiler {

/// Has values masked before the loops that use slices of them in every turn, where that opens less than a
/// mask a slice and turn does: the data of a training loop is opened once and not once an epoch. Loops whose
/// length is not known stay as they are. Where values of several owners are laid side by side and the whole
/// is opened, the parts are masked instead, each by its owner alone.
void prepare_loop_values(ir::Region& region);

}  // namespace spud::compiler
