// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "alu/format.hpp"
#include "alu/pieces.hpp"
#include "base/literal.hpp"
#include "protocol/protocol.hpp"

namespace spud::alu {

using protocol::Arith;
using protocol::Boolean;
using protocol::Task;

/// A secret fixed-point or integer tensor: the number an element stands for is its signed ring element /
/// 2^fraction_bits.
struct Fixed {
  // Not an aggregate: g++ 12 destroys aggregate temporaries twice inside a co_await expression.
  Fixed(Arith s, unsigned f) : share(std::move(s)), fraction_bits(f) {}
  Arith share;
  unsigned fraction_bits;
  const Shape& shape() const { return share.shape(); }
  unsigned ring_bits() const { return share.ring_bits(); }
};

/// What is known of numbers that are compared with each other: the difference of any two lies in
/// [−2^(bits−1), 2^(bits−1)), with one bit more than their ring has where they use the whole of it.
struct Differences {
  unsigned bits;
  bool is_signed = true;  ///< how numbers that use the whole ring are read
};

struct ByDigit;

/// One of several numbers, what goes with it, and its place among them (an integer).
struct Winner {
  Winner(Fixed v, std::vector<Fixed> c, Fixed p)
      : value(std::move(v)), companions(std::move(c)), place(std::move(p)) {}
  Fixed value;
  std::vector<Fixed> companions;
  Fixed place;
};

/// Arithmetic of secret numbers, made of the protocol's steps: the same on every party and for every
/// protocol. Outside its domain a function's result is meaningless, and nothing notices (ref2k does where a
/// step leaves the ring).
///
/// Errors of the functions are against the exact function of the number as it is held, with ε = max(1e-5, 3 ·
/// 2^−f) for f fraction bits, and hold for the rings of 32, 64 and 128 bits with 8, 18 and 26 fraction bits;
/// tests/contract/accuracy_test.cpp measures them. `top` is 2^12, 2^26 or 2^34 in these rings: below it,
/// normalisation sees every bit of a number.
class Alu {
 public:
  Alu(protocol::Protocol& protocol, protocol::Executor& executor, NumberFormat format)
      : p_(protocol), executor_(executor), format_(format) {}

  protocol::Protocol& protocol() { return p_; }
  protocol::Executor& executor() { return executor_; }
  const NumberFormat& format() const { return format_; }

  // ---- local
  // ----------------------------------------------------------------------------------------------------------------------
  Fixed add(const Fixed& a, const Fixed& b);
  Fixed subtract(const Fixed& a, const Fixed& b);
  Fixed negate(const Fixed& a);
  Fixed add_scalar(const Fixed& a, double value);
  /// Times 2^by: exact while it fits the ring.
  Fixed shift_left(const Fixed& a, unsigned by);
  Fixed linear(const ring::LinearMap& map, std::vector<Fixed> operands);
  /// 2·b − 1, or any a·b + c with small integers, of a 0/1 number is left to callers.
  Fixed constant(const Shape& shape, unsigned ring_bits, unsigned fraction_bits, double value);

  // ---- interactive
  // ------------------------------------------------------------------------------------------------------------------
  /// To `fraction_bits`, rounding to a neighbour when bits are dropped.
  Task<Fixed> rescale(Fixed a, unsigned fraction_bits);
  Task<Fixed> multiply(Fixed a, Fixed b, unsigned result_fraction);
  // `width`: a number of which the sign is asked, be it a − b, lies in [−2^(width−1), 2^(width−1)); 0 if no
  // more is known than |a − b| < 2^(k−1), as always for fixed-point numbers. Fewer bits are compared then.
  Task<Boolean> negative(Fixed a, unsigned width = 0);
  Task<Boolean> is_zero(Fixed a, unsigned width = 0);
  /// negative() of a number that is used again: its whole mask serves now and then.
  Task<Boolean> negative_of_used(Fixed a, unsigned width = 0);
  Task<Boolean> less(Fixed a, Fixed b, unsigned width = 0);
  Task<Fixed> mux(Boolean b, Fixed a);
  Task<Fixed> select(Boolean b, Fixed on_true, Fixed on_false);
  Task<Fixed> maximum(Fixed a, Fixed b, unsigned width = 0);
  Task<Fixed> minimum(Fixed a, Fixed b, unsigned width = 0);
  Task<Fixed> absolute(Fixed a, unsigned width = 0);

