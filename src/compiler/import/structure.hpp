// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "base/error.hpp"
#include "compiler/import/module.hpp"
#include "schemas/hlo.pb.h"

namespace spud::compiler {

/// What instructions of some kinds say beside their shapes; null for the others. Every number in it is of a
/// size that can be computed with; whether it fits the operands is seen when the instruction is lowered.
Result<std::shared_ptr<const HloStructure>> import_structure(HloKind kind,
                                                             const hlo::HloInstructionProto& proto);

}  // namespace spud::compiler
