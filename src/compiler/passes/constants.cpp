// SPDX-License-Identifier: Apache-2.0
#include "compiler/passes/constants.hpp"

#include <cstring>

namespace spud::compiler {
namespace {

using ops::Opcode;

Literal first_element(const Literal& literal) {
  auto bytes = literal.bytes().first(byte_width(literal.dtype()));
  return Literal(TensorType{literal.dtype(), {}}, Bytes(bytes.begin(), bytes.end()));
}

bool repeats_one_element(const Literal& literal) {
  auto bytes = literal.bytes();
  std::size_t width = byte_width(literal.dtype());
  // Every element equals the one before it.
  return bytes.size() > width && std::memcmp(bytes.data(), bytes.data() + width, bytes.size() - width) == 0;
}

}  // namespace

std::optional<Literal> splat(const ir::RegionBuilder& builder, ir::ValueId value) {
  const auto* definition = builder.definition(value);
  if (definition != nullptr && definition->opcode == Opcode::kBroadcast) {
    definition = builder.definition(definition->operands[0]);
  }
  if (definition == nullptr || definition->opcode != Opcode::kConstant) return std::nullopt;
  const auto& literal = *definition->attributes.literal;
  if (literal.elements() != 1) return std::nullopt;
  return first_element(literal);
}

bool is_splat_of(const ir::RegionBuilder& builder, ir::ValueId value, double number) {
  auto scalar = splat(builder, value);
  return scalar && scalar->float_at(0) == number;
}

ir::ValueId add_constant(ir::RegionBuilder& builder, const Literal& literal, const std::string& origin) {
  if (repeats_one_element(literal))
    return add_splat(builder, first_element(literal), literal.shape(), origin);
  ops::Attributes attributes;
  attributes.literal = literal;
  return builder.add(Opcode::kConstant, std::move(attributes), {}, {literal.type(), ir::Visibility::kPublic},
                     origin);
}

ir::ValueId add_splat(ir::RegionBuilder& builder, const Literal& scalar, const Shape& shape,
                      const std::string& origin) {
  auto constant = add_constant(builder, scalar, origin);
  if (shape.empty()) return constant;
  return builder.add(Opcode::kBroadcast, {}, {constant}, {{scalar.dtype(), shape}, ir::Visibility::kPublic},
                     origin);
}

}  // namespace spud::compiler
