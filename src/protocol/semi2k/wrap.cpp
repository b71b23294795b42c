// SPDX-License-Identifier: Apache-2.0
// The low bits of any number, as a number: how integers of fewer bits than their ring wrap around.
#include "protocol/semi2k/masked_digits.hpp"
#include "ring/dense_bits.hpp"
#include "ring/linear_map.hpp"
#include "ring/map.hpp"

namespace spud::protocol::semi2k {

using correlation::Op;
using ring::LinearMap;

// With u = x, or x + 2^(w−1) of signed ones, u mod 2^w = Δ' − λ' + 2^w·[Δ' < λ'] for Δ', λ' modulo 2^w.
// Opened: Δ modulo 2^w, unless x has a mask, what the borrow takes, and the borrow under a fresh mask bit; of
// its share only k − w bits count.
Task<Arith> Semi2k::wrap(Arith x, unsigned width, bool is_signed) {
  const unsigned k = x.ring_bits(), w = width;
  SPUD_CHECK(w >= 1 && w < k, "a number wraps below its ring's width");
  auto m_task = masked(x, w);
  Masked m = co_await m_task;
  const ring::Tensor delta = ring::low_bits(
      ring::map([=](auto d) { return decltype(d)(d + (is_signed ? decltype(d)(1) << (w - 1) : 0)); },
                m.delta),
      w);
  std::vector<unsigned> positions{w};
  auto borrows_task = borrows(*this, deal_digits(*this, delta, m.whole, w), positions, TopDigits::kJoined);
  std::vector<Borrow> found = co_await borrows_task;

  // λ mod 2^w = λ − 2^w·(λ ≫ w)
  correlation::Register lambda[] = {m.whole};
  correlation::Register high[] = {source_.derive(Op::kShiftRight, {w}, lambda)};
  correlation::Register parts[] = {m.whole, source_.linear(LinearMap::shift_left(w), high)};
  ring::Tensor low = source_.deal(source_.linear(LinearMap::of(LinearMap::Kind::kSubtract), parts), k);
  correlation::MaskBits mask = source_.mask_bits(x.shape());
  correlation::Register bit[] = {mask.whole};
  ring::Tensor share = source_.deal(source_.derive(Op::kWords, {k}, bit), k - w);
  PendingBits opening = open(found[0].share, std::move(mask));
  ring::BitTensor opened = co_await opening;
  const bool first = is_first();
  co_return make(ring::map(
      [=](auto d, auto l, auto o, auto s) {
        using W = decltype(d);
        const W borrow = W((first ? o : W(0)) + W(1 - (o << 1)) * s);
        W z = W(W(borrow << w) - l);
        if (first) z = W(z + d - (is_signed ? W(W(1) << (w - 1)) : W(0)));
        return z;
      },
      delta, low, ring::to_words(opened, k), share));
}

}  // namespace spud::protocol::semi2k
