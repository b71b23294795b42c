// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include "alu/range.hpp"
#include "base/type.hpp"
#include "ops/op.hpp"

namespace spud::compiler {

/// All numbers of an integer type.
alu::Range range_of_type(DType dtype);

/// The numbers that bit operations, shifts and divisions of integers give, of one operand or two; nullopt for
/// "whatever the type holds", as for every other operation. What leaves the type is the caller's.
std::optional<alu::Range> range_of_integer_operation(ops::Opcode opcode, DType dtype, const alu::Range& x,
                                                     const alu::Range& y);

}  // namespace spud::compiler
