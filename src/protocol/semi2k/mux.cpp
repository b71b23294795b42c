// SPDX-License-Identifier: Apache-2.0
// From bits to numbers. Opened: e = b ⊕ m under a fresh mask bit m. Then b = e + (1 − 2e)·m, linear in what
// the dealer deals of m.
#include "protocol/semi2k/semi2k.hpp"
#include "ring/map.hpp"

namespace spud::protocol::semi2k {

using correlation::Op;

namespace {

/// b = e + (1 − 2e)·m as a number.
ring::Tensor number_of(bool first, const ring::BitTensor& opened, const ring::Tensor& m) {
  return ring::map(
      [first](auto open, auto share) {
        using W = decltype(open);
        return W((first ? open : W(0)) + W(1 - (open << 1)) * share);
      },
      opened, m);
}

/// b·x = (e + (1 − 2e)·m)·(Δ − λ), given shares of m and of m·λ.
ring::Tensor times(bool first, const ring::BitTensor& opened, const Masked& x, const ring::Tensor& m,
                   const ring::Tensor& ml) {
  return ring::map(
      [first](auto open, auto delta, auto lambda, auto mask_share, auto product_share) {
        using W = decltype(open);
        const W turn = W(1 - (open << 1));
        W z = W(turn * W(mask_share * delta - product_share) - open * lambda);
        return first ? W(z + open * delta) : z;
      },
      opened, x.delta, x.lambda, m, ml);
}

}  // namespace

Task<Arith> Semi2k::to_arith(Boolean b, unsigned ring_bits) {
  correlation::MaskBits mask = source_.mask_bits(b.shape());
  correlation::Register bit[] = {mask.whole};
  ring::Tensor m = source_.deal(source_.derive(Op::kWords, {ring_bits}, bit), ring_bits);
  auto opened_task = open(share_of(b), std::move(mask));
  ring::BitTensor opened = co_await opened_task;
  co_return make(number_of(is_first(), opened, m));
}

// The dealer deals m and m·λ.
Task<Arith> Semi2k::mux(Boolean b, Arith x) {
  SPUD_CHECK(b.shape() == x.shape(), "bit and number agree in shape");
  const unsigned k = x.ring_bits();
  correlation::MaskBits mask = source_.mask_bits(b.shape());
  correlation::Register bit[] = {mask.whole};
  correlation::Register word = source_.derive(Op::kWords, {k}, bit);
  ring::Tensor m = source_.deal(word, k);
  // Posted before x is masked: if this is x's first use, both share the round.
  PendingBits opening = open(share_of(b), std::move(mask));
  auto masked_x_task = masked(x);
  Masked masked_x = co_await masked_x_task;
  correlation::Register factors[] = {word, masked_x.whole};
  ring::Tensor ml = source_.deal(source_.derive(Op::kMultiply, {}, factors), k);
  ring::BitTensor opened = co_await opening;
  co_return make(times(is_first(), opened, masked_x, m, ml));
}

// As mux, with one e: what is opened of b does not depend on the numbers, so one mask bit serves all of them.
Task<Chosen> Semi2k::choose(Boolean b, std::vector<Arith> x) {
  SPUD_CHECK(!x.empty(), "there is something to choose");
  const unsigned k = x[0].ring_bits();
  correlation::MaskBits mask = source_.mask_bits(b.shape());
  correlation::Register bit[] = {mask.whole};
  correlation::Register word = source_.derive(Op::kWords, {k}, bit);
  ring::Tensor m = source_.deal(word, k);
  PendingBits opening = open(share_of(b), std::move(mask));
  std::vector<Started<Masked>> masking;
  for (const auto& number : x) {
    SPUD_CHECK(b.shape() == number.shape() && number.ring_bits() == k, "bit and numbers agree");
    masking.emplace_back(executor_, masked(number));
  }
  std::vector<Masked> numbers;
  std::vector<ring::Tensor> dealt;
  for (auto& one : masking) {
    Masked number = co_await one;
    correlation::Register factors[] = {word, number.whole};
    dealt.push_back(source_.deal(source_.derive(Op::kMultiply, {}, factors), k));
    numbers.push_back(std::move(number));
  }
  ring::BitTensor opened = co_await opening;
  std::vector<Arith> products;
  for (std::size_t i = 0; i < x.size(); ++i)
    products.push_back(make(times(is_first(), opened, numbers[i], m, dealt[i])));
  Chosen out(std::move(products), make(number_of(is_first(), opened, m)));
  co_return out;
}

// x + offset = Δ' − λ + 2^k·[Δ' < λ] over the integers, all numbers in [0, 2^k); offset makes a signed x
// non-negative.
Task<Arith> Semi2k::widen(Arith x, unsigned ring_bits, bool is_signed) {
  const unsigned k = x.ring_bits();
  SPUD_CHECK(ring_bits > k, "widening goes to a larger ring");
  auto m_task = masked(x);
  Masked m = co_await m_task;
  ring::Tensor delta = m.delta;
  if (is_signed) {
    delta = ring::map([k](auto d) { return decltype(d)(d + (decltype(d)(1) << (k - 1))); }, delta);
  }
  auto below_task = borrow(delta, m.whole, k);
  ring::BitTensor below = co_await below_task;
  auto wrap_task = to_arith(make(below), ring_bits);
  Arith wrap = co_await wrap_task;
  // The dealer deals λ, as a number below 2^k, in the larger ring: its parts λ_p wrap in the small one, so
  // they do not do.
  correlation::Register lambda[] = {m.whole};
  ring::Tensor wide = source_.deal(source_.derive(Op::kCast, {ring_bits}, lambda), ring_bits);
  ring::Tensor wide_delta = ring::cast(delta, ring_bits);
  const bool first = is_first();
  co_return make(ring::map(
      [k, first, is_signed](auto d, auto l, auto w) {
        using W = decltype(d);
        W z = W(W(w << k) - l);
        if (first) z = W(z + d - (is_signed ? W(W(1) << (k - 1)) : W(0)));
        return z;
      },
      wide_delta, wide, share_of(wrap)));
}

}  // namespace spud::protocol::semi2k
