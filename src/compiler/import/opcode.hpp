// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "compiler/import/module.hpp"
#include "schemas/hlo.pb.h"

namespace spud::compiler {

/// What an HLO opcode is imported as.
struct OpcodeMeaning {
  HloKind kind = HloKind::kOperation;
  ops::Opcode opcode = ops::Opcode::kConstant;  ///< of kOperation
};

/// nullopt for an opcode that is not supported.
std::optional<OpcodeMeaning> meaning(std::string_view hlo_opcode);

/// Dense row-major, or not stated. Layouts matter to bitcasts only: all else is defined on indices.
bool has_default_layout(const hlo::ShapeProto& shape);

/// Text from the file, fit for a message: anything but printable ASCII becomes '?', a long one is cut.
std::string printable(std::string_view text);

/// "instruction 'add.3' of 'main.7'"
std::string place(const hlo::HloInstructionProto& instruction, const hlo::HloComputationProto& computation);

/// Why an instruction cannot be imported at all, by name ("cholesky", "custom-call 'lapack_sgetrf'"); nullopt
/// if it can.
std::optional<std::string> unsupported(const hlo::HloInstructionProto& instruction);

}  // namespace spud::compiler
