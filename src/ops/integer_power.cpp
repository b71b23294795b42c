// SPDX-License-Identifier: Apache-2.0
// Powers of secret integers, modulo 2^width: ∏ base^(2^i) over the bits i of the exponent, two's complement
// too. A negative exponent leaves 1 and −1 their powers, by the lowest bit, and makes everything else 0.
#include <algorithm>
#include <bit>

#include "ops/integers.hpp"
#include "ops/machine.hpp"
#include "ring/map.hpp"

namespace spud::ops {

using alu::Fixed;
using protocol::Arith;
using protocol::Boolean;
using protocol::Started;
using ring::LinearMap;

namespace {

ring::Tensor everywhere(unsigned ring_bits, const Shape& shape, __int128 value) {
  return ring::map([value](auto z) { return decltype(z)(z + static_cast<decltype(z)>(value)); },
                   ring::Tensor::zeros(ring_bits, shape));
}

}  // namespace

protocol::Task<Value> Machine::integer_power(Value base, Value exponent, TensorType result) {
  auto& p = alu_.protocol();
  const DType dtype = result.dtype;
  const unsigned width = bit_width(dtype);
  auto hidden = as_secret(base);
  SPUD_CHECK(hidden.has_value(), "integers can be shared");
  const Arith number_of_base = hidden->number().share;
  const unsigned k = number_of_base.ring_bits();

  // Bits of the exponent, as many as any element has.
  bool may_be_negative = is_signed(dtype);
  unsigned count = width;
  std::vector<std::uint64_t> open;
  if (exponent.is_public()) {
    may_be_negative = false;
    std::uint64_t all = 0;
    for (std::int64_t i = 0; i < exponent.literal().elements(); ++i) {
      const std::int64_t one = exponent.literal().int_at(i);
      may_be_negative |= is_signed(dtype) && one < 0;
      open.push_back(static_cast<std::uint64_t>(one));
      all |= open.back();
    }
    count = std::min<unsigned>(width, static_cast<unsigned>(std::bit_width(all)));
  } else if (!is_signed(dtype) && exponent.signed_bits > 0) {
    count = std::min(width, exponent.signed_bits - 1);
  }
  std::optional<Started<std::vector<Boolean>>> decomposition;
  if (!exponent.is_public()) decomposition.emplace(alu_.executor(), p.bits(exponent.number().share, count));

  // Squares wrap in the ring, of which the type is a part.
  std::vector<Arith> squares;
  for (unsigned i = 0; i < count; ++i) {
    if (i == 0) {
      squares.push_back(number_of_base);
      continue;
    }
    const Arith& last = squares.back();
    auto square_task = p.multiply(last, last);
    Arith square = co_await square_task;
    squares.push_back(square);
  }
  std::vector<Boolean> bits;
  if (decomposition) {
    Started<std::vector<Boolean>>& started = *decomposition;
    bits = co_await started;
  }
  // 1 + bit·(square − 1)
  const ring::Tensor one = everywhere(k, result.shape, 1), minus_one = everywhere(k, result.shape, -1);
  std::vector<Arith> factors;
  std::vector<Started<Arith>> chosen;
  for (unsigned i = 0; i < count; ++i) {
    const Arith less = p.add_public(squares[i], minus_one);
    if (!bits.empty()) {
      chosen.emplace_back(alu_.executor(), p.mux(bits[i], less));
      continue;
    }
    std::vector<std::uint8_t> set(open.size());
    for (std::size_t e = 0; e < open.size(); ++e) set[e] = open[e] >> i & 1;
    if (std::none_of(set.begin(), set.end(), [](std::uint8_t b) { return b != 0; })) continue;
    const ring::BitTensor which = ring::BitTensor::pack(result.shape, set);
    factors.push_back(p.add_public(p.multiply_public(less, ring::to_words(which, k)), one));
  }
  for (auto& started : chosen) {
    Arith change = co_await started;
    factors.push_back(p.add_public(change, one));
  }
  if (factors.empty()) factors.push_back(p.constant(one));
  while (factors.size() > 1) {
    std::vector<Started<Arith>> level;
    for (std::size_t i = 0; i + 1 < factors.size(); i += 2)
      level.emplace_back(alu_.executor(), p.multiply(factors[i], factors[i + 1]));
    std::vector<Arith> next;
    for (auto& started : level) {
      Arith product = co_await started;
      next.push_back(product);
    }
    if (factors.size() % 2 == 1) next.push_back(factors.back());
    factors = std::move(next);
  }
  Value out = number(Fixed{factors[0], 0}, result);
  if (is_narrow(dtype)) {
    auto wrapped_task = wrapped(out);
    Value in_type = co_await wrapped_task;
    out = in_type;
  }
  if (!may_be_negative) co_return out;
  // Kept unless the exponent is negative and base² ≠ 1 for the two bases 1 and −1.
  const Value zero_like = Value::of(Literal(result));
  std::vector<Value> signs{exponent, zero_like};
  const TensorType pred{DType::kPred, result.shape};
  Attributes less;
  less.comparison = Comparison::kLt;
  auto negative_task = exponent.is_public() ? run_public(Opcode::kCompare, less, signs, pred)
                                            : compare(Comparison::kLt, exponent, zero_like, pred);
  Value is_negative = co_await negative_task;
  const Fixed held = hidden->number();
  const unsigned near = hidden->signed_bits > 0 && hidden->signed_bits < k ? hidden->signed_bits + 1 : 0;
  Started<Boolean> is_one(alu_.executor(), alu_.is_zero(alu_.add_scalar(held, -1), near)),
      is_minus_one(alu_.executor(), alu_.is_zero(alu_.add_scalar(held, 1), near));
  Boolean plus = co_await is_one;
  Boolean minus = co_await is_minus_one;
  const Value stays{pred, p.exclusive_or(plus, minus)};
  std::vector<Value> not_negative{is_negative};
  auto positive_task = run(Opcode::kNot, Attributes{}, not_negative, pred, where_);
  Value is_positive = co_await positive_task;
  auto kept_task = logic(Opcode::kOr, is_positive, stays, pred);
  Value kept = co_await kept_task;
  auto result_task = select(kept, out, zero_like, result);
  Value chosen_out = co_await result_task;
  co_return chosen_out;
}

}  // namespace spud::ops
