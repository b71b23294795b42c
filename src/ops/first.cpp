// SPDX-License-Identifier: Apache-2.0
// The largest or smallest of a column, and where it stands.
#include <cmath>

#include "ops/machine.hpp"

namespace spud::ops {

using alu::Fixed;
using protocol::Arith;

namespace {

/// Whether element a comes before element b: frameworks let NaN win.
bool wins(const Literal& x, std::int64_t a, std::int64_t b, bool is_largest) {
  if (is_float(x.dtype())) {
    const double u = x.float_at(a), v = x.float_at(b);
    if (std::isnan(v)) return false;
    return std::isnan(u) || (is_largest ? u > v : u < v);
  }
  const std::int64_t u = x.int_at(a), v = x.int_at(b);
  if (x.dtype() == DType::kU64) {
    const auto s = static_cast<std::uint64_t>(u), t = static_cast<std::uint64_t>(v);
    return is_largest ? s > t : s < t;
  }
  return is_largest ? u > v : u < v;
}

std::vector<Value> public_first(const Literal& x, bool is_largest) {
  const std::int64_t rows = x.shape()[0], width = x.shape()[1];
  Literal value(TensorType{x.dtype(), {width}}), place(TensorType{DType::kS32, {width}});
  for (std::int64_t c = 0; c < width; ++c) {
    std::int64_t best = 0;
    for (std::int64_t r = 1; r < rows; ++r) {
      if (wins(x, r * width + c, best * width + c, is_largest)) best = r;
    }
    place.set_int(c, best);
    if (is_float(x.dtype())) {
      value.set_float(c, x.float_at(best * width + c));
    } else {
      value.set_int(c, x.int_at(best * width + c));
    }
  }
  return {Value::of(value), Value::of(place)};
}

}  // namespace

protocol::Task<std::vector<Value>> Machine::first(bool is_largest, Value x) {
  if (x.is_public()) co_return public_first(x.literal(), is_largest);
  const Fixed held = x.number();
  // Fixed-point numbers leave room for their differences, integers use the whole ring.
  const alu::Differences differences{held.ring_bits() + (is_float(x.type.dtype) ? 0 : 1),
                                     is_signed(x.type.dtype) || is_float(x.type.dtype)};
  const std::vector<Fixed> none;
  auto winner_task =
      is_largest ? alu_.first_largest(held, none, differences) : alu_.first_smallest(held, none, differences);
  alu::Winner winner = co_await winner_task;
  const Shape shape{x.type.shape[1]};
  Arith place = winner.place.share;
  if (place.ring_bits() > 32) place = alu_.protocol().narrow(place, 32);
  Value value = number(winner.value, {x.type.dtype, shape});
  value.signed_bits = x.signed_bits;
  std::vector<Value> out;
  out.push_back(value);
  out.push_back(number(Fixed{place, 0}, {DType::kS32, shape}));
  co_return out;
}

}  // namespace spud::ops
