// SPDX-License-Identifier: Apache-2.0
#include "compiler/passes/remainders.hpp"

#include <map>
#include <memory>

#include "compiler/passes/rewrite.hpp"

namespace spud::compiler {
namespace {

using ir::ValueId;
using ops::Opcode;
using Operands = std::pair<ValueId, ValueId>;

}  // namespace

void share_divisions(ir::Region& region) {
  rewrite(region, [] {
    // Quotients by their operands.
    auto quotients = std::make_shared<std::map<Operands, ValueId>>();
    return [quotients](ir::RegionBuilder& builder, const ir::Instruction& instruction,
                       const ir::ValueInfo& result) -> std::optional<ValueId> {
      const bool divides = instruction.opcode == Opcode::kDivide || instruction.opcode == Opcode::kRemainder;
      if (!divides || !is_integer(result.type.dtype) || result.visibility == ir::Visibility::kPublic)
        return std::nullopt;
      const ValueId x = instruction.operands[0], y = instruction.operands[1];
      const auto found = quotients->find({x, y});
      if (instruction.opcode == Opcode::kDivide) {
        if (found != quotients->end()) return found->second;
        const ValueId quotient = builder.add(Opcode::kDivide, {}, {x, y}, result, instruction.origin);
        quotients->emplace(Operands{x, y}, quotient);
        return quotient;
      }
      if (found == quotients->end()) return std::nullopt;
      const ValueId taken =
          builder.add(Opcode::kMultiply, {}, {found->second, y}, result, instruction.origin);
      return builder.add(Opcode::kSubtract, {}, {x, taken}, result, instruction.origin);
    };
  });
}

}  // namespace spud::compiler
