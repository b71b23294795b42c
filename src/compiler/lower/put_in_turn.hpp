// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "compiler/lower/scalar_function.hpp"

namespace spud::compiler {

// Rows of tables [batch, rows, width] become the combiner's results of themselves and updates [batch, puts,
// width], at numbers [batch, puts] (kPut's: the number of rows is none).

/// Where no row is named twice in a batch.
Leaves put_at_once(Emitter& emitter, const Leaves& tables, Emitter::Value numbers, const Leaves& updates,
                   const ScalarFunction& combiner);
/// One update after the other, in a loop: any combiner, and any rows.
Leaves put_in_turn(Emitter& emitter, const Leaves& tables, Emitter::Value numbers, const Leaves& updates,
                   const ScalarFunction& combiner);

}  // namespace spud::compiler
