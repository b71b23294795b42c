// SPDX-License-Identifier: Apache-2.0
#include "ir/verify.hpp"

#include <algorithm>

#include "alu/format.hpp"
#include "base/limits.hpp"
#include "ir/row_types.hpp"
#include "ir/types.hpp"

namespace spud::ir {
namespace {

using ops::Opcode;

std::string width_text(unsigned signed_bits) {
  return signed_bits == 0 ? "no known width" : "a width of " + std::to_string(signed_bits) + " bits";
}

std::string counted(std::size_t count, const char* what) {
  return std::to_string(count) + " " + what;
}

class Verifier {
 public:
  explicit Verifier(alu::NumberFormat format) : format_(format) {}

  Status region(const Region& region, std::size_t depth) {
    if (depth > limits::kRegionNestingDepth) {
      return fail(ErrorCode::kResource,
                  "regions nest deeper than " + std::to_string(limits::kRegionNestingDepth));
    }
    instructions_ += region.instructions.size();
    if (instructions_ > limits::kInstructionsPerProgram) {
      return fail(ErrorCode::kResource,
                  "more than " + counted(limits::kInstructionsPerProgram, "instructions in all regions"));
    }
    SPUD_TRY(values(region));
    for (std::size_t i = 0; i < region.instructions.size(); ++i) {
      const auto& instruction = region.instructions[i];
      auto status = this->instruction(region, instruction, depth);
      if (!status) {
        return std::unexpected(
            std::move(status.error())
                .in("instruction " + std::to_string(i) + " (" + to_string(instruction.opcode) + ")"));
      }
    }
    for (ValueId result : region.results) {
      if (result >= region.values.size())
        return bad_input("result %" + std::to_string(result) + " is not defined");
    }
    return {};
  }

 private:
  /// Numbering: parameters, then the results of each instruction in order, and nothing else.
  Status values(const Region& region) {
    std::uint64_t next = region.parameter_count;
    for (const auto& instruction : region.instructions) {
      if (instruction.first_result != next || instruction.result_count == 0) {
        return bad_input("results of an instruction start at %" + std::to_string(instruction.first_result),
                         "", "one or more results from %" + std::to_string(next));
      }
      next += instruction.result_count;
    }
    if (next != region.values.size()) {
      return bad_input(counted(region.values.size(), "values are described"), "", std::to_string(next));
    }
    for (std::size_t v = 0; v < region.values.size(); ++v) {
      auto status = verify_shape(region.values[v].type.shape);
      if (status) status = width(region.values[v]);
      if (!status) return std::unexpected(std::move(status.error()).in("value %" + std::to_string(v)));
    }
    return {};
  }

  /// Only what narrows a number is said.
  Status width(const ValueInfo& value) const {
    if (value.owner && value.visibility == Visibility::kPublic)
      return bad_input("a public value has an owner");
    if (value.signed_bits == 0) return {};
    const auto held = alu::element_format(value.type.dtype, format_);
    if (value.visibility == Visibility::kPublic || held.boolean) {
      return bad_input("a width of " + std::to_string(value.signed_bits) + " bits", "",
                       "none: the value is public or a pred");
    }
    if (value.signed_bits >= held.ring_bits) {
      return bad_input("a width of " + std::to_string(value.signed_bits) + " bits", "",
                       "less than the ring's " + std::to_string(held.ring_bits));
    }
    return {};
  }

  Status instruction(const Region& region, const Instruction& instruction, std::size_t depth) {
    for (ValueId operand : instruction.operands) {
      if (operand >= instruction.first_result) {
        return bad_input("operand %" + std::to_string(operand) + " is not defined yet");
      }
    }
    SPUD_TRY(check_attributes(instruction.opcode, instruction.attributes));
    if (instruction.opcode == Opcode::kWhile) return loop(region, instruction, depth);
    if (instruction.opcode == Opcode::kConditional) return conditional(region, instruction, depth);
    if (instruction.opcode == Opcode::kSort || instruction.opcode == Opcode::kFirst)
      return sort(region, instruction);

    if (!instruction.regions.empty() || instruction.result_count != 1) {
      return bad_input("only while, conditional, sort and first have regions or several results");
    }
    std::vector<TensorType> operands;
    auto needed = Visibility::kPublic;
    for (ValueId operand : instruction.operands) {
      operands.push_back(region.values[operand].type);
      needed = std::max(needed, region.values[operand].visibility);
    }
    const auto& result = region.values[instruction.first_result];
    SPUD_TRY(check_types(instruction.opcode, instruction.attributes, operands, result.type));
    SPUD_TRY(at_least(result, needed, "result"));
    for (ValueId operand : instruction.operands) SPUD_TRY(owned(result, region.values[operand]));
    return public_indices(region, instruction);
  }

