// SPDX-License-Identifier: Apache-2.0
// Shifts of secret integers, and of public ones by secret places. Places are read as unsigned: from the width
// on nothing is left but the fill.
#include <algorithm>
#include <set>

#include "ops/integers.hpp"
#include "ops/machine.hpp"
#include "ring/map.hpp"

namespace spud::ops {

using alu::Fixed;
using protocol::Arith;
using protocol::Boolean;
using ring::LinearMap;

namespace {

/// min(places, width) of each element.
std::vector<unsigned> places_of(const Literal& places, unsigned width) {
  std::vector<unsigned> out;
  for (std::int64_t i = 0; i < places.elements(); ++i) {
    const std::int64_t by = places.int_at(i);
    out.push_back(by < 0 || by >= width ? width : static_cast<unsigned>(by));
  }
  return out;
}

}  // namespace

protocol::Task<Value> Machine::shift(Opcode opcode, Value x, Value places, TensorType result) {
  if (!places.is_public()) {
    auto out_task = shift_by_secret(opcode, x, places, result);
    Value out = co_await out_task;
    co_return out;
  }
  const auto by = places_of(places.literal(), bit_width(result.dtype));
  const bool is_one = std::all_of(by.begin(), by.end(), [&](unsigned b) { return b == by[0]; });
  auto out_task =
      is_one ? shift_by(opcode, x, by.empty() ? 0 : by[0], result) : shift_by_each(opcode, x, places, result);
  Value out = co_await out_task;
  co_return out;
}

// To the right, a number that is read as the shift fills is shifted as one; others as the upper part of a
// number of the whole ring, for which they are moved up first.
protocol::Task<Value> Machine::shift_by(Opcode opcode, Value x, unsigned places, TensorType result) {
  auto& p = alu_.protocol();
  const DType dtype = result.dtype;
  const unsigned width = bit_width(dtype), k = x.number().ring_bits();
  const bool by_sign = opcode == Opcode::kShiftRightArithmetic;
  if (places == 0) co_return x;
  if (places >= width) {
    if (!by_sign) co_return number(Fixed{p.constant(ring::Tensor::zeros(k, result.shape)), 0}, result);
    places = width - 1;
  }
  const Arith& share = x.number().share;
  if (opcode == Opcode::kShiftLeft) {
    Value moved = number(Fixed{p.linear(LinearMap::shift_left(places), {share}), 0}, result);
    const bool fits = x.signed_bits > 0 && x.signed_bits + places <= width + (is_unsigned(dtype) ? 1 : 0);
    if (!is_narrow(dtype) || fits) co_return moved;
    auto wrapped_task = wrapped(moved);
    Value out = co_await wrapped_task;
    co_return out;
  }
  // Below a quarter of the ring, and with the sign that the shift sees.
  const bool is_small = x.signed_bits > 0 && x.signed_bits < k && places + 2 <= k &&
                        (by_sign || is_unsigned(dtype)) &&
                        (!by_sign || is_signed(dtype) || x.signed_bits <= width);
  auto shifted_task = is_small ? p.shift_right(share, places)
                               : p.shift_right_full(p.linear(LinearMap::shift_left(k - width), {share}),
                                                    k - width + places, by_sign);
  Arith shifted = co_await shifted_task;
  Value out = number(Fixed{shifted, 0}, result);
  // A sign that goes on to the right is the top of an unsigned number.
  if (!is_narrow(dtype) || !by_sign || is_signed(dtype) || is_small) co_return out;
  auto wrapped_task = wrapped(out);
  Value whole = co_await wrapped_task;
  co_return whole;
}

// By public places that differ: to the left a product, to the right a choice among bits, which is local.
protocol::Task<Value> Machine::shift_by_each(Opcode opcode, Value x, Value places, TensorType result) {
  auto& p = alu_.protocol();
  const unsigned width = bit_width(result.dtype), k = x.number().ring_bits();
  const auto by = places_of(places.literal(), width);
  if (opcode == Opcode::kShiftLeft) {
    ring::Tensor powers = ring::Tensor::zeros(k, result.shape);
    ring::with_ring(k, [&]<class R>(R) {
      using Word = typename R::Word;
      Word* to = powers.writable<Word>();
      for (std::size_t i = 0; i < by.size(); ++i)
        to[i] = by[i] < width ? static_cast<Word>(Word{1} << by[i]) : Word{0};
    });
    Value moved = number(Fixed{p.multiply_public(x.number().share, powers), 0}, result);
    if (!is_narrow(result.dtype)) co_return moved;
    auto wrapped_task = wrapped(moved);
    Value out = co_await wrapped_task;
    co_return out;
  }
  auto bits_task = integer_bits(x);
  std::vector<Boolean> bits = co_await bits_task;
  const bool by_sign = opcode == Opcode::kShiftRightArithmetic;
  std::vector<std::optional<Boolean>> chosen(width);
  for (unsigned amount : std::set<unsigned>(by.begin(), by.end())) {
    std::vector<std::uint8_t> here(by.size());
    for (std::size_t i = 0; i < by.size(); ++i) here[i] = by[i] == amount;
    const ring::BitTensor which = ring::BitTensor::pack(result.shape, here);
    for (unsigned j = 0; j < width; ++j) {
      if (j + amount >= width && !by_sign) continue;
      const Boolean one = p.logical_and(bits[std::min(j + amount, width - 1)], which);
      chosen[j] = chosen[j] ? p.exclusive_or(*chosen[j], one) : one;
    }
  }
  std::vector<Boolean> out_bits;
  for (const auto& bit : chosen)
    out_bits.push_back(bit ? *bit : p.constant_bits(ring::BitTensor::zeros(result.shape)));
  auto out_task = of_bits(out_bits, result);
  Value out = co_await out_task;
  co_return out;
}

protocol::Task<Value> Machine::shift_by_secret(Opcode opcode, Value x, Value places, TensorType result) {
  auto& p = alu_.protocol();
  auto hidden = as_secret(x);
  SPUD_CHECK(hidden.has_value(), "integers can be shared");
  const DType dtype = result.dtype;
  const bool by_sign = opcode == Opcode::kShiftRightArithmetic, left = opcode == Opcode::kShiftLeft;
  // A narrow number is read as the shift fills; −1 places are many, as the ring reads them.
  const bool as_signed = left ? is_signed(dtype) : by_sign;
  auto number_task = reread(*hidden, as_signed);
  Arith share = co_await number_task;
  auto shifted_task = p.shift(share, places.number().share,
                              left      ? protocol::Shift::kLeft
                              : by_sign ? protocol::Shift::kRightArithmetic
                                        : protocol::Shift::kRightLogical);
  Arith shifted = co_await shifted_task;
  Value out = number(Fixed{shifted, 0}, result);
  if (!is_narrow(dtype) || (!left && is_signed(dtype) == as_signed)) co_return out;
  auto wrapped_task = wrapped(out);
  Value whole = co_await wrapped_task;
  co_return whole;
}

}  // namespace spud::ops
