// SPDX-License-Identifier: Apache-2.0
#include "compiler/import/instruction.hpp"

#include "base/check.hpp"
#include "compiler/import/literal.hpp"
#include "compiler/import/opcode.hpp"
#include "compiler/import/shape.hpp"
#include "compiler/import/structure.hpp"
#include "ir/types.hpp"

namespace spud::compiler {
namespace {

using ops::Opcode;

template <class Field>
std::vector<std::int64_t> list(const Field& field) {
  return {field.begin(), field.end()};
}

Result<ops::Comparison> import_comparison(const std::string& direction) {
  for (auto comparison : {ops::Comparison::kEq, ops::Comparison::kNe, ops::Comparison::kGe,
                          ops::Comparison::kGt, ops::Comparison::kLe, ops::Comparison::kLt}) {
    if (direction == ops::to_string(comparison)) return comparison;
  }
  return bad_input("comparison direction '" + printable(direction) + "'", "",
                   "one of EQ, NE, GE, GT, LE, LT");
}

Result<ops::Attributes> import_attributes(Opcode opcode, const hlo::HloInstructionProto& proto,
                                          const TensorType& result) {
  ops::Attributes a;
  switch (opcode) {
    case Opcode::kConstant: {
      SPUD_ASSIGN(a.literal, import_literal(proto.literal(), result));
      break;
    }
    case Opcode::kIota:
    case Opcode::kBroadcast:
    case Opcode::kTranspose:
    case Opcode::kConcatenate:
    case Opcode::kReverse:
      a.dimensions = list(proto.dimensions());
      break;
    case Opcode::kConvert:
    case Opcode::kBitcastConvert:
      a.dtype = result.dtype;
      break;
    case Opcode::kCompare: {
      SPUD_ASSIGN(a.comparison, import_comparison(proto.comparison_direction()));
      // Of floats, as the types are checked later.
      if (proto.comparison_type() == "TOTALORDER") a.comparison = ops::total_order(a.comparison);
      break;
    }
    case Opcode::kSlice:
      for (const auto& slice : proto.slice_dimensions()) {
        a.start.push_back(slice.start());
        a.limit.push_back(slice.limit());
        a.stride.push_back(slice.stride());
      }
      break;
    case Opcode::kPad:
      for (const auto& dimension : proto.padding_config().dimensions()) {
        a.low.push_back(dimension.edge_padding_low());
        a.high.push_back(dimension.edge_padding_high());
        a.interior.push_back(dimension.interior_padding());
      }
      break;
    case Opcode::kDynamicSlice:
      a.sizes = list(proto.dynamic_slice_sizes());
      break;
    case Opcode::kDot: {
      const auto& dot = proto.dot_dimension_numbers();
      a.dot = {list(dot.lhs_contracting_dimensions()), list(dot.rhs_contracting_dimensions()),
               list(dot.lhs_batch_dimensions()), list(dot.rhs_batch_dimensions())};
      break;
    }
    default:
      break;
  }
  return a;
}

Status expect_count(std::size_t got, std::size_t expected, const char* what) {
  if (got == expected) return {};
  return bad_input(std::to_string(got) + " " + what, "", std::to_string(expected));
}

Status expect_shape(const char* role, const HloShape& got, const HloShape& expected) {
  if (got == expected) return {};
  return bad_input(std::string(role) + " has shape " + to_string(got), "", to_string(expected));
}

Status expect_array(const char* role, const HloShape& shape, const TensorType& type) {
  if (!shape.is_tuple && shape.array == type) return {};
  return bad_input(std::string(role) + " has shape " + to_string(shape), "", spud::to_string(type));
}

HloShape array_shape(TensorType type) {
  HloShape shape;
  shape.array = std::move(type);
  return shape;
}

/// Operations see arrays only.
Result<std::vector<TensorType>> operand_arrays(const HloComputation& computation,
                                               const HloInstruction& instruction) {
  std::vector<TensorType> types;
  for (auto operand : instruction.operands) {
    const auto& shape = computation.instructions[operand].shape;
    if (shape.is_tuple)
      return bad_input("operand '" + computation.instructions[operand].name + "' is a tuple", "", "an array");
    types.push_back(shape.array);
  }
  if (instruction.shape.is_tuple)
    return bad_input("result has shape " + to_string(instruction.shape), "", "an array");
  return types;
}

Status check_array_operation(const HloComputation& computation, HloInstruction& instruction) {
  SPUD_ASSIGN(auto operands, operand_arrays(computation, instruction));
  TensorType result = instruction.shape.array;
  if (instruction.opcode == Opcode::kDot && !operands.empty() && result.dtype != operands[0].dtype) {
    // A product may be asked for in another precision; lowering converts the operands first.
    bool kind = is_float(result.dtype) == is_float(operands[0].dtype) && result.dtype != DType::kPred;
    if (!kind)
      return bad_input("result has type " + spud::to_string(result), "", "the operands' kind of number");
    for (auto& operand : operands) operand.dtype = result.dtype;
  }
  if (!operands.empty() && operands[0].dtype == DType::kPred) {
    if (instruction.opcode == Opcode::kMaximum) instruction.opcode = Opcode::kOr;
    if (instruction.opcode == Opcode::kMinimum) instruction.opcode = Opcode::kAnd;
  }
  return ir::check_types(instruction.opcode, instruction.attributes, operands, result);
}

/// The callee's parameters take these operands, one each.
Status expect_arguments(const HloComputation& callee, const HloComputation& caller,
                        std::span<const std::uint32_t> operands) {
  if (callee.parameters.size() != operands.size()) {
    return bad_input(std::to_string(operands.size()) + " arguments for '" + callee.name + "'", "",
                     std::to_string(callee.parameters.size()));
  }
  for (std::size_t i = 0; i < operands.size(); ++i) {
    SPUD_TRY(expect_shape("an argument", caller.instructions[operands[i]].shape,
                          callee.instructions[callee.parameters[i]].shape));
  }
  return {};
}

const HloShape& result_shape(const HloComputation& computation) {
  return computation.instructions[computation.root].shape;
}

Status check_while(const HloModule& module, const HloComputation& computation,
                   const HloInstruction& instruction) {
  SPUD_TRY(expect_count(instruction.called.size(), 2, "called computations"));
  SPUD_TRY(expect_count(instruction.operands.size(), 1, "operands"));
  const auto& body = module.computations[instruction.called[0]];
  const auto& condition = module.computations[instruction.called[1]];
  SPUD_TRY(expect_arguments(body, computation, instruction.operands));
  SPUD_TRY(expect_arguments(condition, computation, instruction.operands));
  SPUD_TRY(expect_array("the condition's result", result_shape(condition), TensorType{DType::kPred, {}}));
  SPUD_TRY(expect_shape("the body's result", result_shape(body), instruction.shape));
  return expect_shape("the operand", computation.instructions[instruction.operands[0]].shape,
                      instruction.shape);
}

/// A state of a key and a counter, of 64 bits each; Philox also takes a counter of 128 bits.
Status check_random_bits(const HloComputation& computation, const HloInstruction& instruction) {
  SPUD_TRY(expect_count(instruction.operands.size(), 1, "operands"));
  const auto& state = computation.instructions[instruction.operands[0]].shape;
  const bool known = instruction.index == hlo::RNG_DEFAULT || instruction.index == hlo::RNG_THREE_FRY ||
                     instruction.index == hlo::RNG_PHILOX;
  if (!known) {
    return fail(ErrorCode::kUnsupported, "random bits by algorithm " + std::to_string(instruction.index), "",
                "threefry or Philox");
  }
  const bool may_be_long = instruction.index != hlo::RNG_THREE_FRY;
  if (state != array_shape({DType::kU64, {2}}) &&
      !(may_be_long && state == array_shape({DType::kU64, {3}}))) {
    return bad_input("the state has shape " + to_string(state), "",
                     may_be_long ? "u64[2] or u64[3]" : "u64[2]");
  }
  const auto& shape = instruction.shape;
  const bool fits = shape.is_tuple && shape.elements.size() == 2 && shape.elements[0] == state &&
                    !shape.elements[1].is_tuple && is_integer(shape.elements[1].array.dtype);
  if (fits) return {};
  return bad_input("result has shape " + to_string(shape), "", "the next state and an array of integers");
}

Status check_conditional(const HloModule& module, const HloComputation& computation,
                         const HloInstruction& instruction) {
  if (instruction.called.empty()) return bad_input("no branches");
  SPUD_TRY(expect_count(instruction.operands.size(), instruction.called.size() + 1, "operands"));
  const auto& index = computation.instructions[instruction.operands[0]].shape;
  bool pred = index == array_shape({DType::kPred, {}});
  if (!pred) SPUD_TRY(expect_array("the index", index, TensorType{DType::kS32, {}}));
  if (pred) SPUD_TRY(expect_count(instruction.called.size(), 2, "branches of a pred"));
  for (std::size_t b = 0; b < instruction.called.size(); ++b) {
    const auto& branch = module.computations[instruction.called[b]];
    SPUD_TRY(expect_arguments(branch, computation, std::span(instruction.operands).subspan(b + 1, 1)));
    SPUD_TRY(expect_shape("a branch's result", result_shape(branch), instruction.shape));
  }
  return {};
}

}  // namespace

Result<HloInstruction> import_instruction(const hlo::HloInstructionProto& proto) {
  HloInstruction out;
  out.name = printable(proto.name());
  auto what = meaning(proto.opcode());
  SPUD_CHECK(what.has_value(), "unsupported opcodes were refused before");
  out.kind = what->kind;
  out.opcode = what->opcode;
  SPUD_ASSIGN(out.shape, import_shape(proto.shape()));
  switch (out.kind) {
    case HloKind::kParameter:
      out.index = proto.parameter_number();
      break;
    case HloKind::kGetTupleElement:
      out.index = proto.tuple_index();
      break;
    case HloKind::kReduce:
    case HloKind::kSort:
      out.attributes.dimensions = list(proto.dimensions());
      break;
    case HloKind::kSetDimensionSize:
      out.index = proto.dimensions_size() == 1 ? proto.dimensions(0) : -1;
      break;
    case HloKind::kBatchNormTraining:
    case HloKind::kBatchNormInference:
    case HloKind::kBatchNormGrad:
      out.index = proto.feature_index();
      break;
    case HloKind::kRandomBits:
      out.index = static_cast<std::int64_t>(proto.rng_algorithm());
      break;
    case HloKind::kOperation: {
      if (out.shape.is_tuple) return bad_input("result has shape " + to_string(out.shape), "", "an array");
      SPUD_ASSIGN(out.attributes, import_attributes(out.opcode, proto, out.shape.array));
      break;
    }
    default:
      break;
  }
  SPUD_ASSIGN(out.structure, import_structure(out.kind, proto));
  return out;
}

Status check_operation(const HloComputation& computation, HloInstruction& instruction) {
  auto operand = [&](std::size_t i) -> const HloShape& {
    return computation.instructions[instruction.operands[i]].shape;
  };
  switch (instruction.kind) {
    case HloKind::kOperation:
      return check_array_operation(computation, instruction);
    case HloKind::kParameter:
      return expect_count(instruction.operands.size(), 0, "operands");
    case HloKind::kIdentity:
      SPUD_TRY(expect_count(instruction.operands.size(), 1, "operands"));
      return expect_shape("result", instruction.shape, operand(0));
    case HloKind::kRandomBits:
      return check_random_bits(computation, instruction);
    case HloKind::kTuple: {
      bool fits =
          instruction.shape.is_tuple && instruction.shape.elements.size() == instruction.operands.size();
      for (std::size_t i = 0; fits && i < instruction.operands.size(); ++i) {
        fits = instruction.shape.elements[i] == operand(i);
      }
      if (!fits)
        return bad_input("result has shape " + to_string(instruction.shape), "", "the tuple of its operands");
      return {};
    }
    case HloKind::kGetTupleElement: {
      SPUD_TRY(expect_count(instruction.operands.size(), 1, "operands"));
      const auto& tuple = operand(0);
      if (!tuple.is_tuple || instruction.index < 0 ||
          static_cast<std::size_t>(instruction.index) >= tuple.elements.size()) {
        return bad_input("element " + std::to_string(instruction.index) + " of shape " + to_string(tuple), "",
                         "an element that the tuple has");
      }
      return expect_shape("result", instruction.shape,
                          tuple.elements[static_cast<std::size_t>(instruction.index)]);
    }
    case HloKind::kCall:
    case HloKind::kWhile:
    case HloKind::kConditional:
      return {};  // callers are checked when all computations are known
    default:
      // The rest is seen when they are lowered.
      for (auto position : instruction.operands) {
        if (computation.instructions[position].shape.is_tuple)
          return bad_input("operand '" + computation.instructions[position].name + "' is a tuple", "",
                           "an array");
      }
      return {};
  }
}

Status check_calls(const HloModule& module, const HloComputation& computation,
                   const HloInstruction& instruction) {
  switch (instruction.kind) {
    case HloKind::kCall: {
      SPUD_TRY(expect_count(instruction.called.size(), 1, "called computations"));
      const auto& callee = module.computations[instruction.called[0]];
      SPUD_TRY(expect_arguments(callee, computation, instruction.operands));
      return expect_shape("the callee's result", result_shape(callee), instruction.shape);
    }
    case HloKind::kWhile:
      return check_while(module, computation, instruction);
    case HloKind::kConditional:
      return check_conditional(module, computation, instruction);
    case HloKind::kReduce:
    case HloKind::kMap:
    case HloKind::kReduceWindow:
    case HloKind::kScatter:
    case HloKind::kSort:
      return expect_count(instruction.called.size(), 1, "called computations");
    case HloKind::kSelectAndScatter:
      return expect_count(instruction.called.size(), 2, "called computations");
    default:
      return expect_count(instruction.called.size(), 0, "called computations");
  }
}

}  // namespace spud::compiler
