// SPDX-License-Identifier: Apache-2.0
#include "compiler/passes/total_orders.hpp"

namespace spud::compiler {

void forget_total_orders(ir::Region& region) {
  for (auto& instruction : region.instructions) {
    for (auto& nested : instruction.regions) forget_total_orders(nested);
    if (instruction.opcode != ops::Opcode::kCompare ||
        region.values[instruction.first_result].visibility == ir::Visibility::kPublic)
      continue;
    instruction.attributes.comparison = ops::usual_order(instruction.attributes.comparison);
  }
}

}  // namespace spud::compiler
