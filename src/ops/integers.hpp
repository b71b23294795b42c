// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ops/op.hpp"
#include "ops/value.hpp"

namespace spud::ops {

/// Whether a secret of this type is held in a ring of more bits than it has. The ring then holds exactly the
/// number: every operation that may leave the type is followed by Machine::wrapped().
bool is_narrow(DType dtype);
/// Notes in `signed_bits` what the type of a narrow integer says, if no more is known.
void note_type(Value& x);

/// Operations that Machine::integer() does on secrets.
bool is_integer_operation(Opcode opcode, DType result);

}  // namespace spud::ops
