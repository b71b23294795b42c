// SPDX-License-Identifier: Apache-2.0
// Conversions of secrets between element types.
#include "alu/encode_public.hpp"
#include "ops/integers.hpp"
#include "ops/machine.hpp"
#include "ring/map.hpp"

namespace spud::ops {

using alu::Fixed;
using alu::Range;
using protocol::Arith;
using protocol::Boolean;
using protocol::Started;
using ring::LinearMap;

namespace {

constexpr __int128 kOne = 1;

ring::Tensor everywhere(unsigned ring_bits, const Shape& shape, __int128 value) {
  return ring::map([value](auto z) { return decltype(z)(z + static_cast<decltype(z)>(value)); },
                   ring::Tensor::zeros(ring_bits, shape));
}

Range range_of_type(DType dtype) {
  return alu::range_of_width(bit_width(dtype) + (is_unsigned(dtype) ? 1 : 0), is_unsigned(dtype));
}

bool contains(const Range& outer, const Range& inner) {
  return outer.low <= inner.low && inner.high <= outer.high;
}

}  // namespace

protocol::Task<Value> Machine::convert(Value x, TensorType result) {
  auto& p = alu_.protocol();
  if (x.type.dtype == DType::kPred) {
    if (result.dtype == DType::kPred) co_return x;
    const auto to = alu::element_format(result.dtype, alu_.format());
    auto bit_task = p.to_arith(x.bits(), to.ring_bits);
    Arith bit = co_await bit_task;
    auto scaled_task = alu_.rescale(Fixed{bit, 0}, to.fraction_bits);
    Fixed scaled = co_await scaled_task;
    co_return number(scaled, result);
  }
  if (result.dtype == DType::kPred) {
    auto zero_task = alu_.is_zero(x.number(), x.signed_bits);
    Boolean zero = co_await zero_task;
    co_return Value{result, p.logical_not(zero)};
  }
  const bool from_real = is_float(x.type.dtype), to_real_number = is_float(result.dtype);
  if (from_real && to_real_number) co_return number(x.number(), result);  // all floats have one format
  auto out_task = from_real        ? to_integer(x, result)
                  : to_real_number ? to_real(x, result)
                                   : to_integer_of_other_width(x, result);
  Value out = co_await out_task;
  co_return out;
}

protocol::Task<Arith> Machine::in_ring(Arith x, unsigned ring_bits, unsigned width, bool is_signed) {
  auto& p = alu_.protocol();
  const unsigned k = x.ring_bits();
  if (k > ring_bits) co_return p.narrow(x, ring_bits);
  if (k == ring_bits) co_return x;
  // Up to a quarter of the ring.
  const bool is_small = width > 0 && width < k;
  auto wide_task = is_small ? p.widen_bounded(x, ring_bits) : p.widen(x, ring_bits, is_signed);
  Arith wide = co_await wide_task;
  co_return wide;
}

// ⌊x + [x < 0]·(1 − 2^−f)⌋ is x without its fraction. Below 0, the type's lowest and from its highest plus 1
// on, tests of one masked x tell.
protocol::Task<Value> Machine::to_integer(Value x, TensorType result) {
  auto& p = alu_.protocol();
  const Fixed a = x.number();
  const unsigned f = a.fraction_bits, k = a.ring_bits();
  const auto to = alu::element_format(result.dtype, alu_.format());
  const unsigned width = x.signed_bits > 0 ? x.signed_bits : k;
  const Range held =
      width < 128 ? alu::range_of_width(width, false) : Range{-(kOne << 126), (kOne << 126) - 1};
  const Range type = range_of_type(result.dtype);
  const __int128 low = type.low * (kOne << f), high = (type.high + 1) * (kOne << f);
  const bool may_be_negative = held.low < 0, may_be_low = held.low < low, may_be_high = high <= held.high;
  std::vector<__int128> thresholds;
  if (may_be_negative) thresholds.push_back(0);
  if (may_be_low && low != 0) thresholds.push_back(low);
  if (may_be_high) thresholds.push_back(high);

