// SPDX-License-Identifier: Apache-2.0
#include "compiler/passes/fold.hpp"

#include <algorithm>

#include "compiler/passes/constants.hpp"
#include "compiler/passes/rewrite.hpp"
#include "ops/plain/evaluate.hpp"

namespace spud::compiler {
namespace {

using ir::ValueId;
using ops::Opcode;

constexpr std::int64_t kFoldedElements = 1 << 16;  ///< of one result
constexpr std::int64_t kTotalWork = 1 << 24;  ///< elements read and written by all evaluations of one run

bool is_element_wise(Opcode opcode) {
  auto number = static_cast<unsigned>(opcode);
  return number >= static_cast<unsigned>(Opcode::kNegate) &&
         number <= static_cast<unsigned>(Opcode::kClamp) && opcode != Opcode::kBitcastConvert;
}

/// Operations whose result holds elements of operand 0 and nothing else.
bool only_moves(Opcode opcode) {
  switch (opcode) {
    case Opcode::kReshape:
    case Opcode::kTranspose:
    case Opcode::kSlice:
    case Opcode::kReverse:
    case Opcode::kDynamicSlice:
      return true;
    default:
      return false;
  }
}

class Folder {
 public:
  std::optional<ValueId> apply(ir::RegionBuilder& builder, const ir::Instruction& instruction,
                               const ir::ValueInfo& result) {
    if (instruction.opcode == Opcode::kConstant) {
      return add_constant(builder, *instruction.attributes.literal, instruction.origin);
    }
    if (instruction.operands.empty() || instruction.opcode == Opcode::kBroadcast) return std::nullopt;
    if (only_moves(instruction.opcode)) {
      if (auto scalar = splat(builder, instruction.operands[0])) {
        return add_splat(builder, *scalar, result.type.shape, instruction.origin);
      }
    }
    if (is_element_wise(instruction.opcode)) {
      if (auto folded = fold_splats(builder, instruction, result)) return folded;
    }
    return fold_elements(builder, instruction, result);
  }

 private:
  /// All operands repeat one element each: so does the result.
  std::optional<ValueId> fold_splats(ir::RegionBuilder& builder, const ir::Instruction& instruction,
                                     const ir::ValueInfo& result) {
    std::vector<Literal> scalars;
    for (ValueId operand : instruction.operands) {
      auto scalar = splat(builder, operand);
      if (!scalar) return std::nullopt;
      scalars.push_back(std::move(*scalar));
    }
    if (!charge(1)) return std::nullopt;
    auto value =
        ops::plain::evaluate(instruction.opcode, instruction.attributes, scalars, {result.type.dtype, {}});
    if (!value) return std::nullopt;
    return add_splat(builder, (*value)[0], result.type.shape, instruction.origin);
  }

  std::optional<ValueId> fold_elements(ir::RegionBuilder& builder, const ir::Instruction& instruction,
                                       const ir::ValueInfo& result) {
    std::int64_t operand_elements = 0, work = result.type.elements();
    for (ValueId operand : instruction.operands) {
      if (!is_known(builder, operand)) return std::nullopt;
      const auto* definition = builder.definition(operand);
      auto elements = builder.info(operand).type.elements();
      if (definition->opcode == Opcode::kConstant) operand_elements += elements;
      work += elements;
    }
    if (result.type.elements() > std::max(kFoldedElements, operand_elements)) return std::nullopt;
    for (auto d : instruction.attributes.dot.lhs_contracting) {
      auto size = builder.info(instruction.operands[0]).type.shape[static_cast<std::size_t>(d)];
      work = std::max(work, std::min(work, kTotalWork) * std::min(size, kTotalWork));
    }
    if (!charge(work)) return std::nullopt;
    std::vector<Literal> operands;
    for (ValueId operand : instruction.operands) {
      auto literal = elements_of(builder, operand);
      if (!literal) return std::nullopt;
      operands.push_back(std::move(*literal));
    }
    auto value = ops::plain::evaluate(instruction.opcode, instruction.attributes, operands, result.type);
    if (!value) return std::nullopt;
    return add_constant(builder, (*value)[0], instruction.origin);
  }

  /// A constant, or a small value that is one in another notation.
  static bool is_known(const ir::RegionBuilder& builder, ValueId value) {
    const auto* definition = builder.definition(value);
    if (definition == nullptr) return false;
    if (definition->opcode == Opcode::kConstant) return true;
    if (builder.info(value).type.elements() > kFoldedElements) return false;
    if (definition->opcode == Opcode::kIota) return true;
    if (definition->opcode != Opcode::kBroadcast) return false;
    const auto* inner = builder.definition(definition->operands[0]);
    return inner != nullptr && inner->opcode == Opcode::kConstant;
  }

  static std::optional<Literal> elements_of(const ir::RegionBuilder& builder, ValueId value) {
    const auto* definition = builder.definition(value);
    if (definition->opcode == Opcode::kConstant) return definition->attributes.literal;
    std::vector<Literal> operands;
    for (ValueId operand : definition->operands) {
      operands.push_back(*builder.definition(operand)->attributes.literal);
    }
    auto literal =
        ops::plain::evaluate(definition->opcode, definition->attributes, operands, builder.info(value).type);
    if (!literal) return std::nullopt;
    return std::move((*literal)[0]);
  }

  bool charge(std::int64_t work) {
    if (work > kTotalWork - work_) return false;
    work_ += work;
    return true;
  }

  std::int64_t work_ = 0;
};

}  // namespace

void fold_constants(ir::Region& region) {
  Folder folder;
  rewrite(region, [&folder] {
    return [&folder](ir::RegionBuilder& builder, const ir::Instruction& instruction,
                     const ir::ValueInfo& result) { return folder.apply(builder, instruction, result); };
  });
}

}  // namespace spud::compiler
