// SPDX-License-Identifier: Apache-2.0
// The exponential of protocols.md: masked modulo 2^(f + 5) only, e^Δ is public, e^−λ is dealt as a table over
// the top three bits of λ. See correlation/exp_table.hpp for the split. Opened: f + 5 uniform bits: every
// party adds a part of its own to them, and only they are sent.
#include "correlation/exp_table.hpp"
#include "protocol/semi2k/exp_format.hpp"
#include "protocol/semi2k/semi2k.hpp"
#include "ring/map.hpp"

namespace spud::protocol::semi2k {
namespace {

/// A borrow between the two parts of Δ counts as 4 more; 27 is the most that leaves room for it below 32.
constexpr int kWindow = 27;

}  // namespace

Task<Arith> Semi2k::exp(Arith x, ExpWindow window) {
  const unsigned f = window.input_fraction, width = f + correlation::kExpWindowBits;
  const ExpFormat format = exp_format(window);
  SPUD_CHECK(width <= x.ring_bits() && window.high <= 14, "the window fits the ring");
  SPUD_CHECK(
      format.table_bits <= correlation::kMostExpTableBits && window.result_fraction < format.fraction(),
      "the result has no more fraction bits than are computed");
  // x + 27 − high in [0, 27].
  correlation::Mask mask = source_.mask(x.ring_bits(), x.shape(), width);
  correlation::Register lambda[] = {mask.whole};
  correlation::Register table =
      source_.derive(correlation::Op::kExpTable, {f, format.table_bits, format.ring_bits}, lambda);
  ring::Tensor entries = source_.deal(table, format.ring_bits);
  ring::Tensor share = share_of(x);
  if (is_first()) {
    const std::int64_t offset = static_cast<std::int64_t>(kWindow - window.high) << f;
    share = ring::map([offset](auto s) { return decltype(s)(s + static_cast<decltype(s)>(offset)); }, share);
  }
  auto delta_task = open(share, std::move(mask), width);
  ring::Tensor delta = co_await delta_task;

  Arith result = make(correlation::exp_sum(delta, entries, f, kWindow - window.high, format.gain));
  auto rounded_task = truncate_into(result, format.fraction() - window.result_fraction, 64);
  Arith rounded = co_await rounded_task;
  co_return rounded;
}

}  // namespace spud::protocol::semi2k
