// SPDX-License-Identifier: Apache-2.0
// Comparisons by digit tables (protocols.md, "Less-than"): x = Δ − λ, so its sign and whether it is zero are
// comparisons of a number that all parties know with one that the dealer knows.
#include <algorithm>

#include "protocol/semi2k/masked_digits.hpp"

namespace spud::protocol::semi2k {
namespace {

using correlation::Op;

/// Bits that are opened together, each at its place in a list.
using HiddenAt = std::vector<std::pair<unsigned, HiddenBit>>;

/// Terms of [number < mask] over digits low … high − 1 but the one that stands alone, lt_{high − 1}: lt_j ·
/// ∏_{j < l < high} eq_l.
BitTerms less_terms(const std::vector<MaskedBit>& less, const std::vector<MaskedBit>& equal, unsigned low,
                    unsigned high) {
  BitTerms terms;
  for (unsigned j = low; j + 1 < high; ++j) {
    std::vector<MaskedBit> term{less[j]};
    for (unsigned l = j + 1; l < high; ++l) term.push_back(equal[l]);
    terms.push_back(std::move(term));
  }
  return terms;
}

std::vector<MaskedBit> slice(const std::vector<MaskedBit>& bits, unsigned low, unsigned high) {
  return {bits.begin() + low, bits.begin() + high};
}

constexpr unsigned kGroup = 4;  // digits whose products are dealt in one go

}  // namespace

// [Δ < λ] = ⊕ lt_j·∏_{l > j} eq_l over digits, in groups of four. Opened, each under a fresh bit: per digit
// lt and eq, then the same per group. What a product does not need is not opened: the lowest eq, the lowest
// group's product of eqs, and the topmost lt of every group and of the groups, which stand alone in their
// sums, so that their shares are added as they are.
Task<ring::BitTensor> Semi2k::borrow(ring::Tensor delta, correlation::Register lambda, unsigned width) {
  const unsigned digits = ring::DigitLayout{width}.digits(), groups = (digits + kGroup - 1) / kGroup;
  const Shape shape = delta.shape();
  const auto end_of = [digits](unsigned group) { return std::min(digits, kGroup * (group + 1)); };
  std::vector<MaskedBit> less(digits), equal(digits);
  std::vector<ring::BitTensor> topmost;  // lt of each group's highest digit
  {
    HiddenAt hidden_less, hidden_equal;
    DigitBits bits = read_digits(source_, delta, lambda, width);
    for (unsigned d = 0; d < digits; ++d) {
      if (d + 1 == end_of(d / kGroup)) {
        topmost.push_back(std::move(bits.above[d]));
      } else {
        hidden_less.emplace_back(d, hide_bit(*this, bits.above[d]));
      }
      if (d > 0) hidden_equal.emplace_back(d, hide_bit(*this, bits.equal[d]));
    }
    for (auto& [d, h] : hidden_less) {
      h.bit.open = co_await h.opening;
      less[d] = std::move(h.bit);
    }
    for (auto& [d, h] : hidden_equal) {
      h.bit.open = co_await h.opening;
      equal[d] = std::move(h.bit);
    }
  }

  BitProducts products(source_, is_first());
  if (groups == 1) co_return topmost[0] ^ products.sum(less_terms(less, equal, 0, digits), shape);

  std::vector<MaskedBit> group_less(groups), group_equal(groups);
  ring::BitTensor top_group;
  {
    HiddenAt hidden_less, hidden_equal;
    for (unsigned g = 0; g < groups; ++g) {
      const unsigned low = kGroup * g, high = end_of(g);
      ring::BitTensor is_less = topmost[g] ^ products.sum(less_terms(less, equal, low, high), shape);
      if (g + 1 == groups) {
        top_group = std::move(is_less);
      } else {
        hidden_less.emplace_back(g, hide_bit(*this, is_less));
      }
      if (g > 0)
        hidden_equal.emplace_back(g, hide_bit(*this, products.sum({slice(equal, low, high)}, shape)));
    }
    for (auto& [g, h] : hidden_less) {
      h.bit.open = co_await h.opening;
      group_less[g] = std::move(h.bit);
    }
    for (auto& [g, h] : hidden_equal) {
      h.bit.open = co_await h.opening;
      group_equal[g] = std::move(h.bit);
    }
  }
  co_return top_group ^ products.sum(less_terms(group_less, group_equal, 0, groups), shape);
}

// msb(x) = msb(Δ) ⊕ msb(λ) ⊕ [Δ < λ on the low k − 1 bits].
Task<Boolean> Semi2k::negative(Arith x) {
  auto m_task = masked(x);
  Masked m = co_await m_task;
  const unsigned k = x.ring_bits();
  auto below_task = borrow(m.delta, m.whole, k - 1);
  ring::BitTensor below = co_await below_task;
  correlation::Register lambda[] = {m.whole};
  ring::BitTensor sign = below ^ source_.deal_bits(source_.derive(Op::kBit, {k - 1}, lambda));
  if (is_first()) sign = sign ^ ring::bit_of(m.delta, k - 1);
  co_return make(std::move(sign));
}

// Where the top bits of a and b differ they decide, else the sign of a − b does. The mask of a − b is the
// difference of the masks.
Task<Boolean> Semi2k::less(Arith a, Arith b, bool is_signed) {
  Started<Masked> mask_a(executor_, masked(a)), mask_b(executor_, masked(b));
  Masked left = co_await mask_a;
  Masked right = co_await mask_b;
  Arith difference = linear(ring::LinearMap::of(ring::LinearMap::Kind::kSubtract), {a, b});
  Started<Boolean> top_a(executor_, negative(a)), top_b(executor_, negative(b)),
      top_d(executor_, negative(difference));
  Boolean ta = co_await top_a;
  Boolean tb = co_await top_b;
  Boolean td = co_await top_d;
  const Boolean& decides = is_signed ? ta : tb;
  // td ⊕ differ ∧ (decides ⊕ td)
  auto fix_task = logical_and(exclusive_or(ta, tb), exclusive_or(decides, td));
  Boolean fix = co_await fix_task;
  co_return exclusive_or(td, fix);
}

Task<Boolean> Semi2k::is_zero(Arith x) {
  auto zero_task = is_zero(x, x.ring_bits());
  Boolean zero = co_await zero_task;
  co_return zero;
}

// Both bits are opened under fresh masks; the dealer deals the product of the masks.
Task<Boolean> Semi2k::logical_and(Boolean a, Boolean b) {
  HiddenBit left = hide_bit(*this, share_of(a)), right = hide_bit(*this, share_of(b));
  left.bit.open = co_await left.opening;
  right.bit.open = co_await right.opening;
  BitProducts products(source_, is_first());
  co_return make(products.sum({{left.bit, right.bit}}, a.shape()));
}

}  // namespace spud::protocol::semi2k
