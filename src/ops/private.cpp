// SPDX-License-Identifier: Apache-2.0
// What one party knows is computed by it alone, in plain, with the arithmetic of public values. It becomes a
// secret where it meets what the party does not know.
#include "ops/private.hpp"

#include <algorithm>

#include "alu/encode_public.hpp"
#include "ops/integers.hpp"
#include "ops/machine.hpp"
#include "ops/plain/evaluate.hpp"

namespace spud::ops {

using alu::Fixed;
using protocol::Arith;
using protocol::Boolean;

namespace {

/// Whether the shares of the result are a linear function of the shares of operands that are private.
bool is_linear(Opcode opcode, const Attributes& attributes, std::span<const Value> in) {
  const auto is_open = [&](std::size_t first) {
    return std::all_of(in.begin() + static_cast<std::ptrdiff_t>(first), in.end(),
                       [](const Value& x) { return x.is_public(); });
  };
  switch (opcode) {
    case Opcode::kNegate:
    case Opcode::kAdd:
    case Opcode::kSubtract:
    case Opcode::kBroadcast:
    case Opcode::kReshape:
    case Opcode::kTranspose:
    case Opcode::kSlice:
    case Opcode::kConcatenate:
    case Opcode::kPad:
    case Opcode::kReverse:
    case Opcode::kWindows:
      return true;
    case Opcode::kDynamicSlice:
      return is_open(1);
    case Opcode::kDynamicUpdateSlice:
      return is_open(2);
    case Opcode::kReduce:
      return attributes.reducer == Reducer::kAdd;
    default:
      return false;
  }
}

}  // namespace

bool has_private(std::span<const Value> values) {
  return std::any_of(values.begin(), values.end(), [](const Value& x) { return x.is_private(); });
}

std::optional<Rank> common_owner(std::span<const Value> values) {
  std::optional<Rank> owner;
  for (const auto& x : values) {
    if (x.is_public()) continue;
    if (!x.is_private() || (owner && *owner != x.kept().owner)) return std::nullopt;
    owner = x.kept().owner;
  }
  return owner;
}

std::vector<TensorType> result_types(Opcode opcode, const Attributes& attributes,
                                     std::span<const Value> operands) {
  const Shape& shape = operands[0].type.shape;
  if (opcode == Opcode::kFirst) return {{operands[0].type.dtype, {shape[1]}}, {DType::kS32, {shape[1]}}};
  std::vector<TensorType> types;
  for (const auto& x : operands) types.push_back({x.type.dtype, {shape[0], attributes.sizes[0]}});
  return types;
}

namespace {

/// What they are to the party that has them; nullopt elsewhere.
std::optional<std::vector<Literal>> plain_of(std::span<const Value> in) {
  std::vector<Literal> literals;
  for (const auto& x : in) {
    if (!x.is_public() && !x.kept().plain) return std::nullopt;
    literals.push_back(x.is_public() ? x.literal() : *x.kept().plain);
  }
  return literals;
}

/// A result that is not here: the owner has it, and the run on shapes what it takes there.
Private absent(Rank owner, std::span<const Value> in, const TensorType& type) {
  const bool weighed =
      std::any_of(in.begin(), in.end(), [](const Value& x) { return x.is_private() && x.kept().ghost; });
  if (!weighed) return {owner, std::nullopt};
  return {owner, static_cast<std::uint64_t>(type.elements()) * byte_width(type.dtype)};
}

}  // namespace

Value Machine::run_privately(Opcode opcode, const Attributes& attributes, const Operands& in,
                             TensorType result) {
  const Rank owner = *common_owner(in);
  const auto literals = plain_of(in);
  if (!literals) {
    Private kept = absent(owner, in, result);
    return {std::move(result), std::move(kept)};
  }
  auto found = plain::evaluate(opcode, attributes, *literals, result);
  if (!found) {
    // Only an operation that has no meaning on the type, so nothing about the value.
    refuse(found.error(), result);
    return {std::move(result), Private(owner, std::nullopt)};
  }
  return {std::move(result), Private(owner, std::move(found->front()))};
}

protocol::Task<std::vector<Value>> Machine::run_many_privately(Opcode opcode, Attributes attributes,
                                                               Operands in) {
  const Rank owner = *common_owner(in);
  std::vector<Value> out;
  for (auto& type : result_types(opcode, attributes, in)) {
    Private kept = absent(owner, in, type);
    out.push_back({std::move(type), std::move(kept)});
  }
  const auto literals = plain_of(in);
  if (!literals) co_return out;
  // Of public values nothing waits for anybody, so that the owner stays in step with the others.
  Operands open;
  for (const auto& literal : *literals) open.push_back(Value::of(literal));
  auto found_task = run_many(opcode, std::move(attributes), std::move(open), where_);
  std::vector<Value> found = co_await found_task;
  for (std::size_t i = 0; i < out.size(); ++i) out[i].data = Private(owner, found[i].literal());
  co_return out;
}

protocol::Task<Value> Machine::follow_masks(Opcode opcode, Attributes attributes, Operands in, Value result) {
  if (!is_linear(opcode, attributes, in)) co_return result;
  Operands secrets;
  for (const auto& x : in) {
    if (x.is_public()) {
      secrets.push_back(x);
      continue;
    }
    const auto* number = std::get_if<Fixed>(x.kept().shares.get());
    if (number == nullptr || !alu_.protocol().is_prepared(number->share)) co_return result;
    Value secret{x.type, *number};
    secret.signed_bits = x.signed_bits;
    note_type(secret);
    secrets.push_back(std::move(secret));
  }
  if (may_leave_type(opcode, attributes, secrets, result.type)) co_return result;
  auto moved_task = dispatch(opcode, std::move(attributes), std::move(secrets), result.type);
  Value moved = co_await moved_task;
  if (alu_.protocol().is_prepared(moved.number().share)) *result.kept().shares = moved.number();
  co_return result;
}

protocol::Task<Value> Machine::shared(Value value) {
  if (!value.is_private()) co_return value;
  const Private& kept = value.kept();
  Value out = value;
  out.bits_of_integer.reset();
  if (const auto* number = std::get_if<Fixed>(kept.shares.get())) {
    out.data = *number;
    co_return out;
  }
  if (const auto* bits = std::get_if<Boolean>(kept.shares.get())) {
    out.data = *bits;
    co_return out;
  }
  auto& p = alu_.protocol();
  const Shape shape = value.type.shape;
  if (value.type.dtype == DType::kPred) {
    std::optional<ring::BitTensor> plain;
    if (kept.plain) plain = alu::public_bits(*kept.plain);
    auto bits_task = p.private_input_bits(kept.owner, shape, std::move(plain));
    Boolean bits = co_await bits_task;
    *kept.shares = bits;
    out.data = bits;
    co_return out;
  }
  const auto format = alu::element_format(value.type.dtype, alu_.format());
  std::optional<ring::Tensor> plain;
  if (kept.plain)
    plain = alu::encode_private(*kept.plain, format.ring_bits, format.fraction_bits, value.signed_bits);
  auto words_task = p.private_input(kept.owner, format.ring_bits, shape, std::move(plain));
  Arith words = co_await words_task;
  const Fixed number{words, format.fraction_bits};
  *kept.shares = number;
  out.data = number;
  co_return out;
}

protocol::Task<std::vector<Value>> Machine::shared_all(Operands in) {
  for (auto& x : in) {
    auto secret_task = shared(x);
    x = co_await secret_task;
  }
  co_return in;
}

}  // namespace spud::ops
