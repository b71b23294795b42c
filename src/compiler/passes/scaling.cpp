// SPDX-License-Identifier: Apache-2.0
#include "compiler/passes/scaling.hpp"

#include <cmath>

#include "compiler/passes/constants.hpp"
#include "compiler/passes/rewrite.hpp"
#include "ops/plain/evaluate.hpp"

namespace spud::compiler {
namespace {

using ir::Instruction;
using ir::RegionBuilder;
using ir::ValueId;
using ir::ValueInfo;
using ir::Visibility;
using ops::Opcode;

/// A secret value times one public number.
struct Scaled {
  ValueId value;
  Literal factor;
};

/// Within so much of 1, up or down.
bool is_moderate(const Literal& factor, double most) {
  const double size = std::fabs(factor.float_at(0));
  return size >= 1 / most && size <= most;
}
/// A dot product of numbers that were not made smaller first is larger by as much, and one of numbers that
/// were not made larger less precise: by no more than four bits.
constexpr double kMostBehindDot = 16;
/// A factor that vanishes or overflows is no use.
constexpr double kMostJoined = 256;

std::optional<Scaled> scaled(const RegionBuilder& builder, ValueId product) {
  const auto* definition = builder.definition(product);
  if (definition == nullptr || definition->opcode != Opcode::kMultiply ||
      !is_float(builder.info(product).type.dtype))
    return std::nullopt;
  for (std::size_t one : {0, 1}) {
    const ValueId value = definition->operands[1 - one];
    if (builder.info(value).visibility != Visibility::kSecret) continue;
    if (auto factor = splat(builder, definition->operands[one])) return Scaled{value, std::move(*factor)};
  }
  return std::nullopt;
}

ValueId times(RegionBuilder& builder, ValueId value, const Literal& factor, const ValueInfo& result,
              const std::string& origin) {
  const ValueId splat = add_splat(builder, factor, result.type.shape, origin);
  return builder.add(Opcode::kMultiply, {}, {value, splat}, result, origin);
}

std::optional<ValueId> scaled_dot(RegionBuilder& builder, const Instruction& dot, const ValueInfo& result) {
  for (std::size_t side : {0, 1}) {
    const ValueId operand = dot.operands[side];
    if (element_count(builder.info(operand).type.shape) < element_count(result.type.shape)) continue;
    auto found = scaled(builder, operand);
    if (!found || !is_moderate(found->factor, kMostBehindDot) ||
        builder.info(found->value).type != builder.info(operand).type)
      continue;
    auto operands = dot.operands;
    operands[side] = found->value;
    const ValueId plain = builder.add(Opcode::kDot, dot.attributes, operands, result, dot.origin);
    return times(builder, plain, found->factor, result, dot.origin);
  }
  return std::nullopt;
}

std::optional<ValueId> joined(RegionBuilder& builder, const Instruction& product, const ValueInfo& result) {
  for (std::size_t one : {0, 1}) {
    auto outer = splat(builder, product.operands[one]);
    auto inner = scaled(builder, product.operands[1 - one]);
    if (!outer || !inner) continue;
    auto factor = ops::plain::evaluate(Opcode::kMultiply, {}, std::vector<Literal>{*outer, inner->factor},
                                       outer->type());
    if (!factor || !is_moderate(*outer, kMostJoined) || !is_moderate(inner->factor, kMostJoined)) continue;
    return times(builder, inner->value, (*factor)[0], result, product.origin);
  }
  return std::nullopt;
}

std::optional<ValueId> simpler(RegionBuilder& builder, const Instruction& instruction,
                               const ValueInfo& result) {
  if (!is_float(result.type.dtype) || result.visibility != Visibility::kSecret) return std::nullopt;
  if (instruction.opcode == Opcode::kDot) return scaled_dot(builder, instruction, result);
  if (instruction.opcode == Opcode::kMultiply) return joined(builder, instruction, result);
  return std::nullopt;
}

}  // namespace

void move_scaling(ir::Region& region) {
  rewrite(region, [] { return simpler; });
}

}  // namespace spud::compiler
