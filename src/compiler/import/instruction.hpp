// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/error.hpp"
#include "compiler/import/module.hpp"
#include "schemas/hlo.pb.h"

namespace spud::compiler {

/// An instruction of a supported opcode without its operands and callees: kind, shape, attributes, literal.
Result<HloInstruction> import_instruction(const hlo::HloInstructionProto& proto);

/// Whether the result of an instruction that calls nothing is what its operands make. Completes what follows
/// from types: maximum of pred is stored as "or", minimum as "and".
Status check_operation(const HloComputation& computation, HloInstruction& instruction);

/// The same for instructions that call computations, once all computations are known.
Status check_calls(const HloModule& module, const HloComputation& computation,
                   const HloInstruction& instruction);

}  // namespace spud::compiler
