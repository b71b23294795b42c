// SPDX-License-Identifier: Apache-2.0
#include "compiler/passes/loop_constants.hpp"

#include <numeric>

#include "base/check.hpp"
#include "compiler/passes/rewrite.hpp"

namespace spud::compiler {
namespace {

using ir::ValueId;
using ops::Opcode;

/// Larger literals stay outside: a copy a region would cost more than it tells.
constexpr std::int64_t kCopiedElements = 64;

/// The instructions that make a value out of constants, operands first; empty if it is not so made.
std::vector<const ir::Instruction*> recipe(const ir::Region& region,
                                           const std::vector<const ir::Instruction*>& definitions,
                                           ValueId value) {
  const auto* definition = definitions[value];
  if (definition == nullptr) return {};
  auto small_constant = [](const ir::Instruction& instruction) {
    return instruction.opcode == Opcode::kConstant &&
           instruction.attributes.literal->elements() <= kCopiedElements;
  };
  if (small_constant(*definition) || definition->opcode == Opcode::kIota) return {definition};
  if (definition->opcode != Opcode::kBroadcast) return {};
  const auto* inner = definitions[definition->operands[0]];
  if (inner == nullptr || !small_constant(*inner)) return {};
  SPUD_CHECK(inner->first_result < region.values.size(), "a definition lies in its region");
  return {inner, definition};
}

/// A region with the recipes' values in place of some parameters.
using Substitutions = std::vector<std::vector<const ir::Instruction*>>;

ir::Region substituted(ir::Region region, const Substitutions& recipes, const ir::Region& outer) {
  auto first = region.values.begin();
  ir::RegionBuilder builder({first, first + region.parameter_count});
  std::vector<ValueId> values(region.parameter_count);
  std::iota(values.begin(), values.end(), ValueId{0});
  auto results = region.results;
  auto parameters = region.parameter_count;
  for (std::size_t p = 0; p < recipes.size(); ++p) {
    for (std::size_t i = 0; i < recipes[p].size(); ++i) {
      ir::Instruction copy = *recipes[p][i];
      // A recipe is a chain: the value made last is the operand of the next step.
      if (i > 0) copy.operands = {values[p]};
      auto info = outer.values[copy.first_result];
      values[p] = builder.add(std::move(copy), {info});
    }
  }
  append_copy(builder, std::move(region), values);
  for (std::size_t r = 0; r < results.size(); ++r) {
    // What the loop carries on unchanged stays visibly unchanged.
    bool invariant = results[r] < parameters && results[r] == r;
    if (!invariant) results[r] = values[results[r]];
  }
  return std::move(builder).finish(std::move(results));
}

}  // namespace

void expose_loop_constants(ir::Region& region) {
  std::vector<const ir::Instruction*> definitions(region.values.size(), nullptr);
  for (auto& instruction : region.instructions) {
    for (std::uint32_t r = 0; r < instruction.result_count; ++r) {
      definitions[instruction.first_result + r] = &instruction;
    }
    if (instruction.opcode == Opcode::kWhile) {
      auto& body = instruction.regions[1];
      Substitutions recipes(instruction.operands.size());
      bool any = false;
      for (std::uint32_t i = 0; i < instruction.operands.size(); ++i) {
        if (body.results[i] == i) recipes[i] = recipe(region, definitions, instruction.operands[i]);
        any = any || !recipes[i].empty();
      }
      if (any) {
        for (auto& nested : instruction.regions) nested = substituted(std::move(nested), recipes, region);
      }
    }
    for (auto& nested : instruction.regions) expose_loop_constants(nested);
  }
}

}  // namespace spud::compiler
