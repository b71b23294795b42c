// SPDX-License-Identifier: Apache-2.0
// The leading one of a masked x < 2^width (protocols.md, "normaliser"; `normaliser` in the executable model
// has the same steps).
//   1 digits: lt_i and eq_i of Δ against λ, masked.            2 groups: their products, masked.
//   3 borrows: c_i = [Δ < λ below digit i], masked: with it any function of digit i of x is local, f(Δ_i − v)
//   or f(Δ_i − v − 1). 4 zero digits: z_i, masked.                                5 prefixes: p_i = ∏_{l > i}
//   z_l, masked (above 48 bits by way of the groups' products, masked first). 6 lead_{i,j} = p_i · [leading
//   bit of digit i is j], then each to an arithmetic share under a mask bit of its own.
// Every opened bit has a fresh mask bit of its own.
#include <algorithm>
#include <bit>

#include "protocol/semi2k/cost.hpp"
#include "protocol/semi2k/masked_bit.hpp"
#include "protocol/semi2k/semi2k.hpp"
#include "ring/map.hpp"

namespace spud::protocol::semi2k {
namespace {

using correlation::Op;
using Select = std::vector<std::uint16_t>;
/// A boolean function of a digit, entry q its value there.
using DigitFunction = std::vector<bool>;

/// Entries v for which f(digit − v) holds; `less_one` for f(digit − v − 1).
Select shifted(const DigitFunction& f, bool less_one) {
  const auto entries = static_cast<unsigned>(f.size());
  Select select(entries);
  for (unsigned digit = 0; digit < entries; ++digit) {
    for (unsigned v = 0; v < entries; ++v) {
      if (f[(digit + 2 * entries - v - (less_one ? 1 : 0)) % entries])
        select[digit] = static_cast<std::uint16_t>(select[digit] | 1u << v);
    }
  }
  return select;
}

Select operator^(Select a, const Select& b) {
  for (std::size_t i = 0; i < a.size(); ++i) a[i] ^= b[i];
  return a;
}

struct Hiding {
  MaskedBit bit;
  PendingBits opening;
};

Hiding hide(Semi2k& protocol, const ring::BitTensor& share) {
  correlation::MaskBits mask = protocol.source().mask_bits(share.shape());
  MaskedBit bit{{}, mask.share, mask.whole, mask.item};
  return {std::move(bit), protocol.open(share, std::move(mask))};
}

/// Bits that are opened together, each at its place in a list of digits.
using HidingAt = std::vector<std::pair<unsigned, Hiding>>;

/// What look-ups of digit i need: its one-hot table, and the table times the mask of its borrow.
struct DigitReader {
  const ring::DigitTable& table;
  const ring::Tensor& delta;
  const std::vector<ring::DigitTable>& table_times_borrow;
  const std::vector<MaskedBit>& borrow;

  /// XOR share of f(digit i of x): f0 ⊕ c·(f0 ⊕ f1) with the masked borrow c = open ⊕ m, m times the table
  /// dealt.
  ring::BitTensor read(unsigned i, const DigitFunction& f) const {
    Select f0 = shifted(f, false);
    ring::BitTensor plain = ring::look_up(table, i, delta, i, f0);
    if (i == 0) return plain;
    Select change = f0 ^ shifted(f, true);
    return plain ^ (borrow[i].open & ring::look_up(table, i, delta, i, change)) ^
           ring::look_up(table_times_borrow[i], 0, delta, i, change);
  }
};

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
  const ring::DigitLayout layout{width};
  const unsigned digits = layout.digits(), groups = (digits + 3) / 4;
  const Shape shape = x.shape();
  correlation::Register lambda[] = {m.whole};
  correlation::Register hot = source_.derive(Op::kOneHot, {width}, lambda);
  ring::DigitTable table = source_.deal_table(hot);
  BitProducts products(source_, is_first());
  Select below(16), same(16);
  for (unsigned d = 0; d < 16; ++d) {
    same[d] = static_cast<std::uint16_t>(1u << d);
    for (unsigned v = d + 1; v < 16; ++v) below[d] = static_cast<std::uint16_t>(below[d] | 1u << v);
  }

