// SPDX-License-Identifier: Apache-2.0
#include "compiler/passes/rewrite.hpp"

#include <numeric>

namespace spud::compiler {
namespace {

using ir::ValueId;

std::vector<ir::ValueInfo> parameters_of(const ir::Region& region) {
  return {region.values.begin(), region.values.begin() + region.parameter_count};
}

std::vector<ir::ValueInfo> results_of(const ir::Region& region, const ir::Instruction& instruction) {
  auto first = region.values.begin() + instruction.first_result;
  return {first, first + instruction.result_count};
}

/// Keeps an instruction, its operands being mapped already.
void keep(ir::RegionBuilder& builder, const ir::Region& region, ir::Instruction instruction,
          std::vector<ValueId>& values) {
  auto count = instruction.result_count;
  auto results = results_of(region, instruction);
  ValueId next = builder.add(std::move(instruction), std::move(results));
  for (std::uint32_t r = 0; r < count; ++r) values.push_back(next++);
}

}  // namespace

void rewrite(ir::Region& region, const std::function<RewriteRule()>& make_rule) {
  rewrite(region, [&](const ir::Region&) { return make_rule(); });
}

void rewrite(ir::Region& region, const std::function<RewriteRule(const ir::Region&)>& make_rule) {
  auto rule = make_rule(region);
  ir::RegionBuilder builder(parameters_of(region));
  std::vector<ValueId> values(region.parameter_count);
  std::iota(values.begin(), values.end(), ValueId{0});
  values.reserve(region.values.size());
  for (auto& instruction : region.instructions) {
    for (auto& operand : instruction.operands) operand = values[operand];
    if (instruction.regions.empty() && instruction.result_count == 1) {
      if (auto value = rule(builder, instruction, region.values[instruction.first_result])) {
        values.push_back(*value);
        continue;
      }
    }
    for (auto& nested : instruction.regions) rewrite(nested, make_rule);
    keep(builder, region, std::move(instruction), values);
  }
  std::vector<ValueId> results;
  for (ValueId result : region.results) results.push_back(values[result]);
  region = std::move(builder).finish(std::move(results));
}

void append_copy(ir::RegionBuilder& builder, ir::Region region, std::vector<ValueId>& values) {
  for (auto& instruction : region.instructions) {
    for (auto& operand : instruction.operands) operand = values[operand];
    keep(builder, region, std::move(instruction), values);
  }
}

std::optional<ir::ValueId> operand_of(const ir::RegionBuilder& builder, ir::ValueId value,
                                      ops::Opcode opcode) {
  const auto* definition = builder.definition(value);
  if (definition == nullptr || definition->opcode != opcode) return std::nullopt;
  return definition->operands[0];
}

}  // namespace spud::compiler
