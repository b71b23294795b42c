// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/error.hpp"
#include "ir/plan.hpp"

namespace spud::compiler {

/// Conditionals with a secret index become all of their branches, one after the other, and a choice among the
/// results; dynamic slices and updates at a secret place become rows by number (kTake, kPut). Needs
/// visibilities, and leaves them to be inferred again. Fails where a slice at every place would be too large.
Status hide_choices(ir::Region& region);

}  // namespace spud::compiler
