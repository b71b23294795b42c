// SPDX-License-Identifier: Apache-2.0
// Functions that are constant, or the identity, far from zero: pieces of an interval around it, and two
// comparisons for what lies beyond. All of it shares the mask of x.
#include <algorithm>
#include <cmath>

#include "alu/alu.hpp"
#include "base/elementary.hpp"

namespace spud::alu {

using protocol::Started;
using ring::LinearMap;

struct Alu::Ends {
  double reach;  ///< from here on the function is its limit but for less than ε
  double low;    ///< limit below
  double high;   ///< limit above, unless that is x itself
  bool is_x = false;
  int size_bits = 1;  ///< of the function between
};

// x < T in the interval, [x < −T] never where not [x < T]: high + [x < T]·(f − high) + [x < −T]·(low − f).
Task<Fixed> Alu::saturating(Fixed x, unsigned width, unsigned multiple, Pieces pieces, RealFunction f,
                            Ends ends) {
  const unsigned fraction = x.fraction_bits;
  pieces.fraction_bits = fraction;
  const auto reach = static_cast<__int128>(std::ldexp(ends.reach, static_cast<int>(fraction)));
  if (width == 0) width = x.ring_bits();
  const bool is_inside = width <= 64 && (__int128{1} << (width - 1)) <= reach;
  auto masked_task = p_.prepare(x.share);
  Arith masked = co_await masked_task;
  // Whole multiples of x have multiples of its mask.
  Arith u = masked;
  for (unsigned bit = 1; bit < 8; ++bit) {
    if ((multiple >> bit & 1) == 0) continue;
    const Arith part = p_.linear(LinearMap::shift_left(bit), {masked});
    u = (multiple & 1) == 0 && (multiple & ((1u << bit) - 1)) == 0
            ? part
            : p_.linear(LinearMap::of(LinearMap::Kind::kAdd), {u, part});
  }
  Started<Fixed> middle(executor_, piecewise(u, pieces, f, ends.size_bits, fraction));
  if (is_inside) {
    Fixed inside = co_await middle;
    co_return inside;
  }
  std::vector<__int128> thresholds{-reach, reach};
  auto sides_task = p_.less_than_public(masked, thresholds, width);
  std::vector<Boolean> sides = co_await sides_task;
  Fixed inside = co_await middle;
  // One mask of f serves both choices: neither adds more than what is public or masked.
  auto inside_task = p_.prepare(inside.share);
  Arith ready = co_await inside_task;
  Fixed found{ready, fraction};
  Fixed not_high = ends.is_x ? subtract(found, Fixed{masked, fraction}) : add_scalar(found, -ends.high);
  Started<Fixed> below_top(executor_, mux(sides[1], not_high));
  Started<Fixed> below_bottom(executor_, mux(sides[0], add_scalar(negate(found), ends.low)));
  Fixed first = co_await below_top;
  Fixed second = co_await below_bottom;
  Fixed sum = add(first, second);
  co_return ends.is_x ? add(sum, Fixed{masked, fraction}) : add_scalar(sum, ends.high);
}

namespace {

Pieces around_zero(unsigned fraction_bits, unsigned whole_bits) {
  return {.width = fraction_bits + whole_bits + 1, .index_bits = 8, .degree = 2};
}
double normal_distribution(double x) {
  constexpr double kRootHalf = 0x1.6a09e667f3bcdp-1;
  return (1 + portable_erf(x * kRootHalf)) / 2;
}

}  // namespace

Task<Fixed> Alu::logistic(Fixed x, unsigned width) {
  return saturating(x, width, 5, around_zero(x.fraction_bits, 6),
                    [](double u) { return portable_logistic(u / 5); }, {12.5, 0, 1});
}
Task<Fixed> Alu::tanh(Fixed x, unsigned width) {
  return saturating(x, width, 5, around_zero(x.fraction_bits, 5),
                    [](double u) { return portable_tanh(u / 5); }, {6.25, -1, 1});
}
Task<Fixed> Alu::erf(Fixed x, unsigned width) {
  return saturating(x, width, 1, around_zero(x.fraction_bits, 2), portable_erf, {3.75, -1, 1});
}
Task<Fixed> Alu::gelu(Fixed x, unsigned width) {
  const auto f = [](double u) { return u / 3 * normal_distribution(u / 3); };
  return saturating(x, width, 3, around_zero(x.fraction_bits, 4), f, {5.25, 0, 0, true, 3});
}
Task<Fixed> Alu::gelu_by_tanh(Fixed x, unsigned width) {
  const auto f = [](double u) {
    constexpr double kRootTwoOverPi = 0x1.9884533d43651p-1;
    const double v = u / 3;
    return v * portable_logistic(2 * kRootTwoOverPi * (v + 0.044715 * v * v * v));
  };
  return saturating(x, width, 3, around_zero(x.fraction_bits, 4), f, {5.25, 0, 0, true, 3});
}
Task<Fixed> Alu::silu(Fixed x, unsigned width) {
  auto part_task = logistic(x, width);
  Fixed part = co_await part_task;
  auto product_task = multiply(x, part, x.fraction_bits);
  Fixed product = co_await product_task;
  co_return product;
}

}  // namespace spud::alu