  // 1
  std::vector<MaskedBit> lt(digits), eq(digits);
  {
    HidingAt lt_hidden, eq_hidden;
    for (unsigned i = 0; i + 1 < digits; ++i) {
      lt_hidden.emplace_back(i, hide(*this, ring::look_up(table, i, m.delta, i, below)));
      if (i > 0) eq_hidden.emplace_back(i, hide(*this, ring::look_up(table, i, m.delta, i, same)));
    }
    for (auto& [i, h] : lt_hidden) {
      h.bit.open = co_await h.opening;
      lt[i] = h.bit;
    }
    for (auto& [i, h] : eq_hidden) {
      h.bit.open = co_await h.opening;
      eq[i] = h.bit;
    }
  }
  auto less_terms = [](const std::vector<MaskedBit>& l, const std::vector<MaskedBit>& e, unsigned low,
                       unsigned high) {
    BitTerms terms;
    for (unsigned j = low; j < high; ++j) {
      std::vector<MaskedBit> term{l[j]};
      term.insert(term.end(), e.begin() + j + 1, e.begin() + high);
      terms.push_back(std::move(term));
    }
    return terms;
  };

  // 2
  std::vector<MaskedBit> group_lt(groups), group_eq(groups);
  if (groups > 1) {
    HidingAt lt_hidden, eq_hidden;
    for (unsigned g = 0; g + 1 < groups; ++g) {
      lt_hidden.emplace_back(g, hide(*this, products.sum(less_terms(lt, eq, 4 * g, 4 * g + 4), shape)));
      if (g > 0) {
        std::vector<MaskedBit> term(eq.begin() + 4 * g, eq.begin() + 4 * g + 4);
        eq_hidden.emplace_back(g, hide(*this, products.sum({term}, shape)));
      }
    }
    for (auto& [g, h] : lt_hidden) {
      h.bit.open = co_await h.opening;
      group_lt[g] = h.bit;
    }
    for (auto& [g, h] : eq_hidden) {
      h.bit.open = co_await h.opening;
      group_eq[g] = h.bit;
    }
  }

  // 3
  std::vector<MaskedBit> borrow(digits);
  std::vector<ring::DigitTable> table_times_borrow(digits);
  std::vector<correlation::Register> hot_times_borrow(digits);
  {
    HidingAt hidden;
    for (unsigned i = 1; i < digits; ++i) {
      const unsigned g = i / 4;
      BitTerms terms = less_terms(lt, eq, 4 * g, i);
      for (auto& term : less_terms(group_lt, group_eq, 0, g)) {
        std::vector<MaskedBit> whole(eq.begin() + 4 * g, eq.begin() + i);
        whole.insert(whole.end(), term.begin(), term.end());
        terms.push_back(std::move(whole));
      }
      Hiding h = hide(*this, products.sum(terms, shape));
      correlation::Register factors[] = {hot, h.bit.whole};
      hot_times_borrow[i] = source_.derive(Op::kTableAnd, {i}, factors);
      table_times_borrow[i] = source_.deal_table(hot_times_borrow[i]);
      hidden.emplace_back(i, std::move(h));
    }
    for (auto& [i, h] : hidden) {
      h.bit.open = co_await h.opening;
      borrow[i] = h.bit;
    }
  }
  const DigitReader digit{table, m.delta, table_times_borrow, borrow};

  // 4
  std::vector<MaskedBit> zero(digits), prefix(digits);
  {
    DigitFunction is_zero(16, false);
    is_zero[0] = true;
    HidingAt hidden;
    for (unsigned i = 1; i < digits; ++i) hidden.emplace_back(i, hide(*this, digit.read(i, is_zero)));
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
      hidden.emplace_back(g, hide(*this, products.sum({term}, shape)));
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
      hidden.emplace_back(i, hide(*this, products.sum({term}, shape)));
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
      correlation::Register factors[] = {hot, prefix[i].whole};
      correlation::Register once = source_.derive(Op::kTableAnd, {i}, factors);
      times_prefix = source_.deal_table(once);
      if (i > 0) {
        correlation::Register again[] = {hot_times_borrow[i], prefix[i].whole};
        times_both = source_.deal_table(source_.derive(Op::kTableAnd, {0}, again));
      }
    }
    for (unsigned j = 0; j < 4; ++j) {
      DigitFunction leads_at(16, false);
      for (unsigned q = 1u << j; q < 2u << j; ++q) leads_at[q] = true;
      ring::BitTensor bit = digit.read(i, leads_at);
      if (!topmost) {
        // (open ⊕ μ)·f: the part with the mask μ reads tables that the dealer multiplied by μ.
        Select f0 = shifted(leads_at, false), change = f0 ^ shifted(leads_at, true);
        ring::BitTensor hidden_part = ring::look_up(times_prefix, 0, m.delta, i, f0);
        if (i > 0) {
          hidden_part = hidden_part ^ (borrow[i].open & ring::look_up(times_prefix, 0, m.delta, i, change)) ^
                        ring::look_up(times_both, 0, m.delta, i, change);
        }
        bit = (prefix[i].open & bit) ^ hidden_part;
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
