// SPDX-License-Identifier: Apache-2.0
// A public weight by which of some secret bits holds, and a number times it. Exactly one bit holds, so the
// XOR shares a, b of two parties differ at that place only, and Σ_j w_j·(b_j − a_j) = s·w, s = ±1, is shared
// already; so is, modulo 4, the difference s of how many bits each party's share has, and with it [s < 0]:
//   [s < 0] = ⊕ of bit 1 of either count ⊕ [the first one is odd].
// Opened: [s < 0] ⊕ m, and s·w + λ_w for each list of weights. With t = 1 − 2·([s < 0] ⊕ m) and μ = 1 − 2m:
//   w = t·μ·(Δ_w − λ_w),  x·w = t·μ·(Δ_x − λ_x)·(Δ_w − λ_w),
// sums of public numbers times μ, μ·λ_w, μ·λ_x and μ·λ_x·λ_w, which are dealt. More parties: each bit becomes
// a number.
#include "protocol/semi2k/dealt.hpp"
#include "protocol/semi2k/semi2k.hpp"
#include "ring/map.hpp"
#include "ring/weighted_bits.hpp"

namespace spud::protocol::semi2k {
namespace {

using correlation::Op;
using correlation::Register;

/// This party's share of [s < 0].
ring::BitTensor is_negative(bool first, const std::vector<ring::BitTensor>& shares) {
  ring::BitTensor low = shares[0], high = low ^ low;
  for (std::size_t j = 1; j < shares.size(); ++j) {
    high = high ^ (low & shares[j]);
    low = low ^ shares[j];
  }
  return first ? high ^ low : high;
}

}  // namespace

Task<Scaled> Semi2k::scale(Arith x, std::vector<Boolean> places,
                           std::vector<std::vector<std::int64_t>> weights) {
  SPUD_CHECK(!places.empty() && !weights.empty(), "there are places, and weights for them");
  for (const auto& list : weights) SPUD_CHECK(list.size() == places.size(), "a weight a place");
  for (const auto& place : places) SPUD_CHECK(place.shape() == x.shape(), "a bit a number and place");
  if (parties_ == 2) {
    auto two_task = scale_two_party(x, std::move(places), std::move(weights));
    Scaled two = co_await two_task;
    co_return two;
  }
  const unsigned k = x.ring_bits();
  std::vector<Started<Arith>> converting;
  for (const auto& place : places) converting.emplace_back(executor_, to_arith(place, k));
  std::vector<ring::Tensor> totals(weights.size());
  for (std::size_t j = 0; j < places.size(); ++j) {
    Started<Arith>& one = converting[j];
    Arith bit = co_await one;
    for (std::size_t l = 0; l < weights.size(); ++l) {
      const auto weighted = [weight = static_cast<__int128>(weights[l][j])](auto b) {
        return decltype(b)(b * static_cast<decltype(b)>(weight));
      };
      totals[l] = j == 0 ? ring::map(weighted, share_of(bit))
                         : ring::map([weighted](auto a, auto b) { return decltype(a)(a + weighted(b)); },
                                     totals[l], share_of(bit));
    }
  }
  std::vector<Arith> found;
  for (auto& total : totals) found.push_back(make(std::move(total)));
  auto product_task = multiply(x, found[0]);
  Arith product = co_await product_task;
  Scaled out(std::move(product), std::move(found));
  co_return out;
}

Task<Scaled> Semi2k::scale_two_party(Arith x, std::vector<Boolean> places,
                                     std::vector<std::vector<std::int64_t>> weights) {
  const unsigned k = x.ring_bits();
  std::vector<ring::BitTensor> shares;
  for (const auto& place : places) shares.push_back(share_of(place));
  correlation::MaskBits mask = source_.mask_bits(x.shape());
  Register bit[] = {mask.whole};
  const Register m = source_.derive(Op::kWords, {k}, bit);
  PendingBits opening = open(is_negative(is_first(), shares), std::move(mask));
  std::vector<Started<Masked>> masking;
  masking.emplace_back(executor_, masked(x));
  for (auto& list : weights) {
    if (is_first()) {
      for (auto& weight : list) weight = -weight;
    }
    masking.emplace_back(executor_, masked(make(ring::weighted_bits(shares, list, k))));
  }
  Started<Masked>& x_masking = masking[0];
  Masked number = co_await x_masking;
  std::vector<Masked> signed_weights;
  for (std::size_t l = 1; l < masking.size(); ++l) {
    Started<Masked>& one = masking[l];
    Masked masked_weight = co_await one;
    signed_weights.push_back(std::move(masked_weight));
  }

  // −μ = 2m − 1
  Dealt dealt(source_);
  const auto deal = [&](const Register& z) { return source_.deal(dealt.signed_by(m, z), k); };
  const ring::Tensor m_share = source_.deal(m, k);
  const Masked& w = signed_weights[0];
  std::vector<ring::Tensor> of_weights;
  for (const auto& one : signed_weights) of_weights.push_back(deal(one.whole));
  const ring::Tensor of_x = deal(number.whole);
  const ring::Tensor of_both = deal(dealt.product(number.whole, w.whole));
  ring::BitTensor opened = co_await opening;
  const bool first = is_first();
  // t·μ, of which everything is a multiple.
  const ring::Tensor sign = ring::map(
      [first](auto open, auto share) {
        using W = decltype(open);
        const W mu = W(W(first ? 1 : 0) - W(share << 1));
        return W(W(1 - (open << 1)) * mu);
      },
      opened, m_share);
  std::vector<Arith> found;
  for (std::size_t l = 0; l < signed_weights.size(); ++l) {
    found.push_back(make(ring::map(
        [](auto open, auto s, auto delta, auto dealt_share) {
          using W = decltype(open);
          return W(s * delta + W(1 - (open << 1)) * dealt_share);
        },
        opened, sign, signed_weights[l].delta, of_weights[l])));
  }
  // t·(μ·Δx·Δw − Δx·μλw − Δw·μλx + μλxλw), the dealt ones with the other sign.
  Arith product = make(ring::map(
      [](auto open, auto s, auto dx, auto dw, auto lw, auto lx, auto both) {
        using W = decltype(open);
        return W(s * W(dx * dw) + W(1 - (open << 1)) * W(dx * lw + dw * lx - both));
      },
      opened, sign, number.delta, w.delta, of_weights[0], of_x, of_both));
  Scaled out(std::move(product), std::move(found));
  co_return out;
}

}  // namespace spud::protocol::semi2k
