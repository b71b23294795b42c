// SPDX-License-Identifier: Apache-2.0
// The leading one of a masked x < 2^width (protocols.md, "normaliser"; `normaliser` in the executable model).
//   1, 2, 3 the digits' borrows, masked, as for a decomposition (masked_digits): with them any function of
//   digit i of x is local. 4 zero digits: z_i, masked. 5 prefixes: p_i = ∏_{l > i} z_l, masked (above 48 bits
//   by way of the groups' products, masked first). 6 lead_{i,j} = p_i · [leading bit of digit i is j], then
//   each to an arithmetic share under a mask bit of its own.
// Every opened bit has a fresh mask bit of its own.
#include <algorithm>
#include <bit>

#include "protocol/semi2k/cost.hpp"
#include "protocol/semi2k/masked_digits.hpp"
#include "ring/map.hpp"

namespace spud::protocol::semi2k {
namespace {

using correlation::Op;

/// Bits that are opened together, each at its place in a list of digits.
using HidingAt = std::vector<std::pair<unsigned, HiddenBit>>;

/// A product of m masked bits takes 2^m dealt ones; with more factors than this it goes by groups of digits,
/// one round more.
constexpr unsigned kPrefixFactors = cost::counting::kPrefixFactors;

/// Bits of the share of the lead at `position` that matter: a weight that 2^z divides leaves k − z.
unsigned lead_width(unsigned k, const std::vector<std::vector<std::int64_t>>& weights, std::size_t position) {
  unsigned zeros = k - 1;
  for (const auto& list : weights) {
    const auto weight = static_cast<std::uint64_t>(list[position]);
    if (weight != 0) zeros = std::min(zeros, static_cast<unsigned>(std::countr_zero(weight)));
  }
  return k - zeros;
}

}  // namespace

Task<std::vector<Arith>> Semi2k::leading_one(Arith x, unsigned width,
                                             std::vector<std::vector<std::int64_t>> weights) {
  const unsigned k = x.ring_bits();
  SPUD_CHECK(width >= 8 && width % 4 == 0 && width <= k, "whole digits, at least two");
  auto m_task = masked(x);
  Masked m = co_await m_task;
  const unsigned digits = ring::DigitLayout{width}.digits(), groups = (digits + 3) / 4;
  const Shape shape = x.shape();
  // 1, 2, 3
  Digits tables = deal_digits(*this, m.delta, m.whole, width);
  auto digits_task = masked_digits(*this, tables, width);
  const MaskedDigits digit = co_await digits_task;
  BitProducts products(source_, is_first());

  // 4
  std::vector<MaskedBit> zero(digits), prefix(digits);
  {
    DigitFunction is_zero(16, false);
    is_zero[0] = true;
    HidingAt hidden;
    for (unsigned i = 1; i < digits; ++i) hidden.emplace_back(i, hide_bit(*this, digit.read(i, is_zero)));
    for (auto& [i, h] : hidden) {
      h.bit.open = co_await h.opening;
      zero[i] = h.bit;
    }
  }
  // 5
  prefix[digits - 2] = zero[digits - 1];
  std::vector<MaskedBit> group_zero(groups);
  const bool in_groups = digits - 1 > kPrefixFactors;
  if (in_groups) {
    HidingAt hidden;
    for (unsigned g = 1; g < groups; ++g) {
      std::vector<MaskedBit> term(zero.begin() + 4 * g, zero.begin() + std::min(digits, 4 * g + 4));
      hidden.emplace_back(g, hide_bit(*this, products.sum({term}, shape)));
    }
    for (auto& [g, h] : hidden) {
      h.bit.open = co_await h.opening;
      group_zero[g] = h.bit;
    }
  }
  {
    HidingAt hidden;
    for (unsigned i = 0; i + 2 < digits; ++i) {
      const unsigned g = i / 4, end = in_groups ? std::min(digits, 4 * g + 4) : digits;
      std::vector<MaskedBit> term(zero.begin() + i + 1, zero.begin() + end);
      if (in_groups) term.insert(term.end(), group_zero.begin() + g + 1, group_zero.end());
      hidden.emplace_back(i, hide_bit(*this, products.sum({term}, shape)));
    }
    for (auto& [i, h] : hidden) {
      h.bit.open = co_await h.opening;
      prefix[i] = h.bit;
    }
  }

  // 6
  struct Lead {
    ring::Tensor mask;
    PendingBits opening;
  };
  std::vector<Lead> leads;
  for (unsigned i = 0; i < digits; ++i) {
    const bool topmost = i + 1 == digits;
    ring::DigitTable times_prefix, times_both;
    if (!topmost) {
      correlation::Register factors[] = {tables.hot, prefix[i].whole};
      correlation::Register once = source_.derive(Op::kTableAnd, {i}, factors);
      times_prefix = source_.deal_table(once);
      if (i > 0) {
        correlation::Register again[] = {digit.hot_times_borrow[i], prefix[i].whole};
        times_both = source_.deal_table(source_.derive(Op::kTableAnd, {0}, again));
      }
    }
    for (unsigned j = 0; j < 4; ++j) {
      DigitFunction leads_at(16, false);
      for (unsigned q = 1u << j; q < 2u << j; ++q) leads_at[q] = true;
      ring::BitTensor bit = digit.read(i, leads_at);
      if (!topmost) {
        // (open ⊕ μ)·f: the part with the mask μ reads tables that the dealer multiplied by μ.
        bit = (prefix[i].open & bit) ^ digit.read_times(i, leads_at, times_prefix, times_both);
      }
      correlation::MaskBits mask = source_.mask_bits(shape);
      correlation::Register whole[] = {mask.whole};
      ring::Tensor word =
          source_.deal(source_.derive(Op::kWords, {k}, whole), lead_width(k, weights, 4 * i + j));
      leads.push_back({std::move(word), open(bit, std::move(mask))});
    }
  }
  std::vector<ring::Tensor> totals(weights.size());
  for (unsigned at = 0; at < leads.size(); ++at) {
    ring::BitTensor opened = co_await leads[at].opening;
    const bool first = is_first();
    ring::Tensor lead = ring::map(
        [first](auto o, auto share) {
          using W = decltype(o);
          return W((first ? o : W(0)) + W(1 - (o << 1)) * share);
        },
        opened, leads[at].mask);
    for (std::size_t l = 0; l < weights.size(); ++l) {
      const std::int64_t weight = weights[l][at];
      const auto weighted = [weight](auto b) {
        return decltype(b)(b * static_cast<decltype(b)>(static_cast<__int128>(weight)));
      };
      totals[l] = at == 0 ? ring::map(weighted, lead)
                          : ring::map([weighted](auto a, auto b) { return decltype(a)(a + weighted(b)); },
                                      totals[l], lead);
    }
  }
  std::vector<Arith> results;
  for (auto& total : totals) results.push_back(make(std::move(total)));
  co_return results;
}

}  // namespace spud::protocol::semi2k
