// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "base/type.hpp"
#include "schemas/hlo.pb.h"

namespace spud::compiler::testing {

/// Writes HLO modules for tests, wrong ones too: it checks nothing. Ids are 7, 14, 21, … so that nobody takes
/// them for positions.
class HloBuilder {
 public:
  using Id = std::int64_t;

  hlo::HloModuleProto& module() { return module_; }

  /// Opens a computation; instructions go into the one opened last. The last instruction is its root, the
  /// last computation the entry.
  Id computation(const std::string& name) {
    auto* proto = module_.add_computations();
    proto->set_name(name);
    proto->set_id(next_ += 7);
    module_.set_entry_computation_id(proto->id());
    parameters_ = 0;
    return proto->id();
  }

  static void set_shape(hlo::ShapeProto& shape, const TensorType& type) {
    switch (type.dtype) {
      case DType::kPred:
        shape.set_element_type(hlo::PRED);
        break;
      case DType::kS32:
        shape.set_element_type(hlo::S32);
        break;
      case DType::kU32:
        shape.set_element_type(hlo::U32);
        break;
      case DType::kU64:
        shape.set_element_type(hlo::U64);
        break;
      case DType::kF64:
        shape.set_element_type(hlo::F64);
        break;
      default:
        shape.set_element_type(hlo::F32);
        break;
    }
    for (auto size : type.shape) shape.add_dimensions(size);
  }
  static void set_shape(hlo::ShapeProto& shape, const std::vector<TensorType>& types) {
    shape.set_element_type(hlo::TUPLE);
    for (const auto& type : types) set_shape(*shape.add_tuple_shapes(), type);
  }

  template <class Type>
  Id add(const std::string& opcode, const Type& type, const std::vector<Id>& operands = {}) {
    auto* computation = module_.mutable_computations(module_.computations_size() - 1);
    auto* instruction = computation->add_instructions();
    instruction->set_id(next_ += 7);
    instruction->set_name(opcode + "." + std::to_string(instruction->id()));
    instruction->set_opcode(opcode);
    set_shape(*instruction->mutable_shape(), type);
    for (Id operand : operands) instruction->add_operand_ids(operand);
    computation->set_root_id(instruction->id());
    return instruction->id();
  }
  /// The instruction added last, to set what add() does not.
  hlo::HloInstructionProto& last() {
    auto* computation = module_.mutable_computations(module_.computations_size() - 1);
    return *computation->mutable_instructions(computation->instructions_size() - 1);
  }

  template <class Type>
  Id parameter(const Type& type) {
    Id id = add("parameter", type);
    last().set_parameter_number(parameters_++);
    return id;
  }
  Id constant(float value) {
    Id id = add("constant", TensorType{DType::kF32, {}});
    *last().mutable_literal()->mutable_shape() = last().shape();
    last().mutable_literal()->add_f32s(value);
    return id;
  }
  Id constant(std::int32_t value) {
    Id id = add("constant", TensorType{DType::kS32, {}});
    *last().mutable_literal()->mutable_shape() = last().shape();
    last().mutable_literal()->add_s32s(value);
    return id;
  }
  Id element(Id tuple, std::int64_t index, const TensorType& type) {
    Id id = add("get-tuple-element", type, {tuple});
    last().set_tuple_index(index);
    return id;
  }
  Id compare(const char* direction, Id x, Id y, Shape shape = {}) {
    Id id = add("compare", TensorType{DType::kPred, std::move(shape)}, {x, y});
    last().set_comparison_direction(direction);
    return id;
  }
  template <class Type>
  Id call(const std::string& opcode, const Type& type, const std::vector<Id>& operands,
          const std::vector<Id>& called) {
    Id id = add(opcode, type, operands);
    for (Id callee : called) last().add_called_computation_ids(callee);
    return id;
  }
  void root(Id id) { module_.mutable_computations(module_.computations_size() - 1)->set_root_id(id); }

 private:
  hlo::HloModuleProto module_;
  Id next_ = 0;
  std::int64_t parameters_ = 0;
};

}  // namespace spud::compiler::testing
