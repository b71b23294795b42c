// SPDX-License-Identifier: Apache-2.0
// Division by a power of two. Both forms realise the dithered functionality ⌊(x + 2^f − 1 − d) / 2^f⌋ with d
// uniform in [0, 2^f) and known to the adversary (compare ePrint 2024/1127): for n = 2 it is party 1's own
// low bits, for a masked value Δ' mod 2^f.
#include "protocol/semi2k/semi2k.hpp"
#include "ring/linear_map.hpp"
#include "ring/map.hpp"

namespace spud::protocol::semi2k {

using correlation::Op;

Task<Arith> Semi2k::truncate(Arith x, unsigned by) {
  if (by == 0) co_return x;
  SPUD_CHECK(by + 2 < x.ring_bits(), "a truncation leaves bits");
  if (parties_ == 2 && !is_masked(x)) {
    auto shifted_task = truncate_two_party(x, by);
    Arith shifted = co_await shifted_task;
    co_return shifted;
  }
  auto m_task = masked(x);
  Masked m = co_await m_task;
  co_return truncate_masked(m, by);
}

// Opened: nothing. Each party shifts its own share; the wrap of the sum is a multiple of 2^(k−f), which the
// smaller ring does not see. 2^f − 1 takes out the bias of two floors, as below.
Task<Arith> Semi2k::truncate_into(Arith x, unsigned by, unsigned ring_bits) {
  const unsigned k = x.ring_bits();
  if (ring_bits == k) {
    auto same_task = truncate(x, by);
    Arith same = co_await same_task;
    co_return same;
  }
  if (parties_ > 2 || is_masked(x) || ring_bits + by > k) {
    auto wide_task = truncate(x, by);
    Arith wide = co_await wide_task;
    co_return narrow(wide, ring_bits);
  }
  const bool first = is_first();
  co_return make(ring::cast(ring::map(
                                [k, by, first](auto s) {
                                  using W = decltype(s);
                                  return ring::shift_right(W(s + (first ? (W(1) << by) - W(1) : W(0))), by,
                                                           k);
                                },
                                share_of(x)),
                            ring_bits));
}

// Each party shifts its own share; what is missing is the carry out of the sum of the two shares, m0 ∨ m1 of
// their top bits once the sum has been made non-negative. The parties open e_p = m_p ⊕ (own random bit),
// uniform; the dealer deals shares of the product of the two bits.
Task<Arith> Semi2k::truncate_two_party(Arith x, unsigned f) {
  const unsigned k = x.ring_bits();
  correlation::MaskBits a = source_.private_bits(x.shape(), Rank{0});
  correlation::MaskBits b = source_.private_bits(x.shape(), Rank{1});
  // Held here alone, so that every rank frees the two at the same place, whichever mask it opens under.
  correlation::Register both[] = {std::move(a.whole), std::move(b.whole)};
  auto product = source_.derive(Op::kAnd, {}, both);
  correlation::Register one[] = {product};
  ring::Tensor ab = source_.deal(source_.derive(Op::kWords, {k}, one), f);

  // 2^(k−2) makes the sum non-negative; 2^f − 1 takes out the bias of two floors. 2^(k−2) − 2^f keeps the top
  // of the range.
  const bool first = is_first();
  const auto shifted = [k, f, first](auto s) {
    using W = decltype(s);
    return first ? W(s + (W(1) << (k - 2)) - (W(1) << f) + ((W(1) << f) - W(1))) : s;
  };
  const ring::Tensor share = share_of(x);
  const ring::BitTensor top =
      ring::map_to_bits([shifted, k](auto s) { return decltype(s)(shifted(s) >> (k - 1)); }, share);
  // Each party sends its own bit under its own pad: the XOR of the two openings is not used, the halves are.
  // Party p's half is what it sent.
  const ring::BitTensor own_pad = first ? a.share : b.share;
  const ring::BitTensor own = top ^ own_pad;
  PendingBits opening = open(top, first ? std::move(a) : std::move(b));
  ring::BitTensor sum = co_await opening;
  const ring::BitTensor other = sum ^ own;

  // m0·m1 with m0 = c0 + d0·a, m1 = c1 + d1·b, c = e, d = 1 − 2e. Party 0 knows a and takes c1·m0, party 1
  // knows b and takes c0·d1·b; both take their share of d0·d1·ab.
  co_return make(ring::map(
      [shifted, k, f, first](auto s, auto m, auto mine, auto theirs, auto pad, auto product_share) {
        using W = decltype(s);
        const W z = shifted(s);
        const W d_mine = W(1 - (mine << 1)), d_theirs = W(1 - (theirs << 1));
        const W alone = first ? W(theirs * (mine + d_mine * pad)) : W(theirs * d_mine * pad);
        const W wrap = W(m - W(alone + d_mine * d_theirs * product_share));
        const W offset = first ? W((W(1) << (k - 2 - f)) - W(1)) : W(0);
        return W(ring::shift_right(z, f, k) - (wrap << (k - f)) - offset);
      },
      share, top, own, other, own_pad, ab));
}

// Nothing is opened: Δ is there already. t = (Δ' ≫ f) − (λ ≫ f) + 2^(k−f)·msb(λ)·(1 − msb Δ') − 2^(k−2−f), Δ'
// = Δ + 2^(k−2).
Arith Semi2k::truncate_masked(const Masked& x, unsigned f) {
  const unsigned k = x.delta.bits();
  correlation::Register lambda[] = {x.whole};
  ring::Tensor high = source_.deal(source_.derive(Op::kShiftRight, {f}, lambda), k);
  correlation::Register msb[] = {source_.derive(Op::kBit, {k - 1}, lambda)};
  ring::Tensor top = source_.deal(source_.derive(Op::kWords, {k}, msb), f);
  const bool first = is_first();
  return make(ring::map(
      [k, f, first](auto delta, auto h, auto t) {
        using W = decltype(delta);
        const W d = W(delta + (W(1) << (k - 2)));
        const W no_wrap = W(1 - W(W(d >> (k - 1)) & 1));
        W z = W(W(t * no_wrap << (k - f)) - h);
        if (first) z = W(z + ring::shift_right(d, f, k) - (W(1) << (k - 2 - f)));
        return z;
      },
      x.delta, high, top));
}

// The floor: the masked truncation, less one where Δ' mod 2^f < λ mod 2^f.
Task<Arith> Semi2k::shift_right(Arith x, unsigned by) {
  if (by == 0) co_return x;
  SPUD_CHECK(by + 2 <= x.ring_bits(), "a shift leaves bits");
  auto m_task = masked(x);
  Masked m = co_await m_task;
  const unsigned k = x.ring_bits();
  auto below_task = borrow(m.delta, m.whole, by);
  ring::BitTensor below = co_await below_task;
  auto one_less_task = to_arith(make(below), k);
  Arith one_less = co_await one_less_task;
  Arith high = truncate_masked(m, by);
  // truncate_masked gives ⌈·⌉-like (Δ' ≫ f) − (λ ≫ f), one more than the floor exactly where the low parts
  // borrow.
  co_return linear(ring::LinearMap::of(ring::LinearMap::Kind::kSubtract), {high, one_less});
}

}  // namespace spud::protocol::semi2k
