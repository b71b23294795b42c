// SPDX-License-Identifier: Apache-2.0
#include "compiler/passes/below_maximum.hpp"

#include <algorithm>
#include <limits>

namespace spud::compiler {
namespace {

using ops::Opcode;

bool contains(const std::vector<std::int64_t>& list, std::int64_t d) {
  return std::ranges::find(list, d) != list.end();
}

const ir::Instruction* without_reshapes(const Definitions& definition, ir::ValueId value) {
  const auto* found = definition(value);
  while (found != nullptr && found->opcode == Opcode::kReshape) found = definition(found->operands[0]);
  return found;
}

}  // namespace

std::vector<std::int64_t> below_maximum(const Definitions& definition, ir::ValueId value) {
  const auto* difference = definition(value);
  if (difference == nullptr || difference->opcode != Opcode::kSubtract) return {};
  const auto* wide = definition(difference->operands[1]);
  if (wide == nullptr || wide->opcode != Opcode::kBroadcast) return {};
  const auto* most = without_reshapes(definition, wide->operands[0]);
  if (most == nullptr || most->opcode != Opcode::kReduce ||
      most->attributes.reducer != ops::Reducer::kMaximum || most->operands[0] != difference->operands[0])
    return {};
  // What it starts from takes no part.
  const auto* start = definition(most->operands[1]);
  if (start == nullptr || start->opcode != Opcode::kConstant ||
      start->attributes.literal->float_at(0) != -std::numeric_limits<double>::infinity())
    return {};
  const auto& gone = most->attributes.dimensions;
  // The broadcast has to bring back what the maximum left out, in place.
  const auto& kept = wide->attributes.dimensions;
  if (!std::ranges::is_sorted(kept)) return {};
  for (auto d : kept)
    if (contains(gone, d)) return {};
  return gone;
}

bool sums_softmax(const Definitions& definition, const ir::Instruction& reduce) {
  if (reduce.opcode != Opcode::kReduce || reduce.attributes.reducer != ops::Reducer::kAdd) return false;
  const auto* power = definition(reduce.operands[0]);
  if (power == nullptr || power->opcode != Opcode::kExp) return false;
  const auto gone = below_maximum(definition, power->operands[0]);
  return !gone.empty() &&
         std::ranges::all_of(gone, [&](auto d) { return contains(reduce.attributes.dimensions, d); });
}

}  // namespace spud::compiler