  std::optional<Boolean> negative, is_low, below_high;
  if (!thresholds.empty()) {
    // With a sign, what is rounded is not x; else it shares the mask.
    if (low == 0) {
      auto prepared_task = p.prepare(a.share);
      Arith prepared = co_await prepared_task;
    }
    auto less_task = p.less_than_public(a.share, thresholds, width);
    std::vector<Boolean> less = co_await less_task;
    std::size_t next = 0;
    if (may_be_negative) negative = less[next++];
    if (may_be_low) is_low = low != 0 ? less[next++] : *negative;
    if (may_be_high) below_high = less[next++];
  }
  Arith up = a.share;
  if (negative && low != 0) {
    auto bit_task = p.to_arith(*negative, k);
    Arith bit = co_await bit_task;
    const Arith almost_one = p.multiply_public(bit, everywhere(k, result.shape, (kOne << f) - 1));
    up = p.linear(LinearMap::of(LinearMap::Kind::kAdd), {up, almost_one});
  }
  auto whole_task = p.shift_right(up, f);
  Arith whole = co_await whole_task;
  if (is_low || below_high) {
    const Boolean inside = !is_low       ? *below_high
                           : !below_high ? p.logical_not(*is_low)
                                         : p.exclusive_or(*below_high, *is_low);
    Started<Arith> kept(alu_.executor(), p.mux(inside, whole));
    std::vector<Started<Arith>> ends;
    std::vector<__int128> values;
    if (is_low && low != 0) {
      ends.emplace_back(alu_.executor(), p.to_arith(*is_low, k));
      values.push_back(type.low);
    }
    if (below_high) {
      ends.emplace_back(alu_.executor(), p.to_arith(p.logical_not(*below_high), k));
      values.push_back(type.high);
    }
    whole = co_await kept;
    for (std::size_t i = 0; i < ends.size(); ++i) {
      Started<Arith>& started = ends[i];
      Arith bit = co_await started;
      const Arith end = p.multiply_public(bit, everywhere(k, result.shape, values[i]));
      whole = p.linear(LinearMap::of(LinearMap::Kind::kAdd), {whole, end});
    }
  }
  // A number without its fraction lies below a quarter of the ring.
  auto moved_task = in_ring(whole, to.ring_bits, k - 1, true);
  Arith moved = co_await moved_task;
  co_return number(Fixed{moved, 0}, result);
}

protocol::Task<Value> Machine::to_integer_of_other_width(Value x, TensorType result) {
  const DType from = x.type.dtype;
  const auto to = alu::element_format(result.dtype, alu_.format());
  auto moved_task = in_ring(x.number().share, to.ring_bits, x.signed_bits, is_signed(from));
  Arith moved = co_await moved_task;
  Value out = number(Fixed{moved, 0}, result);
  const Range held =
      x.signed_bits > 0 ? alu::range_of_width(x.signed_bits, is_unsigned(from)) : range_of_type(from);
  if (!is_narrow(result.dtype) || contains(range_of_type(result.dtype), held)) co_return out;
  auto wrapped_task = wrapped(out);
  Value whole = co_await wrapped_task;
  co_return whole;
}

// Encoding takes numbers up to 2^(k−2−f); what is larger is held there.
protocol::Task<Value> Machine::to_real(Value x, TensorType result) {
  auto& p = alu_.protocol();
  const DType from = x.type.dtype;
  const auto to = alu::element_format(result.dtype, alu_.format());
  Arith share = x.number().share;
  const unsigned k = share.ring_bits();
  const __int128 end = kOne << (to.ring_bits - 2 - to.fraction_bits);
  const bool is_known = x.signed_bits > 0;
  const Range held = is_known ? alu::range_of_width(x.signed_bits, is_unsigned(from)) : range_of_type(from);
  unsigned width = x.signed_bits;
  if (!contains({-end, end}, held)) {
    // An unsigned number of the whole ring that looks negative is large.
    const bool has_top = is_unsigned(from) && !is_known;
    const __int128 low = is_unsigned(from) ? 0 : -end;
    std::vector<__int128> thresholds{end + 1};
    const bool tests_low = has_top || held.low < low;
    if (tests_low) thresholds.push_back(low);
    auto less_task = p.less_than_public(share, thresholds, is_known ? width : k);
    std::vector<Boolean> less = co_await less_task;
    const Boolean inside = tests_low ? p.exclusive_or(less[0], less[1]) : less[0];
    Started<Arith> kept(alu_.executor(), p.mux(inside, share));
    Started<Arith> high(alu_.executor(), p.to_arith(p.logical_not(has_top ? inside : less[0]), k));
    std::optional<Started<Arith>> below;
    if (tests_low && !has_top) below.emplace(alu_.executor(), p.to_arith(less[1], k));
    share = co_await kept;
    Arith is_high = co_await high;
    share = p.linear(LinearMap::of(LinearMap::Kind::kAdd),
                     {share, p.multiply_public(is_high, everywhere(k, result.shape, end))});
    if (below) {
      Started<Arith>& started = *below;
      Arith is_below = co_await started;
      share = p.linear(LinearMap::of(LinearMap::Kind::kAdd),
                       {share, p.multiply_public(is_below, everywhere(k, result.shape, -end))});
    }
    width = alu::signed_bits({-end, end});
  }
  auto moved_task = in_ring(share, to.ring_bits, width, is_signed(from));
  Arith moved = co_await moved_task;
  auto scaled_task = alu_.rescale(Fixed{moved, 0}, to.fraction_bits);
  Fixed scaled = co_await scaled_task;
  co_return number(scaled, result);
}

}  // namespace spud::ops
