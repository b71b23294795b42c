// SPDX-License-Identifier: Apache-2.0
// Secret permutations, and what may be opened after them (protocols.md, "Shuffle"; permute and share is of
// Chase, Ghosh and Poburinnaya, ePrint 2019/1340, here with a dealer in the place of oblivious transfer).
#include "protocol/semi2k/semi2k.hpp"
#include "ring/map.hpp"
#include "ring/rows.hpp"

namespace spud::protocol::semi2k {

using correlation::Op;

Arith Semi2k::take_rows(const Arith& x, const ring::Tensor& places) {
  return make(ring::take_rows(share_of(x), places));
}

// One party after the other applies a permutation of its own: nobody knows the product of all.
Task<std::vector<Arith>> Semi2k::shuffle(std::vector<Arith> columns) {
  for (unsigned p = 0; p < parties_; ++p) {
    auto moved_task = permute_by(Rank{p}, std::move(columns));
    columns = co_await moved_task;
  }
  co_return columns;
}

// Opened: Δ = x + λ, unless it is already. The owner applies its permutation π to Δ, the dealer deals shares
// of π(λ): π(x) = π(Δ) − π(λ). To the others π(Δ) is never shown, nor carried along as a mask's Δ: next to Δ
// it would be π. So the result is a sharing without Δ, and its next use masks it anew.
Task<std::vector<Arith>> Semi2k::permute_by(Rank owner, std::vector<Arith> columns) {
  SPUD_CHECK(!columns.empty() && columns[0].shape().size() >= 2, "columns are [batch, rows, …]");
  const std::int64_t batch = columns[0].shape()[0], rows = columns[0].shape()[1];
  std::vector<Started<Masked>> masking;
  for (const auto& column : columns) {
    SPUD_CHECK(column.shape().size() >= 2 && column.shape()[0] == batch && column.shape()[1] == rows,
               "columns agree in batch and rows");
    masking.emplace_back(executor_, masked(column));
  }
  correlation::Permutation order = source_.permutation(batch, rows, owner);
  std::vector<Arith> moved;
  for (auto& one : masking) {
    Masked x = co_await one;
    correlation::Register operands[] = {x.whole, order.whole};
    ring::Tensor share = source_.deal(source_.derive(Op::kPermute, {}, operands), x.delta.bits());
    if (rank_ == owner || share.is_phantom()) {
      moved.push_back(make(ring::map([](auto delta, auto lambda) { return decltype(delta)(delta - lambda); },
                                     ring::take_rows(x.delta, order.share), share)));
    } else {
      moved.push_back(make(ring::map([](auto lambda) { return decltype(lambda)(-lambda); }, share)));
    }
  }
  co_return moved;
}

// Opened: b itself. What a party sends is refreshed with a share of zero, of keys that the dealer does not
// have, so that it says no more than b does.
Task<ring::BitTensor> Semi2k::reveal_order(Boolean b) {
  auto opening = std::make_shared<BitsOpening>(output_bits(b));
  opening->is_result = true;
  executor_.post(opening);
  PendingBits pending(std::move(opening));
  ring::BitTensor bits = co_await pending;
  co_return bits;
}

}  // namespace spud::protocol::semi2k
