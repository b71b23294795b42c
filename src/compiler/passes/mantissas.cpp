// SPDX-License-Identifier: Apache-2.0
#include "compiler/passes/mantissas.hpp"

#include <algorithm>
#include <cmath>

#include "compiler/passes/constants.hpp"
#include "compiler/passes/rewrite.hpp"

namespace spud::compiler {
namespace {

using ir::RegionBuilder;
using ir::ValueId;
using ops::Opcode;

/// Bits of a float's mantissa, and its exponent's bits where that is 0.
struct Layout {
  std::int64_t mantissa_bits;
  std::uint64_t one;
};
Layout layout(DType dtype) {
  switch (dtype) {
    case DType::kF16:
      return {10, 0x3c00};
    case DType::kBF16:
      return {7, 0x3f80};
    case DType::kF32:
      return {23, 0x3f800000};
    default:
      return {52, 0x3ff0000000000000};
  }
}
/// More are not kept: a float of a device has few enough fraction bits, and integers become floats while they
/// are small.
constexpr std::int64_t kKept = 23;

bool is_constant(const RegionBuilder& builder, ValueId value, std::uint64_t bits) {
  const auto scalar = splat(builder, value);
  return scalar && static_cast<std::uint64_t>(scalar->int_at(0)) == bits;
}

std::optional<ValueId> number_of(RegionBuilder& builder, const ir::Instruction& instruction,
                                 const ir::ValueInfo& result) {
  if (instruction.opcode != Opcode::kBitcastConvert || !is_float(result.type.dtype)) return std::nullopt;
  if (result.visibility == ir::Visibility::kPublic) return std::nullopt;
  const auto* found = builder.definition(instruction.operands[0]);
  if (found == nullptr || (found->opcode != Opcode::kOr && found->opcode != Opcode::kAdd))
    return std::nullopt;
  const ir::ValueInfo info = builder.info(instruction.operands[0]);
  const Layout form = layout(result.type.dtype);
  const std::int64_t width = bit_width(info.type.dtype);
  if (width != bit_width(result.type.dtype) || !is_unsigned(info.type.dtype)) return std::nullopt;
  ValueId bits = found->operands[0], exponent = found->operands[1];
  if (!is_constant(builder, exponent, form.one)) std::swap(bits, exponent);
  if (!is_constant(builder, exponent, form.one)) return std::nullopt;
  const auto* shift = builder.definition(bits);
  if (shift == nullptr || shift->opcode != Opcode::kShiftRightLogical) return std::nullopt;
  const auto places = splat(builder, shift->operands[1]);
  const std::int64_t least = width - form.mantissa_bits;
  if (!places || places->int_at(0) < least || places->int_at(0) >= width) return std::nullopt;

  const std::string origin = instruction.origin;
  const std::int64_t dropped = std::max<std::int64_t>(form.mantissa_bits - kKept, 0);
  if (dropped > 0) {
    Literal by(TensorType{info.type.dtype, {}});
    by.set_int(0, dropped);
    const ValueId down = add_splat(builder, by, info.type.shape, origin);
    bits = builder.add(Opcode::kShiftRightLogical, {}, {bits, down}, info, origin);
  }
  ops::Attributes to_float;
  to_float.dtype = result.type.dtype;
  const ValueId number = builder.add(Opcode::kConvert, to_float, {bits}, result, origin);
  const auto real = [&](double value) {
    Literal scalar(TensorType{result.type.dtype, {}});
    scalar.set_float(0, value);
    return add_splat(builder, scalar, result.type.shape, origin);
  };
  const ValueId unit = real(std::ldexp(1.0, -static_cast<int>(form.mantissa_bits - dropped)));
  const ValueId fraction = builder.add(Opcode::kMultiply, {}, {number, unit}, result, origin);
  const ValueId one = real(1);
  return builder.add(Opcode::kAdd, {}, {fraction, one}, result, origin);
}

}  // namespace

void replace_mantissas(ir::Region& region) {
  rewrite(region, [] { return number_of; });
}

}  // namespace spud::compiler