  // Of numbers along the first dimension, at least one; in trees whose fan-in plan_tree() chooses.
  Task<Fixed> largest(Fixed x, Differences differences);
  Task<Fixed> smallest(Fixed x, Differences differences);
  /// … with its place, and with what has the same place in each companion (of x's ring and shape); of equals
  /// the first.
  Task<Winner> first_largest(Fixed x, std::vector<Fixed> companions, Differences differences);
  Task<Winner> first_smallest(Fixed x, std::vector<Fixed> companions, Differences differences);
  Task<Boolean> all_of(Boolean bits);
  Task<Boolean> any_of(Boolean bits);

  /// Between 2^index_bits of equal pieces of an interval, each with a polynomial (protocol's interpolate);
  /// the function's values are below 2^size_bits. With fraction bits of the caller's choice.
  Task<Fixed> piecewise(Arith u, Pieces pieces, RealFunction f, int size_bits, unsigned result_fraction);

  // ---- functions (device fraction bits in and out), one family a file. `width`: of x, 0 if it is not known.
  /// x ≤ 16 (8 in a ring of 32 bits), 0 below −38; error ≤ 2ε · max(1, e^x).
  Task<Fixed> exp(Fixed x) { return exp(x, 0); }
  Task<Fixed> exp(Fixed x, unsigned width);
  // All x, constant or x itself far out; error ≤ ε, of tanh and gelu 2ε.
  Task<Fixed> logistic(Fixed x) { return logistic(x, 0); }
  Task<Fixed> tanh(Fixed x) { return tanh(x, 0); }
  Task<Fixed> erf(Fixed x) { return erf(x, 0); }
  Task<Fixed> gelu(Fixed x) { return gelu(x, 0); }
  Task<Fixed> gelu_by_tanh(Fixed x) { return gelu_by_tanh(x, 0); }
  Task<Fixed> silu(Fixed x) { return silu(x, 0); }
  Task<Fixed> logistic(Fixed x, unsigned width);
  Task<Fixed> tanh(Fixed x, unsigned width);
  Task<Fixed> erf(Fixed x, unsigned width);
  Task<Fixed> gelu(Fixed x, unsigned width);          ///< x·Φ(x)
  Task<Fixed> gelu_by_tanh(Fixed x, unsigned width);  ///< its usual approximation
  Task<Fixed> silu(Fixed x, unsigned width);          ///< x·logistic(x); error ≤ 2ε · max(1, |x|)
  Task<Fixed> reciprocal(Fixed x) { return reciprocal(x, 0); }
  Task<Fixed> reciprocal(Fixed x,
                         unsigned width);  ///< 4 · 2^−f ≤ |x| < top; error ≤ ε · max(1, 1/|x|); of 0: 0
  /// |a| ≤ 2^22, 4 · 2^−f ≤ |b| < top, |a / b| ≤ 2^16 (2^9 and 2^8 in a ring of 32 bits); error ≤ ε · max(1,
  /// 1/|b|, |a / b|); by 0: 0.
  Task<Fixed> divide(Fixed a, Fixed b, unsigned width_of_b = 0);
  /// The same by a smaller tensor, whose dimension i is dimension dimensions[i] of a.
  Task<Fixed> divide_by_broadcast(Fixed a, Fixed b, std::vector<std::int64_t> dimensions,
                                  unsigned width_of_b);
  Task<Fixed> log(Fixed x) { return log(x, 0); }
  Task<Fixed> sqrt(Fixed x) { return sqrt(x, 0); }
  Task<Fixed> rsqrt(Fixed x) { return rsqrt(x, 0); }
  Task<Fixed> log(Fixed x, unsigned width);  ///< 0 < x < top; error ≤ ε; of 0: −40 (−20 in a ring of 32 bits)
  Task<Fixed> sqrt(Fixed x, unsigned width);   ///< 0 ≤ x < top; error ≤ ε · max(1, √x)
  Task<Fixed> rsqrt(Fixed x, unsigned width);  ///< 0 < x < top; error ≤ ε · max(1, 1/√x); of 0: 0
  Task<Fixed> cbrt(Fixed x);                   ///< |x| < top; error ≤ ε · max(1, ∛|x|)
  // |x| ≤ 2^12 (2^4 in a ring of 32 bits); error ≤ 2ε, of the tangent relative to max(1, tan² x).
  Task<Fixed> sin(Fixed x);
  Task<Fixed> cos(Fixed x);
  Task<Fixed> tan(Fixed x);
  /// |x|, |y| < top; error ≤ 3ε; of two zeros: 0.
  Task<Fixed> atan2(Fixed y, Fixed x);
  /// |a|^b as e^(b · ln |a|), negative for a negative a if `b_is_odd`: for all b, or a bit each.
  Task<Fixed> power(Fixed a, Fixed b);
  /// x^n by squaring, of 1/x for negative n.
  Task<Fixed> integer_power(Fixed x, std::int64_t n);
  /// a − trunc(a / b)·b, exact, where |a / b| ≤ 2^16; by 0: a.
  Task<Fixed> remainder(Fixed a, Fixed b);
  Task<Fixed> round_half_away(Fixed x);
  Task<Fixed> round_half_even(Fixed x);

