// SPDX-License-Identifier: Apache-2.0
#include "alu/alu.hpp"
#include "alu/encode_public.hpp"

namespace spud::alu {

using ring::LinearMap;
using Kind = LinearMap::Kind;

Fixed Alu::add(const Fixed& a, const Fixed& b) {
  SPUD_CHECK(a.fraction_bits == b.fraction_bits, "terms agree in scale");
  return {p_.linear(LinearMap::of(Kind::kAdd), {a.share, b.share}), a.fraction_bits};
}
Fixed Alu::subtract(const Fixed& a, const Fixed& b) {
  SPUD_CHECK(a.fraction_bits == b.fraction_bits, "terms agree in scale");
  return {p_.linear(LinearMap::of(Kind::kSubtract), {a.share, b.share}), a.fraction_bits};
}
Fixed Alu::negate(const Fixed& a) {
  return {p_.linear(LinearMap::of(Kind::kNegate), {a.share}), a.fraction_bits};
}

namespace {

ring::Tensor filled(const Shape& shape, unsigned ring_bits, unsigned fraction_bits, double value) {
  auto one = encode_public(Literal::scalar(DType::kF64, value), ring_bits, fraction_bits);
  SPUD_CHECK(one.has_value(), "our own constants are numbers");
  return ring::apply_linear(LinearMap::broadcast(shape, {}), std::span(&*one, 1));
}

}  // namespace

Fixed Alu::add_scalar(const Fixed& a, double value) {
  return {p_.add_public(a.share, filled(a.shape(), a.ring_bits(), a.fraction_bits, value)), a.fraction_bits};
}
Fixed Alu::constant(const Shape& shape, unsigned ring_bits, unsigned fraction_bits, double value) {
  return {p_.constant(filled(shape, ring_bits, fraction_bits, value)), fraction_bits};
}
Fixed Alu::shift_left(const Fixed& a, unsigned by) {
  if (by == 0) return a;
  return {p_.linear(LinearMap::shift_left(by), {a.share}), a.fraction_bits};
}
Fixed Alu::linear(const LinearMap& map, std::vector<Fixed> operands) {
  std::vector<Arith> shares;
  for (const auto& x : operands) shares.push_back(x.share);
  return {p_.linear(map, std::move(shares)), operands[0].fraction_bits};
}

Task<Fixed> Alu::rescale(Fixed a, unsigned fraction_bits) {
  if (a.fraction_bits < fraction_bits) {
    co_return Fixed{p_.linear(LinearMap::shift_left(fraction_bits - a.fraction_bits), {a.share}),
                    fraction_bits};
  }
  auto share_task = p_.truncate(a.share, a.fraction_bits - fraction_bits);
  Arith share = co_await share_task;
  co_return Fixed{share, fraction_bits};
}

Task<Fixed> Alu::multiply(Fixed a, Fixed b, unsigned result_fraction) {
  auto product_task = p_.multiply(a.share, b.share);
  Arith product = co_await product_task;
  auto result_task = rescale(Fixed{product, a.fraction_bits + b.fraction_bits}, result_fraction);
  Fixed result = co_await result_task;
  co_return result;
}

Task<Boolean> Alu::negative(Fixed a, unsigned width) {
  return width == 0 ? p_.negative(a.share) : p_.negative(a.share, width);
}

Task<Boolean> Alu::is_zero(Fixed a, unsigned width) {
  return width == 0 ? p_.is_zero(a.share) : p_.is_zero(a.share, width);
}

Task<Boolean> Alu::negative_of_used(Fixed a, unsigned width) {
  auto whole_task = p_.prepare(a.share);
  Arith whole = co_await whole_task;
  auto result_task = negative(a, width);
  Boolean result = co_await result_task;
  co_return result;
}

Task<Boolean> Alu::less(Fixed a, Fixed b, unsigned width) {
  auto result_task = negative(subtract(a, b), width);
  Boolean result = co_await result_task;
  co_return result;
}

Task<Fixed> Alu::mux(Boolean b, Fixed a) {
  auto share_task = p_.mux(b, a.share);
  Arith share = co_await share_task;
  co_return Fixed{share, a.fraction_bits};
}

Task<Fixed> Alu::select(Boolean b, Fixed on_true, Fixed on_false) {
  auto change_task = mux(b, subtract(on_true, on_false));
  Fixed change = co_await change_task;
  co_return add(on_false, change);
}

// a < b moves a by b − a; the comparison and the product share the mask of a − b.
Task<Fixed> Alu::maximum(Fixed a, Fixed b, unsigned width) {
  Fixed difference = subtract(a, b);
  auto below_task = negative_of_used(difference, width);
  Boolean below = co_await below_task;
  auto move_task = mux(below, difference);
  Fixed move = co_await move_task;
  co_return subtract(a, move);
}
Task<Fixed> Alu::minimum(Fixed a, Fixed b, unsigned width) {
  Fixed difference = subtract(a, b);
  auto below_task = negative_of_used(difference, width);
  Boolean below = co_await below_task;
  auto move_task = mux(below, difference);
  Fixed move = co_await move_task;
  co_return add(b, move);
}
Task<Fixed> Alu::absolute(Fixed a, unsigned width) {
  auto below_task = negative_of_used(a, width);
  Boolean below = co_await below_task;
  auto part_task = mux(below, a);
  Fixed part = co_await part_task;
  co_return subtract(a, shift_left(part, 1));
}

}  // namespace spud::alu
