// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "ir/plan.hpp"

namespace spud::ir {

/// A plan as people read it: one instruction a line as `%3 = add %1, %2 : f32[4,6] secret  // add.5`, regions
/// indented below their instruction, literals of more than a few elements as their count and the first digits
/// of their digest. Not a format: nothing parses it.
std::string to_text(const Plan& plan);

/// A few elements of a literal in full, a large one abbreviated; the same on every machine.
std::string to_text(const Literal& literal);

}  // namespace spud::ir
