// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>

#include "alu/format.hpp"
#include "alu/range.hpp"
#include "ir/plan.hpp"

namespace spud::compiler {

/// What is known of an operand where an instruction is looked at.
struct KnownOperand {
  alu::Range range;  ///< as a secret of its type would be held
  const ir::ValueInfo* info = nullptr;
  const Literal* constant = nullptr;  ///< of a public constant, or what such a one is a broadcast of
};

/// All that a value of a type can be: for a secret the whole ring, for a public integer its type, for a
/// public float what encoding makes of the largest.
alu::Range widest(const ir::ValueInfo& info, const alu::NumberFormat& format);
/// What an input of the program can be: what encoding accepts.
alu::Range range_of_input(const ir::ValueInfo& info, const alu::NumberFormat& format);

/// The range of the result of an instruction without regions.
alu::Range range_of_result(const ir::Instruction& instruction, std::span<const KnownOperand> operands,
                           const ir::ValueInfo& result, const alu::NumberFormat& format);

}  // namespace spud::compiler
