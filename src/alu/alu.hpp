// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "alu/format.hpp"
#include "base/literal.hpp"
#include "protocol/protocol.hpp"

namespace spud::alu {

using protocol::Arith;
using protocol::Boolean;
using protocol::Task;

/// A secret fixed-point or integer tensor: the number an element stands for is its signed ring element / 2^fraction_bits.
struct Fixed {
  // Not an aggregate: g++ 12 destroys aggregate temporaries twice inside a co_await expression.
  Fixed(Arith s, unsigned f) : share(std::move(s)), fraction_bits(f) {}
  Arith share;
  unsigned fraction_bits;
  const Shape& shape() const { return share.shape(); }
  unsigned ring_bits() const { return share.ring_bits(); }
};

/// Arithmetic of secret numbers, made of the protocol's steps: the same on every party and for every protocol. Largest errors of the functions
/// are for ring 64 with 18 fraction bits and are measured by alu/functions_test.cpp; outside its domain a function's result is
/// meaningless, and nothing notices.
class Alu {
 public:
  Alu(protocol::Protocol& protocol, protocol::Executor& executor, NumberFormat format)
      : p_(protocol), executor_(executor), format_(format) {}

  protocol::Protocol& protocol() { return p_; }
  protocol::Executor& executor() { return executor_; }
  const NumberFormat& format() const { return format_; }

  // ---- local ----------------------------------------------------------------------------------------------------------------------
  Fixed add(const Fixed& a, const Fixed& b);
  Fixed subtract(const Fixed& a, const Fixed& b);
  Fixed negate(const Fixed& a);
  Fixed add_scalar(const Fixed& a, double value);
  /// Times 2^by: exact while it fits the ring.
  Fixed shift_left(const Fixed& a, unsigned by);
  Fixed linear(const ring::LinearMap& map, std::vector<Fixed> operands);
  /// 2·b − 1, or any a·b + c with small integers, of a 0/1 number is left to callers.
  Fixed constant(const Shape& shape, unsigned ring_bits, unsigned fraction_bits, double value);

  // ---- interactive ------------------------------------------------------------------------------------------------------------------
  /// To `fraction_bits`, rounding to a neighbour when bits are dropped.
  Task<Fixed> rescale(Fixed a, unsigned fraction_bits);
  Task<Fixed> multiply(Fixed a, Fixed b, unsigned result_fraction);
  Task<Boolean> less(Fixed a, Fixed b);  ///< |a − b| < 2^(k − 1), as always for fixed-point numbers
  Task<Fixed> mux(Boolean b, Fixed a);
  Task<Fixed> select(Boolean b, Fixed on_true, Fixed on_false);
  Task<Fixed> maximum(Fixed a, Fixed b);
  Task<Fixed> minimum(Fixed a, Fixed b);
  Task<Fixed> absolute(Fixed a);

  /// Σ coefficients[i] · x^i for |x| ≤ 1, powers in a tree so that rounds grow with the logarithm of the degree.
  Task<Fixed> polynomial(Fixed x, std::vector<double> coefficients, unsigned result_fraction);

  // ---- functions (device fraction bits in and out) ------------------------------------------------------------------------------------
  Task<Fixed> exp(Fixed x);         ///< x ≤ 16, 0 below −38; error ≤ 1e-4 · max(1, e^x)
  Task<Fixed> logistic(Fixed x);    ///< all x; error ≤ 5e-5
  Task<Fixed> tanh(Fixed x);        ///< all x; error ≤ 1e-4
  Task<Fixed> reciprocal(Fixed x);  ///< 2^−14 ≤ |x| ≤ 2^25; error ≤ 2e-5 · max(1, 1/|x|)
  Task<Fixed> divide(Fixed a, Fixed b);  ///< |a| ≤ 2^22, 2^−14 ≤ |b| ≤ 2^25, |a / b| ≤ 2^16
  Task<Fixed> log(Fixed x);         ///< 0 < x ≤ 2^25; error ≤ 5e-5 for x ≥ 2^−10
  Task<Fixed> sqrt(Fixed x);        ///< 0 ≤ x ≤ 2^25; error ≤ 2e-5 · max(1, √x)
  Task<Fixed> rsqrt(Fixed x);       ///< 2^−14 ≤ x ≤ 2^25; error ≤ 2e-5 · max(1, 1/√x)

 private:
  /// x = ±mantissa · 2^exponent with mantissa in [1/2, 1): what division, logarithm and roots share.
  struct Normal;
  Task<Normal> normalise(Fixed x, std::vector<std::vector<std::int64_t>> weights, bool is_signed);

  protocol::Protocol& p_;
  protocol::Executor& executor_;
  NumberFormat format_;
};

}  // namespace spud::alu
