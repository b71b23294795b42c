// SPDX-License-Identifier: Apache-2.0
#include "compiler/passes/loop_invariants.hpp"

#include <numeric>

#include "compiler/passes/rewrite.hpp"
#include "compiler/passes/trip_count.hpp"

namespace spud::compiler {
namespace {

using ir::Instruction;
using ir::Region;
using ir::RegionBuilder;
using ir::ValueId;
using ir::ValueInfo;
using ir::Visibility;
using ops::Opcode;

/// Whether the parties send something for it, going by the opcode and what is secret.
bool takes_messages(const Region& region, const Instruction& instruction) {
  std::size_t secrets = 0;
  for (auto operand : instruction.operands)
    secrets += region.values[operand].visibility == Visibility::kPublic ? 0 : 1;
  if (secrets == 0) return false;
  const DType dtype = region.values[instruction.first_result].type.dtype;
  switch (instruction.opcode) {
    case Opcode::kNegate:
    case Opcode::kNot:
    case Opcode::kAdd:
    case Opcode::kSubtract:
    case Opcode::kBroadcast:
    case Opcode::kReshape:
    case Opcode::kTranspose:
    case Opcode::kSlice:
    case Opcode::kConcatenate:
    case Opcode::kPad:
    case Opcode::kReverse:
    case Opcode::kDynamicSlice:
    case Opcode::kDynamicUpdateSlice:
    case Opcode::kWindows:
    case Opcode::kPrepare:
      return false;
    case Opcode::kMultiply:
    case Opcode::kDot:
      return secrets == 2 || is_float(dtype);
    case Opcode::kReduce:
      return instruction.attributes.reducer != ops::Reducer::kAdd || dtype == DType::kPred;
    case Opcode::kTake:
      return region.values[instruction.operands[1]].visibility != Visibility::kPublic;
    default:
      return true;
  }
}

/// What of a loop's body can be done before it.
struct Invariants {
  std::vector<bool> moves;  ///< by instruction
  std::vector<bool> stays;  ///< by instruction: made of constants alone, so that every region has its own
  std::vector<ValueId> handed_in;  ///< their results that others of the body use
};

Invariants invariants(const Instruction& loop) {
  const Region& body = loop.regions[1];
  std::vector<bool> fixed(body.values.size(), false), wanted(body.values.size(), false);
  for (ValueId p = 0; p < body.parameter_count; ++p) fixed[p] = body.results[p] == p;
  std::vector<bool> could(body.instructions.size(), false), constant(body.values.size(), false);
  Invariants out{could, could, {}};
  for (std::size_t i = 0; i < body.instructions.size(); ++i) {
    const auto& instruction = body.instructions[i];
    could[i] = instruction.regions.empty() && instruction.result_count == 1;
    out.stays[i] = could[i];
    for (auto operand : instruction.operands) {
      could[i] = could[i] && fixed[operand];
      out.stays[i] = out.stays[i] && constant[operand];
    }
    if (could[i]) fixed[instruction.first_result] = true;
    if (out.stays[i]) constant[instruction.first_result] = true;
  }
  // Backwards: what takes messages moves, and what it is made of.
  for (std::size_t i = body.instructions.size(); i-- > 0;) {
    const auto& instruction = body.instructions[i];
    out.moves[i] = could[i] && (wanted[instruction.first_result] || takes_messages(body, instruction));
    if (!out.moves[i]) continue;
    for (auto operand : instruction.operands) wanted[operand] = true;
  }
  std::vector<bool> used(body.values.size(), false);
  for (std::size_t i = 0; i < body.instructions.size(); ++i) {
    if (out.moves[i] && !out.stays[i]) continue;
    for (auto operand : body.instructions[i].operands) used[operand] = true;
  }
  for (auto result : body.results) used[result] = true;
  for (std::size_t i = 0; i < body.instructions.size(); ++i) {
    const auto value = body.instructions[i].first_result;
    if (out.moves[i] && !out.stays[i] && used[value]) out.handed_in.push_back(value);
  }
  return out;
}

std::vector<ValueInfo> infos(const Region& region, const std::vector<ValueId>& values) {
  std::vector<ValueInfo> out;
  for (auto value : values) out.push_back(region.values[value]);
  return out;
}

/// The region with parameters added behind its own; what `moves` says is left out, and its results are those
/// parameters. The body hands them on.
Region with_parameters(Region region, const std::vector<ValueInfo>& more, const Invariants* body) {
  std::vector<ValueInfo> parameters(region.values.begin(), region.values.begin() + region.parameter_count);
  parameters.insert(parameters.end(), more.begin(), more.end());
  std::vector<ValueId> values(region.values.size(), 0);
  std::iota(values.begin(), values.begin() + region.parameter_count, ValueId{0});
  if (body != nullptr) {
    for (std::size_t i = 0; i < body->handed_in.size(); ++i)
      values[body->handed_in[i]] = region.parameter_count + static_cast<ValueId>(i);
  }
  RegionBuilder builder(std::move(parameters));
  for (std::size_t i = 0; i < region.instructions.size(); ++i) {
    if (body != nullptr && body->moves[i] && !body->stays[i]) continue;
    auto& instruction = region.instructions[i];
    for (auto& operand : instruction.operands) operand = values[operand];
    const auto old = instruction.first_result;
    const auto first = region.values.begin() + old;
    const std::vector<ValueInfo> results(first, first + instruction.result_count);
    ValueId next = builder.add(std::move(instruction), results);
    for (std::size_t r = 0; r < results.size(); ++r) values[old + r] = next++;
  }
  std::vector<ValueId> results;
  for (auto result : region.results) results.push_back(values[result]);
  if (body != nullptr) {
    for (std::size_t i = 0; i < more.size(); ++i)
      results.push_back(region.parameter_count + static_cast<ValueId>(i));
  }
  return std::move(builder).finish(std::move(results));
}

/// Writes what moves before the loop, and the loop with its results. `loop` has its operands in the builder.
Instruction shortened(RegionBuilder& builder, Instruction loop, const Invariants& found) {
  const Region& body = loop.regions[1];
  std::vector<ValueId> outside(body.values.size(), 0);
  for (ValueId p = 0; p < body.parameter_count; ++p) outside[p] = loop.operands[p];
  for (std::size_t i = 0; i < body.instructions.size(); ++i) {
    if (!found.moves[i]) continue;
    Instruction copy = body.instructions[i];
    for (auto& operand : copy.operands) operand = outside[operand];
    const auto value = copy.first_result;
    outside[value] = builder.add(std::move(copy), {body.values[value]});
  }
  const auto more = infos(body, found.handed_in);
  for (auto value : found.handed_in) loop.operands.push_back(outside[value]);
  loop.regions[0] = with_parameters(std::move(loop.regions[0]), more, nullptr);
  loop.regions[1] = with_parameters(std::move(loop.regions[1]), more, &found);
  return loop;
}

}  // namespace

void move_loop_invariants(Region& region) {
  RegionBuilder builder({region.values.begin(), region.values.begin() + region.parameter_count});
  std::vector<ValueId> values(region.values.size(), 0);
  std::iota(values.begin(), values.begin() + region.parameter_count, ValueId{0});
  for (std::size_t i = 0; i < region.instructions.size(); ++i) {
    const bool repeats = region.instructions[i].opcode == Opcode::kWhile &&
                         trip_count(region, region.instructions[i]).value_or(0) >= 2;
    // Counted on the region as it was; from the inside out, so that a value may leave several loops.
    Instruction instruction = region.instructions[i];
    for (auto& nested : instruction.regions) move_loop_invariants(nested);
    const auto old = instruction.first_result;
    const auto first = region.values.begin() + old;
    std::vector<ValueInfo> results(first, first + instruction.result_count);
    for (auto& operand : instruction.operands) operand = values[operand];
    if (repeats) {
      const Invariants found = invariants(instruction);
      if (!found.handed_in.empty()) {
        for (auto value : found.handed_in) results.push_back(instruction.regions[1].values[value]);
        instruction = shortened(builder, std::move(instruction), found);
      }
    }
    const auto count = region.instructions[i].result_count;
    ValueId next = builder.add(std::move(instruction), std::move(results));
    for (std::uint32_t r = 0; r < count; ++r) values[old + r] = next++;
  }
  std::vector<ValueId> results;
  for (auto result : region.results) results.push_back(values[result]);
  region = std::move(builder).finish(std::move(results));
}

}  // namespace spud::compiler
