// SPDX-License-Identifier: Apache-2.0
#include "compiler/passes/dead_code.hpp"

#include <numeric>

#include "ir/builder.hpp"

namespace spud::compiler {

void remove_dead_code(ir::Region& region) {
  std::vector<bool> used(region.values.size(), false);
  for (ir::ValueId result : region.results) used[result] = true;
  std::vector<bool> live(region.instructions.size(), false);
  for (std::size_t i = region.instructions.size(); i-- > 0;) {
    const auto& instruction = region.instructions[i];
    for (std::uint32_t r = 0; r < instruction.result_count; ++r) {
      live[i] = live[i] || used[instruction.first_result + r];
    }
    if (!live[i]) continue;
    for (ir::ValueId operand : instruction.operands) used[operand] = true;
  }

  ir::RegionBuilder builder({region.values.begin(), region.values.begin() + region.parameter_count});
  std::vector<ir::ValueId> values(region.values.size(), 0);
  std::iota(values.begin(), values.begin() + region.parameter_count, ir::ValueId{0});
  for (std::size_t i = 0; i < region.instructions.size(); ++i) {
    if (!live[i]) continue;
    auto& instruction = region.instructions[i];
    for (auto& operand : instruction.operands) operand = values[operand];
    for (auto& nested : instruction.regions) remove_dead_code(nested);
    auto old = instruction.first_result;
    auto first = region.values.begin() + old;
    std::vector<ir::ValueInfo> results(first, first + instruction.result_count);
    auto next = builder.add(std::move(instruction), results);
    for (std::size_t r = 0; r < results.size(); ++r) values[old + r] = next++;
  }
  std::vector<ir::ValueId> results;
  for (ir::ValueId result : region.results) results.push_back(values[result]);
  region = std::move(builder).finish(std::move(results));
}

}  // namespace spud::compiler
