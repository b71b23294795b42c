// SPDX-License-Identifier: Apache-2.0
// Quotient and remainder of secret integers, exactly, toward zero; of a divisor 0 the quotient has all bits
// set and the dividend remains, and the lowest number divided by −1 wraps, as XLA has it.
//
// With magnitudes N, D < 2^W in a ring of twice as many bits or more, and a reciprocal of D that is off by a
// factor 1 ± ε:
//   1 q1 ≈ N/D, off by at most N/D·ε and a few; r1 = N − q1·D. Not where q1 is near enough for the last step.
//   2 q2 ≈ r1/D, moved down by a little, so that it is never more than r1/D before it is rounded.
//   3 what remains lies in [−D, 2D): two comparisons tell by how much q1 + q2 is off.
// ε is below 4e-6 in a ring of 64 bits: polynomials between pieces of the divisor's mantissa, with 24
// fraction bits. A step of Newton's squares it in the ring of 128. Of public divisors the reciprocals are
// public numbers.
#include <algorithm>
#include <bit>

#include "alu/encode_public.hpp"
#include "ops/integers.hpp"
#include "ops/machine.hpp"
#include "ring/map.hpp"

namespace spud::ops {

using alu::Fixed;
using protocol::Arith;
using protocol::Boolean;
using protocol::Started;
using ring::LinearMap;
using Kind = LinearMap::Kind;

namespace {

constexpr __int128 kOne = 1;

/// 1/mantissa of mantissas in [1/2, 1); the neighbour above the last is told as t of 1 + t.
double inverse(double mantissa) {
  return 1 / (mantissa < 0.25 ? 1 + mantissa : mantissa);
}

/// How numbers below 2^bits are divided.
struct Widths {
  unsigned bits;        ///< W: whole digits, 8 or more
  unsigned ring;        ///< 64 up to W = 32, else 128
  unsigned polynomial;  ///< fraction bits of the polynomials
  unsigned inverse;     ///< fraction bits of the mantissa's reciprocal
  bool is_public;       ///< the divisor

  bool takes_newton() const { return inverse != polynomial; }
  /// 2^room is a bound of what is multiplied, well within the ring.
  unsigned room() const { return ring - 3; }
  /// The first quotient needs no second.
  bool is_near() const { return bits <= (is_public ? ring / 2 - 4 : ring == 64 ? 16 : 0); }
  /// Fraction bits of 1/D for N, and for what remains of it: |r1| < 2^left·D.
  unsigned first() const { return std::min(room() - bits, whole()); }
  unsigned second() const { return std::min(room() - left(), whole()); }

