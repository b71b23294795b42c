// SPDX-License-Identifier: Apache-2.0
#include "compiler/lower/reducer.hpp"

namespace spud::compiler {

std::optional<ops::Reducer> match_reducer(const ir::Region& region) {
  if (region.parameter_count != 2 || region.results.size() != 1) return std::nullopt;
  for (const auto& instruction : region.instructions) {
    if (instruction.first_result != region.results[0]) continue;
    bool both = instruction.operands == std::vector<ir::ValueId>{0, 1} ||
                instruction.operands == std::vector<ir::ValueId>{1, 0};
    if (!both) return std::nullopt;
    switch (instruction.opcode) {
      case ops::Opcode::kAdd:
        return ops::Reducer::kAdd;
      case ops::Opcode::kMultiply:
        return ops::Reducer::kMultiply;
      case ops::Opcode::kMaximum:
        return ops::Reducer::kMaximum;
      case ops::Opcode::kMinimum:
        return ops::Reducer::kMinimum;
      case ops::Opcode::kAnd:
        return ops::Reducer::kAnd;
      case ops::Opcode::kOr:
        return ops::Reducer::kOr;
      default:
        return std::nullopt;
    }
  }
  return std::nullopt;
}

}  // namespace spud::compiler