  Status sort(const Region& region, const Instruction& instruction) {
    if (!instruction.regions.empty()) return bad_input("it has no regions");
    std::vector<TensorType> operands, results;
    for (ValueId operand : instruction.operands) operands.push_back(region.values[operand].type);
    for (std::uint32_t i = 0; i < instruction.result_count; ++i) {
      results.push_back(region.values[instruction.first_result + i].type);
    }
    if (instruction.opcode == Opcode::kFirst) {
      SPUD_TRY(check_first(instruction.attributes, operands, results));
      const auto needed = region.values[instruction.operands[0]].visibility;
      for (ValueId i : {0u, 1u}) {
        const auto& result = region.values[instruction.first_result + i];
        SPUD_TRY(at_least(result, needed, "result"));
        SPUD_TRY(owned(result, region.values[instruction.operands[0]]));
      }
      return {};
    }
    SPUD_TRY(check_sort(instruction.attributes, operands, results));
    // A secret key moves every row to a secret place; without one a row keeps its visibility.
    auto moved = Visibility::kPublic;
    for (auto key : instruction.attributes.dimensions) {
      moved = std::max(moved, region.values[instruction.operands[static_cast<std::size_t>(key)]].visibility);
    }
    for (std::uint32_t i = 0; i < instruction.result_count; ++i) {
      const auto own = region.values[instruction.operands[i]].visibility;
      const auto& result = region.values[instruction.first_result + i];
      SPUD_TRY(at_least(result, std::max(moved, own), "result"));
      SPUD_TRY(owned(result, region.values[instruction.operands[i]]));
      for (auto key : instruction.attributes.dimensions)
        SPUD_TRY(owned(result, region.values[instruction.operands[static_cast<std::size_t>(key)]]));
    }
    return {};
  }

  Status public_indices(const Region& region, const Instruction& instruction) {
    std::size_t first = instruction.opcode == Opcode::kDynamicSlice         ? 1
                        : instruction.opcode == Opcode::kDynamicUpdateSlice ? 2
                                                                            : instruction.operands.size();
    for (std::size_t i = first; i < instruction.operands.size(); ++i) {
      if (region.values[instruction.operands[i]].visibility != Visibility::kPublic) {
        return bad_input("a start index is secret", "", "public");
      }
    }
    return {};
  }

  static Status at_least(const ValueInfo& value, Visibility needed, const char* role) {
    if (value.visibility >= needed) return {};
    return bad_input(std::string(role) + " is public but depends on a secret", "", "secret");
  }

  /// What one party could know follows from its own values and public ones.
  static Status owned(const ValueInfo& result, const ValueInfo& from) {
    if (!result.owner || from.visibility == Visibility::kPublic || from.owner == result.owner) return {};
    return bad_input(
        "a value private to party " + std::to_string(index(*result.owner)) + " depends on what is not", "",
        "its own and public values");
  }

  /// `to` takes the value of `from`.
  static Status flows(const ValueInfo& from, const ValueInfo& to, const std::string& role) {
    if (from.type != to.type)
      return bad_input(role + " has type " + to_string(from.type), "", to_string(to.type));
    SPUD_TRY(at_least(to, from.visibility, role.c_str()));
    SPUD_TRY(owned(to, from));
    const bool within = from.signed_bits > 0 && from.signed_bits <= to.signed_bits;
    if (to.signed_bits == 0 || from.visibility == Visibility::kPublic || within) return {};
    return bad_input(role + " has " + width_text(from.signed_bits), "", width_text(to.signed_bits));
  }

