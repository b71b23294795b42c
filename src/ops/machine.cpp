// SPDX-License-Identifier: Apache-2.0
#include "ops/machine.hpp"

#include <algorithm>

#include "alu/encode_public.hpp"
#include "alu/range.hpp"
#include "ops/integers.hpp"
#include "ops/plain/evaluate.hpp"
#include "ops/private.hpp"

namespace spud::ops {

using alu::Fixed;
using protocol::Boolean;
using ring::LinearMap;

std::optional<alu::Range> known_range(const Value& x, const alu::ElementFormat& format) {
  if (x.is_public()) return alu::encoded_range(x.literal(), format.ring_bits, format.fraction_bits);
  if (x.signed_bits == 0) return std::nullopt;
  return alu::range_of_width(x.signed_bits, is_unsigned(x.type.dtype));
}

unsigned common_width(std::span<const Value> values) {
  unsigned width = 0;
  for (const auto& x : values) {
    if (x.signed_bits == 0) return 0;
    width = std::max(width, x.signed_bits);
  }
  return width;
}

Value Machine::refuse(Error error, const TensorType& result) {
  if (!where_.empty()) error = std::move(error).in("instruction '" + where_ + "'");
  alu_.executor().fail(std::move(error));
  // A secret, as whoever asked expects; zeros can always be encoded.
  auto nothing = as_secret(Value::of(Literal(result)));
  SPUD_CHECK(nothing.has_value(), "zeros have a fixed-point value");
  return std::move(*nothing);
}

Value Machine::refuse_unsupported(Opcode opcode, const char* operands, const TensorType& result) {
  return refuse(
      Error{ErrorCode::kUnsupported, std::string(to_string(opcode)) + " of " + operands + " is not supported",
            "", "", "", ""},
      result);
}

Result<Value> Machine::as_secret(const Value& value) {
  if (!value.is_public()) return value;
  if (value.type.dtype == DType::kPred) {
    return Value{value.type, alu_.protocol().constant_bits(alu::public_bits(value.literal()))};
  }
  const auto format = alu::element_format(value.type.dtype, alu_.format());
  SPUD_ASSIGN(auto words, alu::encode_public(value.literal(), format.ring_bits, format.fraction_bits));
  return Value{value.type, Fixed{alu_.protocol().constant(std::move(words)), format.fraction_bits}};
}

Value Machine::linear(const LinearMap& map, std::vector<Value> operands, TensorType result) {
  if (result.dtype == DType::kPred) {
    std::vector<Boolean> bits;
    for (const auto& x : operands) bits.push_back(x.bits());
    return {std::move(result), alu_.protocol().move_bits(map, std::move(bits))};
  }
  std::vector<Fixed> numbers;
  for (const auto& x : operands) numbers.push_back(x.number());
  Value out{std::move(result), alu_.linear(map, std::move(numbers))};
  // What only moves elements, or puts zeros between them, keeps their range.
  if (ring::moves_only(map)) out.signed_bits = common_width(operands);
  return out;
}

Value Machine::broadcast_scalar(const Value& scalar, const Shape& shape) {
  if (scalar.type.shape == shape) return scalar;
  TensorType type{scalar.type.dtype, shape};
  if (!scalar.is_public()) return linear(LinearMap::broadcast(shape, {}), {scalar}, type);
  Attributes attributes;
  auto out = plain::evaluate(Opcode::kBroadcast, attributes, std::vector<Literal>{scalar.literal()}, type);
  SPUD_CHECK(out.has_value(), "a scalar can be broadcast");
  return Value::of(std::move(out->front()));
}

unsigned Machine::difference_bits(const Value& a, const Value& b) const {
  // Asked first: a public tensor is read through for its range.
  for (const Value* x : {&a, &b}) {
    if (!x->is_public() && x->signed_bits == 0) return 0;
  }
  const auto format = alu::element_format(a.type.dtype, alu_.format());
  const auto left = known_range(a, format), right = known_range(b, format);
  if (!left || !right) return 0;
  const auto difference = alu::subtract(*left, *right);
  const unsigned bits = difference ? alu::signed_bits(*difference) : 0;
  return bits <= format.ring_bits ? bits : 0;
}

protocol::Task<Value> Machine::run_public(Opcode opcode, Attributes attributes, Operands in,
                                          TensorType result) {
  std::vector<Literal> literals;
  for (const auto& x : in) literals.push_back(x.literal());
  auto out = plain::evaluate(opcode, attributes, literals, result);
  if (!out) {
    refuse(out.error(), result);
    co_return Value::of(Literal(result));
  }
  co_return Value::of(std::move(out->front()));
}

protocol::Task<Value> Machine::run(Opcode opcode, Attributes attributes, std::vector<Value> in,
                                   TensorType result, std::string where) {
  Machine here(alu_, std::move(where));
  if (has_private(in)) {
    if (opcode == Opcode::kPrepare) {
      auto secret_task = here.shared(in[0]);
      Value secret = co_await secret_task;
      auto ready_task = alu_.protocol().prepare(secret.number().share);
      protocol::Arith ready = co_await ready_task;
      co_return in[0];
    }
    if (common_owner(in)) {
      Value plain = here.run_privately(opcode, attributes, in, std::move(result));
      auto followed_task = here.follow_masks(opcode, std::move(attributes), std::move(in), plain);
      Value followed = co_await followed_task;
      co_return followed;
    }
    auto secret_task = here.shared_all(std::move(in));
    in = co_await secret_task;
  }
  for (auto& x : in) note_type(x);
  const bool wraps = here.may_leave_type(opcode, attributes, in, result);
  auto out_task = here.dispatch(opcode, std::move(attributes), std::move(in), std::move(result));
  Value out = co_await out_task;
  if (!wraps || out.is_public()) co_return out;
  auto wrapped_task = here.wrapped(out);
  Value wrapped = co_await wrapped_task;
  co_return wrapped;
}

protocol::Task<Value> Machine::dispatch(Opcode opcode, Attributes attributes, std::vector<Value> in,
                                        TensorType result) {
  bool all_public = true;
  for (const auto& x : in) all_public &= x.is_public();
  if (opcode == Opcode::kConstant) co_return Value::of(*attributes.literal);
  if (all_public) {
    auto out_task = run_public(opcode, attributes, in, result);
    Value out = co_await out_task;
    co_return out;
  }
  if (is_integer_operation(opcode, result.dtype)) {
    auto out_task = integer(opcode, in, result);
    Value out = co_await out_task;
    co_return out;
  }
  switch (opcode) {
    case Opcode::kPrepare: {
      auto ready_task = alu_.protocol().prepare(in[0].number().share);
      protocol::Arith ready = co_await ready_task;
      co_return number(Fixed{ready, in[0].number().fraction_bits}, result);
    }
    case Opcode::kNegate:
    case Opcode::kAbs:
    case Opcode::kSign:
    case Opcode::kNot:
    case Opcode::kExp:
    case Opcode::kLog:
    case Opcode::kSqrt:
    case Opcode::kRsqrt:
    case Opcode::kTanh:
    case Opcode::kLogistic:
    case Opcode::kFloor:
    case Opcode::kCeil:
    case Opcode::kReciprocal:
    case Opcode::kExpm1:
    case Opcode::kLog1p:
    case Opcode::kErf:
    case Opcode::kGelu:
    case Opcode::kGeluByTanh:
    case Opcode::kCbrt:
    case Opcode::kSin:
    case Opcode::kCos:
    case Opcode::kTan:
    case Opcode::kRoundNearestAfz:
    case Opcode::kRoundNearestEven: {
      auto out_task = unary(opcode, in[0], result);
      Value out = co_await out_task;
      co_return out;
    }
    case Opcode::kIsFinite: {
      auto out_task = is_finite(result);
      Value out = co_await out_task;
      co_return out;
    }
    case Opcode::kDivideByBroadcast: {
      auto out_task = divide_by_broadcast(in[0], in[1], attributes.dimensions, result);
      Value out = co_await out_task;
      co_return out;
    }
    case Opcode::kRemainder:
    case Opcode::kPower:
    case Opcode::kAtan2: {
      auto out_task = function_of_two(opcode, in[0], in[1], result);
      Value out = co_await out_task;
      co_return out;
    }
    case Opcode::kConvert: {
      auto out_task = convert(in[0], result);
      Value out = co_await out_task;
      co_return out;
    }
    case Opcode::kAdd:
    case Opcode::kSubtract:
    case Opcode::kDivide:
    case Opcode::kMaximum:
    case Opcode::kMinimum: {
      auto out_task = binary(opcode, in[0], in[1], result);
      Value out = co_await out_task;
      co_return out;
    }
    case Opcode::kMultiply: {
      auto out_task = multiply(in[0], in[1], result);
      Value out = co_await out_task;
      co_return out;
    }
    case Opcode::kAnd:
    case Opcode::kOr:
    case Opcode::kXor: {
      auto out_task = logic(opcode, in[0], in[1], result);
      Value out = co_await out_task;
      co_return out;
    }
    case Opcode::kCompare: {
      auto out_task = compare(attributes.comparison, in[0], in[1], result);
      Value out = co_await out_task;
      co_return out;
    }
    case Opcode::kSelect: {
      auto out_task = select(in[0], in[1], in[2], result);
      Value out = co_await out_task;
      co_return out;
    }
    case Opcode::kClamp: {
      auto out_task = clamp(in[0], in[1], in[2], result);
      Value out = co_await out_task;
      co_return out;
    }
    case Opcode::kDot: {
      auto out_task = dot(attributes.dot, in[0], in[1], result);
      Value out = co_await out_task;
      co_return out;
    }
    case Opcode::kReduce: {
      auto out_task = reduce(attributes, in[0], in[1], result);
      Value out = co_await out_task;
      co_return out;
    }
    case Opcode::kTake: {
      auto out_task = take(in[0], in[1], result);
      Value out = co_await out_task;
      co_return out;
    }
    case Opcode::kPut: {
      auto out_task = put(attributes.reducer, in[0], in[1], in[2], result);
      Value out = co_await out_task;
      co_return out;
    }
    case Opcode::kBroadcast:
    case Opcode::kReshape:
    case Opcode::kTranspose:
    case Opcode::kSlice:
    case Opcode::kConcatenate:
    case Opcode::kPad:
    case Opcode::kReverse:
    case Opcode::kDynamicSlice:
    case Opcode::kDynamicUpdateSlice:
    case Opcode::kWindows: {
      auto out_task = move(opcode, attributes, in, result);
      Value out = co_await out_task;
      co_return out;
    }
    default:
      break;
  }
  co_return refuse_unsupported(opcode, "a secret operand", result);
}

}  // namespace spud::ops
