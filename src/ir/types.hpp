// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>

#include "base/error.hpp"
#include "base/type.hpp"
#include "ops/op.hpp"

namespace spud::ir {

/// The typing rules of the SPU IR, one for every opcode but the control ones: whether `result` is what the
/// opcode makes of operands of these types. All shapes must have passed verify_shape. The error says which
/// rule is broken; the caller adds the instruction's name. HLO instructions are held to the same rules when
/// they are imported.
Status check_types(ops::Opcode opcode, const ops::Attributes& attributes,
                   std::span<const TensorType> operands, const TensorType& result);

/// Refuses attributes that the opcode does not name: they would enter the digest without a meaning.
Status check_attributes(ops::Opcode opcode, const ops::Attributes& attributes);

}  // namespace spud::ir
