// SPDX-License-Identifier: Apache-2.0
// Functions of secret floats.
#include <cmath>

#include "alu/encode_public.hpp"
#include "ops/machine.hpp"

namespace spud::ops {

using alu::Fixed;
using protocol::Arith;
using protocol::Boolean;
using protocol::Started;
using ring::LinearMap;

namespace {

protocol::Task<Fixed> rounded_down(alu::Alu alu, Fixed x) {
  auto& p = alu.protocol();
  auto whole_task = p.shift_right(x.share, x.fraction_bits);
  Arith whole = co_await whole_task;
  co_return Fixed{p.linear(LinearMap::shift_left(x.fraction_bits), {whole}), x.fraction_bits};
}
protocol::Task<Fixed> rounded_up(alu::Alu alu, Fixed x) {
  auto down_task = rounded_down(alu, alu.negate(x));
  Fixed down = co_await down_task;
  co_return alu.negate(down);
}
protocol::Task<Fixed> less_one(alu::Alu alu, protocol::Task<Fixed> task) {
  Fixed value = co_await task;
  co_return alu.add_scalar(value, -1);
}

/// The kernel of a function of one number; nullopt if it is none.
std::optional<protocol::Task<Fixed>> kernel(alu::Alu& alu, Opcode opcode, const Fixed& x, unsigned width) {
  switch (opcode) {
    case Opcode::kExp:
      return alu.exp(x, width);
    case Opcode::kExpm1:
      return less_one(alu, alu.exp(x, width));
    case Opcode::kLog:
      return alu.log(x, width);
    case Opcode::kLog1p:
      return alu.log(alu.add_scalar(x, 1));
    case Opcode::kSqrt:
      return alu.sqrt(x, width);
    case Opcode::kRsqrt:
      return alu.rsqrt(x, width);
    case Opcode::kCbrt:
      return alu.cbrt(x);
    case Opcode::kTanh:
      return alu.tanh(x, width);
    case Opcode::kLogistic:
      return alu.logistic(x, width);
    case Opcode::kErf:
      return alu.erf(x, width);
    case Opcode::kGelu:
      return alu.gelu(x, width);
    case Opcode::kGeluByTanh:
      return alu.gelu_by_tanh(x, width);
    case Opcode::kSin:
      return alu.sin(x);
    case Opcode::kCos:
      return alu.cos(x);
    case Opcode::kTan:
      return alu.tan(x);
    case Opcode::kReciprocal:
      return alu.reciprocal(x, width);
    case Opcode::kFloor:
      return rounded_down(alu, x);
    case Opcode::kCeil:
      return rounded_up(alu, x);
    case Opcode::kRoundNearestAfz:
      return alu.round_half_away(x);
    case Opcode::kRoundNearestEven:
      return alu.round_half_even(x);
    default:
      return std::nullopt;
  }
}

/// The one number that all elements are, if they are.
std::optional<double> common_element(const Literal& x) {
  if (x.elements() == 0) return std::nullopt;
  const double first = x.float_at(0);
  for (std::int64_t i = 1; i < x.elements(); ++i) {
    if (x.float_at(i) != first) return std::nullopt;
  }
  return first;
}

/// Of an odd number 1, of others 0, as a pred.
Literal odd_numbers(const Literal& x) {
  Literal out(TensorType{DType::kPred, x.shape()});
  auto bits = out.writable<std::uint8_t>();
  for (std::int64_t i = 0; i < x.elements(); ++i) {
    const double v = x.float_at(i);
    bits[static_cast<std::size_t>(i)] = std::isfinite(v) && std::fabs(std::fmod(v, 2)) == 1 ? 1 : 0;
  }
  return out;
}

/// Products of more factors lose more than a logarithm does.
constexpr double kMostBySquaring = 16;

}  // namespace

protocol::Task<Fixed> Machine::function(Opcode opcode, Fixed x, unsigned width) {
  auto task = kernel(alu_, opcode, x, width);
  SPUD_CHECK(task.has_value(), "every unary opcode has its kernel");
  auto& running = *task;
  Fixed value = co_await running;
  co_return value;
}

// Every number that is held is finite.
protocol::Task<Value> Machine::is_finite(TensorType result) {
  Literal yes(result);
  for (auto& bit : yes.writable<std::uint8_t>()) bit = 1;
  auto secret = as_secret(Value::of(std::move(yes)));
  SPUD_CHECK(secret.has_value(), "bits have a secret form");
  co_return *secret;
}

// By what is public of the exponent: small integers by products, halves by roots; else by logarithm and exp,
// with the sign of a negative base where the exponent is a public odd number. A secret exponent takes the
// base's magnitude.
protocol::Task<Value> Machine::power(Value base, Value exponent, TensorType result) {
  auto& p = alu_.protocol();
  const auto one = exponent.is_public() ? common_element(exponent.literal()) : std::nullopt;
  if (one && std::floor(*one) == *one && std::fabs(*one) <= kMostBySquaring) {
    auto product_task = alu_.integer_power(base.number(), static_cast<std::int64_t>(*one));
    Fixed product = co_await product_task;
    co_return number(product, result);
  }
  if (one && std::floor(*one * 2) == *one * 2 && std::fabs(*one) <= kMostBySquaring) {
    // x^(n + 1/2) = x^n·√x
    const double whole = std::floor(*one > 0 ? *one : -*one);
    auto root_task = *one > 0 ? alu_.sqrt(base.number()) : alu_.rsqrt(base.number());
    Fixed root = co_await root_task;
    if (whole == 0) co_return number(root, result);
    auto power_task = alu_.integer_power(base.number(), static_cast<std::int64_t>(*one > 0 ? whole : -whole));
    Fixed power = co_await power_task;
    auto product_task = alu_.multiply(power, root, root.fraction_bits);
    Fixed product = co_await product_task;
    co_return number(product, result);
  }
  auto left = as_secret(base);
  auto right = as_secret(exponent);
  if (!left || !right) co_return refuse((!left ? left : right).error(), result);
  // A public base says its sign; the logarithm of its magnitude is public too.
  Fixed a = left->number(), b = right->number();
  auto below_task = alu_.negative_of_used(a);
  Boolean below = co_await below_task;
  auto part_task = alu_.mux(below, a);
  Fixed part = co_await part_task;
  auto power_task = alu_.power(alu_.subtract(a, alu_.shift_left(part, 1)), b);
  Fixed size = co_await power_task;
  if (!exponent.is_public()) {
    // Odd are the integers with a lowest bit; of numbers between them there is no power of a negative base.
    auto bits_task = p.bits(b.share, b.fraction_bits + 1);
    std::vector<Boolean> bits = co_await bits_task;
    auto odd_task = p.logical_and(below, bits.back());
    Boolean odd = co_await odd_task;
    below = odd;
  } else {
    below = p.logical_and(below, alu::public_bits(odd_numbers(exponent.literal())));
  }
  auto turn_task = alu_.mux(below, size);
  Fixed turn = co_await turn_task;
  co_return number(alu_.subtract(size, alu_.shift_left(turn, 1)), result);
}

protocol::Task<Value> Machine::divide_by_broadcast(Value x, Value y, std::vector<std::int64_t> dimensions,
                                                   TensorType result) {
  auto left = as_secret(x);
  if (!left) co_return refuse(left.error(), result);
  if (y.is_public()) {
    // In a loop what is secret in the plan may be public still.
    Attributes attributes;
    attributes.dimensions = dimensions;
    auto wide_task = run(Opcode::kBroadcast, attributes, {y}, result, where_);
    Value wide = co_await wide_task;
    auto out_task = binary(Opcode::kDivide, x, wide, result);
    Value out = co_await out_task;
    co_return out;
  }
  auto value_task = alu_.divide_by_broadcast(left->number(), y.number(), dimensions, y.signed_bits);
  Fixed value = co_await value_task;
  co_return number(value, result);
}

protocol::Task<Value> Machine::function_of_two(Opcode opcode, Value a, Value b, TensorType result) {
  if (!is_float(result.dtype)) co_return refuse_unsupported(opcode, "secret integers", result);
  if (opcode == Opcode::kPower) {
    auto power_task = power(a, b, result);
    Value out = co_await power_task;
    co_return out;
  }
  auto left = as_secret(a);
  auto right = as_secret(b);
  if (!left || !right) co_return refuse((!left ? left : right).error(), result);
  const Fixed x = left->number(), y = right->number();
  auto value_task = opcode == Opcode::kAtan2 ? alu_.atan2(x, y) : alu_.remainder(x, y);
  Fixed value = co_await value_task;
  co_return number(value, result);
}

}  // namespace spud::ops
