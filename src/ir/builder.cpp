// SPDX-License-Identifier: Apache-2.0
#include "ir/builder.hpp"

#include "base/check.hpp"

namespace spud::ir {

RegionBuilder::RegionBuilder(std::vector<ValueInfo> parameters) {
  region_.parameter_count = static_cast<std::uint32_t>(parameters.size());
  region_.values = std::move(parameters);
}

ValueId RegionBuilder::add(Instruction instruction, std::vector<ValueInfo> results) {
  auto first = static_cast<ValueId>(region_.values.size());
  for (ValueId operand : instruction.operands) {
    SPUD_CHECK(operand < first, "an instruction uses what is defined before it");
  }
  instruction.first_result = first;
  instruction.result_count = static_cast<std::uint32_t>(results.size());
  definitions_.insert(definitions_.end(), results.size(),
                      static_cast<std::uint32_t>(region_.instructions.size()));
  for (auto& info : results) region_.values.push_back(std::move(info));
  region_.instructions.push_back(std::move(instruction));
  return first;
}

ValueId RegionBuilder::add(ops::Opcode opcode, ops::Attributes attributes, std::vector<ValueId> operands,
                           ValueInfo result, std::string origin) {
  Instruction instruction;
  instruction.opcode = opcode;
  instruction.attributes = std::move(attributes);
  instruction.operands = std::move(operands);
  instruction.origin = std::move(origin);
  std::vector<ValueInfo> results;
  results.push_back(std::move(result));
  return add(std::move(instruction), std::move(results));
}

const Instruction* RegionBuilder::definition(ValueId value) const {
  if (value < region_.parameter_count) return nullptr;
  return &region_.instructions[definitions_[value - region_.parameter_count]];
}

Region RegionBuilder::finish(std::vector<ValueId> results) && {
  region_.results = std::move(results);
  return std::move(region_);
}

}  // namespace spud::ir