 private:
  unsigned whole() const { return is_public ? 2 * ring : inverse + bits; }
  unsigned left() const {
    if (is_public) return 5;
    const unsigned sure = ring == 64 ? 16 : 34;  // bits of 1/ε, and one or two
    return bits > sure + 5 ? bits - sure : 5;
  }
};
Widths widths(unsigned bits, bool is_public) {
  bits = std::max(8u, (bits + 3) / 4 * 4);
  if (bits <= 32) return {bits, 64, 24, 24, is_public};
  return {bits, 128, 40, 60, is_public};
}

/// Bits that the magnitude of any element takes.
unsigned magnitude_bits(const Value& x) {
  if (!x.is_public() && x.signed_bits == 0) return bit_width(x.type.dtype);
  const alu::ElementFormat format{.boolean = false, .ring_bits = 64, .fraction_bits = 0};
  const auto range = known_range(x, format);
  if (!range) return 1;  // no elements
  const auto size = alu::absolute(*range);
  return alu::signed_bits({0, size->high}) - 1;
}

/// s and whether the sign is −, if every element is ±2^s alike.
std::optional<std::pair<unsigned, bool>> repeated_power(const Literal& x) {
  if (x.elements() == 0) return std::nullopt;
  for (std::int64_t i = 1; i < x.elements(); ++i) {
    if (x.int_at(i) != x.int_at(0)) return std::nullopt;
  }
  const bool negative = is_signed(x.dtype()) && x.int_at(0) < 0;
  const auto bits = static_cast<std::uint64_t>(x.int_at(0));
  const std::uint64_t size = negative ? std::uint64_t{0} - bits : bits;
  if (!std::has_single_bit(size)) return std::nullopt;
  return std::pair(static_cast<unsigned>(std::countr_zero(size)), negative);
}

ring::Tensor everywhere(unsigned ring_bits, const Shape& shape, __int128 value) {
  return ring::map([value](auto z) { return decltype(z)(z + static_cast<decltype(z)>(value)); },
                   ring::Tensor::zeros(ring_bits, shape));
}

/// A function of each element's magnitude and sign.
template <class F>
ring::Tensor of_elements(const Literal& x, unsigned ring_bits, F&& f) {
  ring::Tensor out = ring::Tensor::uninitialised(ring_bits, x.shape());
  ring::with_ring(ring_bits, [&]<class R>(R) {
    using Word = typename R::Word;
    Word* to = out.template writable<Word>();
    for (std::int64_t i = 0; i < x.elements(); ++i) {
      const std::int64_t n = x.int_at(i);
      const bool negative = is_signed(x.dtype()) && n < 0;
      const auto bits = static_cast<std::uint64_t>(n);
      to[i] = static_cast<Word>(f(negative ? std::uint64_t{0} - bits : bits, negative));
    }
  });
  return out;
}

}  // namespace

/// |x| in a ring, and whether x is below 0 where that is secret.
struct Machine::Magnitude {
  Magnitude(Arith s, std::optional<Boolean> n) : size(std::move(s)), negative(std::move(n)) {}
  Arith size;
  std::optional<Boolean> negative;
};

/// What divides: of a secret divisor all but `number` is made of shares.
struct Machine::Divisor {
  explicit Divisor(ring::Tensor zeros) : first_open(zeros), second_open(zeros), size_open(std::move(zeros)) {}
  std::optional<Arith> size, first, second;
  std::optional<Arith> is_there;  ///< 0 where the divisor is, else 1
  ring::Tensor first_open, second_open, size_open;
  bool is_open() const { return !size.has_value(); }
};

protocol::Task<Machine::Magnitude> Machine::magnitude(Value x, unsigned ring_bits) {
  auto& p = alu_.protocol();
  const Arith share = x.number().share;
  const unsigned k = share.ring_bits();
  const bool has_sign = is_signed(x.type.dtype);
  std::optional<Started<Boolean>> sign;
  if (has_sign) {
    // The sign and the wider number share a mask.
    if (x.signed_bits == 0 || x.signed_bits >= k) {
      auto prepared_task = p.prepare(share);
      Arith prepared = co_await prepared_task;
    }
    sign.emplace(alu_.executor(), alu_.negative(x.number(), x.signed_bits));
  }
  auto wide_task = in_ring(share, ring_bits, x.signed_bits, has_sign);
  Arith wide = co_await wide_task;
  if (!has_sign) co_return Magnitude(wide, std::nullopt);
  Started<Boolean>& started = *sign;
  Boolean negative = co_await started;
  auto size_task = with_sign(negative, wide);
  Arith size = co_await size_task;
  co_return Magnitude(size, negative);
}

protocol::Task<Arith> Machine::with_sign(Boolean negative, Arith x) {
  auto& p = alu_.protocol();
  auto part_task = p.mux(negative, x);
  Arith part = co_await part_task;
  co_return p.linear(LinearMap::of(Kind::kSubtract), {x, p.linear(LinearMap::shift_left(1), {part})});
}

// With P = 2^(W−1−j) for the leading one j, D·P is the mantissa with W fraction bits, and 1/D = P/(D·P). Of a
// divisor 0, P is 0 and the mantissa is put to 1/2.
protocol::Task<Machine::Divisor> Machine::secret_divisor(Arith size, unsigned bits) {
  auto& p = alu_.protocol();
  const Widths w = widths(bits, false);
  const unsigned r = w.ring;
  // 2^(W−1) does not fit a weight if W = 64: half of P, and what is lost of it.
  std::vector<std::vector<std::int64_t>> weights(3, std::vector<std::int64_t>(w.bits, 0));
  for (unsigned j = 0; j + 1 < w.bits; ++j) weights[0][j] = std::int64_t{1} << (w.bits - 2 - j);
  weights[1].back() = 1;
  weights[2].assign(w.bits, 1);
  auto leads_task = p.leading_one(size, w.bits, weights);
  std::vector<Arith> leads = co_await leads_task;
  const Arith power =
      p.linear(LinearMap::of(Kind::kAdd), {p.linear(LinearMap::shift_left(1), {leads[0]}), leads[1]});
  auto scaled_task = p.multiply(size, power);
  Arith scaled = co_await scaled_task;
  const Arith half = p.linear(LinearMap::shift_left(w.bits - 1), {leads[2]});
  scaled = p.add_public(p.linear(LinearMap::of(Kind::kSubtract), {scaled, half}),
                        everywhere(r, size.shape(), kOne << (w.bits - 1)));
  const alu::Pieces pieces{
      .fraction_bits = w.bits, .width = w.bits, .index_bits = 8, .degree = 2, .is_signed = false};
  auto inverse_task = alu_.piecewise(scaled, pieces, inverse, 2, w.polynomial);
  Fixed inverted = co_await inverse_task;
  if (w.takes_newton()) {
    // x·(2 − d·x)
    auto product_task = p.multiply(scaled, inverted.share);
    Arith product = co_await product_task;
    auto near_one_task = p.truncate(product, w.bits + w.polynomial - w.inverse);
    Arith near_one = co_await near_one_task;
    const Arith rest = p.add_public(p.linear(LinearMap::of(Kind::kNegate), {near_one}),
                                    everywhere(r, size.shape(), kOne << (w.inverse + 1)));
    auto better_task = alu_.multiply(inverted, Fixed{rest, w.inverse}, w.inverse);
    Fixed better = co_await better_task;
    inverted = better;
  }
  auto whole_task = p.multiply(inverted.share, power);
  Arith whole = co_await whole_task;
  Divisor out(ring::Tensor::zeros(r, size.shape()));
  out.size = size;
  out.is_there = leads[2];
  if (!w.is_near()) {
    auto prepared_task = p.prepare(whole);  // both are truncated from one mask
    Arith prepared = co_await prepared_task;
    auto second_task = p.truncate(whole, w.inverse + w.bits - w.second());
    Arith second = co_await second_task;
    out.second = second;
  }
  auto first_task = p.truncate(whole, w.inverse + w.bits - w.first());
  Arith first = co_await first_task;
  out.first = first;
  co_return out;
}

Machine::Divisor Machine::public_divisor(const Literal& x, unsigned bits) {
  const Widths w = widths(bits, true);
  // A divisor 0 is put right at the end.
  const auto inverse = [&](unsigned fraction) {
    return of_elements(x, w.ring, [=](std::uint64_t size, bool) {
      return (static_cast<unsigned __int128>(1) << fraction) / std::max<std::uint64_t>(size, 1);
    });
  };
  Divisor out(ring::Tensor::zeros(w.ring, x.shape()));
  out.first_open = inverse(w.first());
  out.second_open = inverse(w.second());
  out.size_open =
      of_elements(x, w.ring, [](std::uint64_t size, bool) { return std::max<std::uint64_t>(size, 1); });
  return out;
}

protocol::Task<Arith> Machine::times_divisor(Arith x, std::optional<Arith> secret, ring::Tensor open) {
  auto& p = alu_.protocol();
  if (!secret) co_return p.multiply_public(x, open);
  const Arith& factor = *secret;
  auto product_task = p.multiply(x, factor);
  Arith product = co_await product_task;
  co_return product;
}

protocol::Task<Arith> Machine::divide_magnitudes(Arith n, Divisor d, unsigned bits, bool wants_remainder) {
  auto& p = alu_.protocol();
  const Widths w = widths(bits, d.is_open());
  const unsigned r = w.ring;
  const Shape shape = n.shape();
  const auto subtract = [&](const Arith& a, const Arith& b) {
    return p.linear(LinearMap::of(Kind::kSubtract), {a, b});
  };
  const auto add = [&](const Arith& a, const Arith& b) {
    return p.linear(LinearMap::of(Kind::kAdd), {a, b});
  };
  Arith rest = n;
  std::optional<Arith> quotient;
  const unsigned steps = w.is_near() ? 1 : 2;
  for (unsigned step = 0; step < steps; ++step) {
    const bool is_first = step == 0, is_last = step + 1 == steps;
    const unsigned fraction = is_first ? w.first() : w.second();
    auto product_task =
        times_divisor(rest, is_first ? d.first : d.second, is_first ? d.first_open : d.second_open);
    Arith product = co_await product_task;
    if (is_last) {
      // More than the error, and less than a half: 5/16 of one step, 1/8 of the second.
      const __int128 down = is_first ? (kOne << fraction) * 5 / 16 : (kOne << fraction) / 8;
      product = p.add_public(product, everywhere(r, shape, -down));
    }
    auto part_task = p.truncate(product, fraction);
    Arith part = co_await part_task;
    auto taken_task = times_divisor(part, d.size, d.size_open);
    Arith taken = co_await taken_task;
    rest = subtract(rest, taken);
    quotient = quotient ? add(*quotient, part) : part;
  }
  const Arith above =
      d.size ? subtract(rest, *d.size)
             : p.add_public(rest, ring::map([](auto v) { return decltype(v)(-v); }, d.size_open));
  Started<Boolean> rest_started(alu_.executor(), p.negative(rest, w.bits + 2)),
      above_started(alu_.executor(), p.negative(above, w.bits + 2));
  Boolean is_below = co_await rest_started;
  Boolean is_inside = co_await above_started;
  const Boolean is_above = p.logical_not(is_inside);
  if (!wants_remainder) {
    Started<Arith> less_started(alu_.executor(), p.to_arith(is_below, r)),
        more_started(alu_.executor(), p.to_arith(is_above, r));
    Arith less = co_await less_started;
    Arith more = co_await more_started;
    co_return add(subtract(*quotient, less), more);
  }
  const Arith divisor = d.size ? *d.size : p.constant(d.size_open);
  Started<Arith> less_started(alu_.executor(), times_bit(is_below, divisor, d.is_open(), d.size_open)),
      more_started(alu_.executor(), times_bit(is_above, divisor, d.is_open(), d.size_open));
  Arith less = co_await less_started;
  Arith more = co_await more_started;
  co_return subtract(add(rest, less), more);
}

protocol::Task<Arith> Machine::times_bit(Boolean bit, Arith x, bool is_open, ring::Tensor open) {
  auto& p = alu_.protocol();
  if (is_open) {
    auto word_task = p.to_arith(bit, x.ring_bits());
    Arith word = co_await word_task;
    co_return p.multiply_public(word, open);
  }
  auto product_task = p.mux(bit, x);
  Arith product = co_await product_task;
  co_return product;
}

// By ±2^s: ⌊(x + [x < 0]·(2^s − 1)) / 2^s⌋ is x / 2^s toward zero.
protocol::Task<Value> Machine::divide_by_power(Opcode opcode, Value x, unsigned places, bool is_negative,
                                               TensorType result) {
  auto& p = alu_.protocol();
  const unsigned k = x.number().ring_bits();
  const bool has_sign = is_signed(result.dtype);
  if (!has_sign) {
    auto out_task = opcode == Opcode::kDivide
                        ? shift_by(Opcode::kShiftRightLogical, x, places, result)
                        : masked_by(x, (static_cast<unsigned __int128>(1) << places) - 1, result);
    Value out = co_await out_task;
    co_return out;
  }
  Value up = x;
  if (places > 0) {
    auto sign_task = alu_.negative(x.number(), x.signed_bits);
    Boolean sign = co_await sign_task;
    auto bit_task = p.to_arith(sign, k);
    Arith bit = co_await bit_task;
    const Arith most = p.multiply_public(bit, everywhere(k, result.shape, (kOne << places) - 1));
    up = number(Fixed{p.linear(LinearMap::of(Kind::kAdd), {x.number().share, most}), 0}, result);
    // Below zero it moves up by less than 2^places, and may pass zero by that much.
    const unsigned bits = std::max(x.signed_bits, places + 1);
    up.signed_bits = x.signed_bits > 0 && bits < k ? bits : 0;
  }
  auto shifted_task = shift_by(Opcode::kShiftRightArithmetic, up, places, result);
  Value quotient = co_await shifted_task;
  if (opcode == Opcode::kRemainder) {
    co_return number(alu_.subtract(x.number(), alu_.shift_left(quotient.number(), places)), result);
  }
  if (!is_negative) co_return quotient;
  Value turned = number(alu_.negate(quotient.number()), result);
  // The lowest number by −1.
  if (!is_narrow(result.dtype) || places > 0) co_return turned;
  auto wrapped_task = wrapped(turned);
  Value in_type = co_await wrapped_task;
  co_return in_type;
}

protocol::Task<Value> Machine::divide_integers(Opcode opcode, Value a, Value b, TensorType result) {
  auto& p = alu_.protocol();
  if (const auto power = b.is_public() ? repeated_power(b.literal()) : std::nullopt) {
    auto out_task = divide_by_power(opcode, a, power->first, power->second, result);
    Value out = co_await out_task;
    co_return out;
  }
  const bool wants_remainder = opcode == Opcode::kRemainder, has_sign = is_signed(result.dtype);
  const unsigned k = alu::element_format(result.dtype, alu_.format()).ring_bits;
  const unsigned bits = std::max(magnitude_bits(a), magnitude_bits(b));
  const Widths w = widths(bits, b.is_public());
  auto dividend = as_secret(a);
  SPUD_CHECK(dividend.has_value(), "integers can be shared");
  const Value whole = *dividend;
  Started<Magnitude> n_started(alu_.executor(), magnitude(whole, w.ring));
  std::optional<Boolean> divisor_sign;
  std::optional<Divisor> divisor;
  if (b.is_public()) {
    divisor = public_divisor(b.literal(), bits);
  } else {
    auto size_task = magnitude(b, w.ring);
    Magnitude size = co_await size_task;
    divisor_sign = size.negative;
    auto divisor_task = secret_divisor(size.size, bits);
    Divisor made = co_await divisor_task;
    divisor = std::move(made);
  }
  Magnitude n = co_await n_started;
  auto out_task = divide_magnitudes(n.size, *divisor, bits, wants_remainder);
  Arith found = co_await out_task;
  Arith out = p.narrow(found, k);
  if (wants_remainder) {
    if (has_sign) {
      auto signed_task = with_sign(*n.negative, out);
      Arith turned = co_await signed_task;
      out = turned;
    }
    if (b.is_public()) {
      // Divided by 1 in place of 0, nothing remained.
      const ring::Tensor is_zero =
          of_elements(b.literal(), k, [](std::uint64_t size, bool) { return size == 0; });
      out = p.linear(LinearMap::of(Kind::kAdd), {out, p.multiply_public(whole.number().share, is_zero)});
    }
    co_return number(Fixed{out, 0}, result);
  }
  if (has_sign) {
    Boolean sign = *n.negative;
    if (divisor_sign) {
      sign = p.exclusive_or(sign, *divisor_sign);
    }
    auto signed_task = with_sign(sign, out);
    Arith turned = co_await signed_task;
    out = turned;
  }
  // (q − ones)·[d ≠ 0] + ones
  const __int128 ones = is_narrow(result.dtype) && !has_sign ? (kOne << bit_width(result.dtype)) - 1 : -kOne;
  if (b.is_public()) {
    const ring::Tensor turn = of_elements(b.literal(), k, [](std::uint64_t size, bool negative) {
      return size == 0 ? __int128{0} : negative ? -kOne : kOne;
    });
    const ring::Tensor rest = of_elements(
        b.literal(), k, [ones](std::uint64_t size, bool) { return size == 0 ? ones : __int128{0}; });
    out = p.add_public(p.multiply_public(out, turn), rest);
  } else {
    const Arith above = p.add_public(out, everywhere(k, result.shape, -ones));
    const Arith is_there = p.narrow(*divisor->is_there, k);
    auto product_task = p.multiply(above, is_there);
    Arith product = co_await product_task;
    out = p.add_public(product, everywhere(k, result.shape, ones));
  }
  Value last = number(Fixed{out, 0}, result);
  if (!has_sign || !is_narrow(result.dtype)) co_return last;
  // The lowest number by −1.
  auto wrapped_task = wrapped(last);
  Value in_type = co_await wrapped_task;
  co_return in_type;
}

}  // namespace spud::ops
