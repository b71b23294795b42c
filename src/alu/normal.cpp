// SPDX-License-Identifier: Apache-2.0
#include "alu/normal.hpp"

#include <cmath>

namespace spud::alu {

Task<Alu::Magnitude> Alu::magnitude(Fixed x) {
  auto below_task = negative_of_used(x);
  Boolean below = co_await below_task;
  auto part_task = mux(below, x);
  Fixed part = co_await part_task;
  Magnitude out(subtract(x, shift_left(part, 1)), below);
  co_return out;
}

Task<Fixed> Alu::with_sign(Boolean negative, Fixed size) {
  auto part_task = mux(negative, size);
  Fixed part = co_await part_task;
  co_return subtract(size, shift_left(part, 1));
}

// x · 2^(w−1−j) lies in [2^(w−1), 2^w): the mantissa with w fraction bits.
Task<Alu::Normal> Alu::normalise(Fixed x, std::vector<std::vector<std::int64_t>> weights) {
  const unsigned w = normal_bits(x.ring_bits());
  weights.insert(weights.begin(), by_place(x.ring_bits(), [w](int j) {
                   return std::int64_t{1} << (static_cast<int>(w) - 1 - j);
                 }));
  auto leads_task = p_.leading_one(x.share, w, weights);
  std::vector<Arith> leads = co_await leads_task;
  auto mantissa_task = p_.multiply(x.share, leads[0]);
  Arith mantissa = co_await mantissa_task;
  leads.erase(leads.begin());
  Normal out(mantissa, std::move(leads));
  co_return out;
}

// Half of the pieces of [0, 1) are in use, and the first, which stands for 1: the mantissa's neighbour above
// may be that. f is told 1 + t there.
Task<Fixed> Alu::of_mantissa(const Normal& normal, RealFunction f, unsigned result_fraction) {
  const unsigned w = normal_bits(normal.mantissa.ring_bits());
  const Pieces pieces{.fraction_bits = w, .width = w, .index_bits = 7, .degree = 2, .is_signed = false};
  return piecewise(normal.mantissa, pieces, f, 2, result_fraction);
}

}  // namespace spud::alu
