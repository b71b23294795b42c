// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "ir/plan.hpp"

namespace spud::ir {

/// A plan as people read it: one instruction a line as `%3 = add %1, %2 : f32[4,6] secret  // add.5`, regions
/// indented below their instruction, literals of more than a few elements as their count and the first digits
/// of their digest. Not a format: nothing parses it.
std::string to_text(const Plan& plan);

/// A region on its own: a line with its parameters, then as in a plan.
std::string to_text(const Region& region);

/// One instruction of a region, without what its own regions hold.
std::string to_text(const Region& region, const Instruction& instruction);

/// "f32[4,6] secret of 20 bits"
std::string to_text(const ValueInfo& info);

/// A few elements of a literal in full, a large one abbreviated; the same on every machine.
std::string to_text(const Literal& literal);

}  // namespace spud::ir
