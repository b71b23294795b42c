// SPDX-License-Identifier: Apache-2.0
#include "alu/normal.hpp"

namespace spud::alu {

using protocol::Started;
using ring::LinearMap;

Task<Fixed> Alu::round_half_away(Fixed x) {
  auto magnitude_task = magnitude(x);
  Magnitude m = co_await magnitude_task;
  auto whole_task = p_.shift_right(add_scalar(m.size, 0.5).share, x.fraction_bits);
  Arith whole = co_await whole_task;
  auto result_task = with_sign(
      m.negative, Fixed{p_.linear(LinearMap::shift_left(x.fraction_bits), {whole}), x.fraction_bits});
  Fixed result = co_await result_task;
  co_return result;
}

// ⌊x + 1/2⌋, less one where that was a tie and the result is odd.
Task<Fixed> Alu::round_half_even(Fixed x) {
  const unsigned f = x.fraction_bits;
  auto masked_task = p_.prepare(add_scalar(x, 0.5).share);
  Arith moved = co_await masked_task;
  Started<std::vector<Boolean>> low(executor_, p_.bits(moved, f + 1));
  auto whole_task = p_.shift_right(moved, f);
  Arith whole = co_await whole_task;
  std::vector<Boolean> bits = co_await low;
  std::vector<Boolean> rows;
  Shape row = x.shape();
  row.insert(row.begin(), 1);
  for (unsigned i = 0; i < f; ++i)
    rows.push_back(p_.move_bits(LinearMap::reshape(row), {p_.logical_not(bits[i])}));
  rows.push_back(p_.move_bits(LinearMap::reshape(row), {bits[f]}));
  auto tie_task = all_of(p_.move_bits(LinearMap::concatenate(0), rows));
  Boolean tie = co_await tie_task;
  auto less_task = p_.to_arith(tie, x.ring_bits());
  Arith less = co_await less_task;
  Arith even = p_.linear(LinearMap::of(LinearMap::Kind::kSubtract), {whole, less});
  co_return Fixed{p_.linear(LinearMap::shift_left(f), {even}), f};
}

}  // namespace spud::alu
