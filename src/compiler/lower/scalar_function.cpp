// SPDX-License-Identifier: Apache-2.0
#include "compiler/lower/scalar_function.hpp"

#include "compiler/lower/reducer.hpp"

namespace spud::compiler {
namespace {

using ops::Opcode;

/// Of a scalar these make the scalar itself.
bool changes_nothing(Opcode opcode) {
  switch (opcode) {
    case Opcode::kBroadcast:
    case Opcode::kReshape:
    case Opcode::kTranspose:
    case Opcode::kReverse:
    case Opcode::kSlice:
    case Opcode::kReduce:
      return true;
    default:
      return false;
  }
}

bool is_element_wise(Opcode opcode) {
  const auto number = static_cast<unsigned>(opcode);
  return number >= static_cast<unsigned>(Opcode::kNegate) && number <= static_cast<unsigned>(Opcode::kClamp);
}

std::string names_of(const std::vector<DType>& types) {
  std::string out;
  for (auto type : types) out += (out.empty() ? "" : ", ") + std::string(to_string(type));
  return "(" + out + ")";
}

}  // namespace

Result<ScalarFunction> ScalarFunction::of(ir::Region body, std::string name) {
  const std::string where = "computation '" + name + "'";
  for (const auto& value : body.values) {
    if (!value.type.shape.empty()) {
      return fail(ErrorCode::kUnsupported, "a tensor of type " + to_string(value.type), where,
                  "scalars in a computation that is applied to every element");
    }
  }
  for (const auto& instruction : body.instructions) {
    const bool fits = instruction.opcode == Opcode::kConstant || is_element_wise(instruction.opcode) ||
                      changes_nothing(instruction.opcode);
    if (fits) continue;
    return fail(ErrorCode::kUnsupported, std::string(to_string(instruction.opcode)), where,
                "element-wise operations in a computation that is applied to every element");
  }
  return ScalarFunction(std::move(body), std::move(name));
}

Status ScalarFunction::expect(const std::vector<DType>& parameters, const std::vector<DType>& results) const {
  std::vector<DType> takes, gives;
  for (std::uint32_t i = 0; i < body_.parameter_count; ++i) takes.push_back(body_.values[i].type.dtype);
  for (auto result : body_.results) gives.push_back(body_.values[result].type.dtype);
  if (takes == parameters && gives == results) return {};
  return bad_input("computation '" + name_ + "' is " + names_of(takes) + " to " + names_of(gives), "",
                   names_of(parameters) + " to " + names_of(results));
}

Leaves ScalarFunction::apply(Emitter& emitter, const Leaves& arguments) const {
  const Shape shape = emitter.shape(arguments[0]);
  Leaves values = arguments;
  values.resize(body_.values.size());
  for (const auto& instruction : body_.instructions) {
    auto& result = values[instruction.first_result];
    if (changes_nothing(instruction.opcode)) {
      result = values[instruction.operands[0]];
      continue;
    }
    const TensorType type{body_.values[instruction.first_result].type.dtype, shape};
    if (instruction.opcode == Opcode::kConstant) {
      result = emitter.broadcast(emitter.constant(*instruction.attributes.literal), shape, {});
      continue;
    }
    Leaves operands;
    for (auto operand : instruction.operands) operands.push_back(values[operand]);
    result = emitter.add(instruction.opcode, instruction.attributes, std::move(operands), type);
  }
  Leaves results;
  for (auto result : body_.results) results.push_back(values[result]);
  return results;
}

std::optional<ops::Reducer> ScalarFunction::reducer() const {
  return match_reducer(body_);
}

}  // namespace spud::compiler