  Status loop(const Region& region, const Instruction& instruction, std::size_t depth) {
    std::size_t carried = instruction.operands.size();
    if (instruction.regions.size() != 2)
      return bad_input(counted(instruction.regions.size(), "regions"), "", "2");
    const auto& condition = instruction.regions[0];
    const auto& body = instruction.regions[1];
    if (instruction.result_count != carried || condition.parameter_count != carried ||
        body.parameter_count != carried || body.results.size() != carried || condition.results.size() != 1) {
      return bad_input("regions do not fit the carried values", "",
                       counted(carried, "carried values everywhere"));
    }
    SPUD_TRY(nested(condition, "condition", depth));
    SPUD_TRY(nested(body, "body", depth));
    if (condition.values[condition.results[0]].type != TensorType{DType::kPred, {}} ||
        condition.values[condition.results[0]].visibility != Visibility::kPublic) {
      return bad_input("the condition's result is not a public pred[]");
    }
    for (std::uint32_t i = 0; i < carried; ++i) {
      auto name = "carried value " + std::to_string(i);
      const auto& parameter = body.values[i];
      SPUD_TRY(flows(region.values[instruction.operands[i]], parameter, name));
      SPUD_TRY(flows(body.values[body.results[i]], parameter, name + " after the body"));
      SPUD_TRY(flows(parameter, condition.values[i], name + " in the condition"));
      SPUD_TRY(flows(parameter, region.values[instruction.first_result + i], name + " after the loop"));
    }
    return {};
  }

  Status conditional(const Region& region, const Instruction& instruction, std::size_t depth) {
    if (instruction.operands.empty() || instruction.regions.empty())
      return bad_input("no index or no branches");
    const auto& index = region.values[instruction.operands[0]];
    if (index.type != TensorType{DType::kS32, {}} || index.visibility != Visibility::kPublic) {
      return bad_input("the index is " + to_string(index.type), "", "a public s32[]");
    }
    for (std::size_t b = 0; b < instruction.regions.size(); ++b) {
      const auto& branch = instruction.regions[b];
      auto name = "branch " + std::to_string(b);
      if (branch.parameter_count + 1 != instruction.operands.size() ||
          branch.results.size() != instruction.result_count) {
        return bad_input(name + " does not fit the operands or results");
      }
      SPUD_TRY(nested(branch, name, depth));
      for (std::uint32_t i = 0; i < branch.parameter_count; ++i) {
        SPUD_TRY(flows(region.values[instruction.operands[i + 1]], branch.values[i],
                       "parameter " + std::to_string(i) + " of " + name));
      }
      for (std::uint32_t i = 0; i < instruction.result_count; ++i) {
        SPUD_TRY(flows(branch.values[branch.results[i]], region.values[instruction.first_result + i],
                       "result " + std::to_string(i) + " of " + name));
      }
    }
    return {};
  }

  Status nested(const Region& region, const std::string& name, std::size_t depth) {
    auto status = this->region(region, depth + 1);
    if (!status) return std::unexpected(std::move(status.error()).in(name));
    return {};
  }

  alu::NumberFormat format_;
  std::size_t instructions_ = 0;
};

Status verify_header(const Plan& plan) {
  if (plan.ring_bits < 1 || plan.ring_bits > 128 || plan.fraction_bits >= plan.ring_bits) {
    return bad_input("ring of " + std::to_string(plan.ring_bits) + " bits with " +
                         std::to_string(plan.fraction_bits) + " fraction bits",
                     "", "1 to 128 bits and fewer fraction bits");
  }
  if (plan.inputs.size() > limits::kParametersPerProgram) {
    return fail(ErrorCode::kResource, counted(plan.inputs.size(), "inputs"), "",
                "at most " + std::to_string(limits::kParametersPerProgram));
  }
  if (plan.inputs.size() != plan.main.parameter_count || plan.main.values.size() < plan.inputs.size()) {
    return bad_input(counted(plan.inputs.size(), "inputs"), "", std::to_string(plan.main.parameter_count));
  }
  for (std::size_t i = 0; i < plan.inputs.size(); ++i) {
    const auto& input = plan.inputs[i];
    const auto& value = plan.main.values[i];
    if (input.name != "in" + std::to_string(i))
      return bad_input("input " + std::to_string(i) + " has another name");
    if (input.info.type != value.type || input.info.visibility != value.visibility ||
        input.info.signed_bits != value.signed_bits || input.info.owner != value.owner) {
      return bad_input(input.name + " differs from the parameter", "", to_string(value.type));
    }
  }
  return {};
}

}  // namespace

Status verify(const Plan& plan) {
  auto status = verify_header(plan);
  if (status) status = Verifier({plan.ring_bits, plan.fraction_bits}).region(plan.main, 0);
  if (!status) return std::unexpected(std::move(status.error()).in("plan"));
  return {};
}

}  // namespace spud::ir