 private:
  /// What a sigmoid is far out: below −reach and from reach on.
  struct Ends;
  Task<Fixed> saturating(Fixed x, unsigned width, unsigned multiple, Pieces pieces, RealFunction f,
                         Ends ends);
  Task<Fixed> sine_of(Fixed x, RealFunction f);
  /// a / b for 0 ≤ a ≤ b < top.
  Task<Fixed> ratio(Fixed a, Fixed b);
  /// |x| and the sign, of a number that is masked.
  struct Magnitude;
  Task<Magnitude> magnitude(Fixed x);
  Task<Fixed> with_sign(Boolean negative, Fixed magnitude);
  /// A number by its topmost digit and the rest: what division, logarithm and roots share (normal.hpp).
  struct Normal;
  enum class Sign : std::uint8_t;
  /// A tree of comparisons (largest.cpp) and its steps.
  enum class Places : std::uint8_t { kNone, kNew, kCarried };
  struct Contest;
  Task<Contest> contest(Arith keys, Differences differences);
  Task<std::vector<Arith>> winners(std::vector<Arith> rows, unsigned fan_in, Differences differences,
                                   Places places);
  Task<std::vector<Arith>> tournament(std::vector<Arith> x, Differences differences, Places places);
  Task<Winner> first(Fixed x, std::vector<Fixed> companions, Differences differences, bool is_flipped);
  Fixed flipped(const Fixed& x, Differences differences);

  /// |x| < 2^normal_bits(). `width`: of x, 0 if it is not known; `wanted`: by the topmost digit, numbers that
  /// are wanted besides.
  Task<Normal> normalise(Fixed x, unsigned width, Sign sign, std::vector<ByDigit> wanted);
  Task<Fixed> of_mantissa(const Normal& normal, RealFunction f, unsigned result_fraction);
  Task<Fixed> root(Fixed x, unsigned width, Sign sign, RealFunction f, ByDigit powers, unsigned scale);

  protocol::Protocol& p_;
  protocol::Executor& executor_;
  NumberFormat format_;
};

}  // namespace spud::alu
