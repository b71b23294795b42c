// SPDX-License-Identifier: Apache-2.0
// To a larger ring, for |x| < 2^(k−2): x' = x + 2^(k−2) lies in [0, 2^(k−1)), so whether its shares, or Δ'
// and λ, wrapped is seen at their top bits, as in a truncation. The form for any x is in mux.cpp.
#include "protocol/semi2k/semi2k.hpp"
#include "ring/linear_map.hpp"
#include "ring/map.hpp"

namespace spud::protocol::semi2k {

using correlation::Op;

Task<Arith> Semi2k::widen_bounded(Arith x, unsigned ring_bits) {
  SPUD_CHECK(ring_bits > x.ring_bits(), "widening goes to a larger ring");
  if (parties_ == 2 && !is_masked(x)) {
    auto wide_task = widen_two_party(x, ring_bits);
    Arith wide = co_await wide_task;
    co_return wide;
  }
  auto m_task = masked(x);
  Masked m = co_await m_task;
  co_return widen_masked(m, ring_bits);
}

// Opened: nothing. x' = Δ' − λ + 2^k·msb(λ)·(1 − msb(Δ')), all numbers in [0, 2^k). λ is dealt as a number of
// the larger ring: the parties' parts of it wrap in the small one, how often nobody can be told for less. Of
// msb(λ) only the bits that 2^k leaves are dealt.
Arith Semi2k::widen_masked(const Masked& x, unsigned ring_bits) {
  const unsigned k = x.delta.bits();
  correlation::Register lambda[] = {x.whole};
  ring::Tensor wide = source_.deal(source_.derive(Op::kCast, {ring_bits}, lambda), ring_bits);
  correlation::Register msb[] = {source_.derive(Op::kBit, {k - 1}, lambda)};
  ring::Tensor top = source_.deal(source_.derive(Op::kWords, {ring_bits}, msb), ring_bits - k);
  ring::Tensor moved =
      ring::map([k](auto d) { return decltype(d)(d + (decltype(d)(1) << (k - 2))); }, x.delta);
  const bool first = is_first();
  return make(ring::map(
      [k, first](auto d, auto l, auto t) {
        using W = decltype(d);
        W z = W(W(W(t * W(1 - W(W(d >> (k - 1)) & 1))) << k) - l);
        if (first) z = W(z + d - W(W(1) << (k - 2)));
        return z;
      },
      ring::cast(moved, ring_bits), wide, top));
}

// Opened: each party's top bit under a bit that it and the dealer know. x'_0 + x'_1 wrapped iff m0 ∨ m1 = m0
// + m1 − m0·m1; dealt: shares of the product of the two pads, the bits that 2^k leaves.
Task<Arith> Semi2k::widen_two_party(Arith x, unsigned ring_bits) {
  const unsigned k = x.ring_bits();
  correlation::MaskBits a = source_.private_bits(x.shape(), Rank{0});
  correlation::MaskBits b = source_.private_bits(x.shape(), Rank{1});
  // Held here alone, so that every rank frees the two at the same place, whichever mask it opens under.
  correlation::Register both[] = {std::move(a.whole), std::move(b.whole)};
  correlation::Register product[] = {source_.derive(Op::kAnd, {}, both)};
  ring::Tensor ab = source_.deal(source_.derive(Op::kWords, {ring_bits}, product), ring_bits - k);
  ring::Tensor share = share_of(x);
  const bool first = is_first();
  if (first) share = ring::map([k](auto s) { return decltype(s)(s + (decltype(s)(1) << (k - 2))); }, share);

  ring::BitTensor top = ring::bit_of(share, k - 1);
  ring::BitTensor pad = first ? a.share : b.share;
  ring::BitTensor own = top ^ pad;
  // The XOR of what both send is not used, its halves are: a party knows its own.
  PendingBits opening = open(top, first ? std::move(a) : std::move(b));
  ring::BitTensor sum = co_await opening;
  ring::BitTensor other = sum ^ own;

  // m0·m1 with m = c + d·pad, c what was sent, d = 1 − 2c: of party p, [p = 0]·c0·c1 + d_p·c_other·pad_p +
  // d0·d1·ab_p.
  co_return make(ring::map(
      [k, first](auto z, auto m, auto mine, auto theirs, auto own_pad, auto product_share) {
        using W = decltype(z);
        const W d = W(1 - (mine << 1)), e = W(1 - (theirs << 1));
        const W together =
            W((first ? W(mine * theirs) : W(0)) + W(d * theirs) * own_pad + W(d * e) * product_share);
        W wide = W(z - W(W(m - together) << k));
        if (first) wide = W(wide - W(W(1) << (k - 2)));
        return wide;
      },
      ring::cast(share, ring_bits), ring::to_words(top, ring_bits), ring::to_words(own, ring_bits),
      ring::to_words(other, ring_bits), ring::to_words(pad, ring_bits), ab));
}

}  // namespace spud::protocol::semi2k
