// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ir/plan.hpp"

namespace spud::compiler {

/// Variances as E[x²] − E[x]² of secret floats become E[(x − E[x])²]: whoever asks for one uses x − E[x] too,
/// so that no second mask is opened for the squares; squares stay small; and the result is known not to be
/// negative.
void rewrite_variances(ir::Region& region);

}  // namespace spud::compiler
