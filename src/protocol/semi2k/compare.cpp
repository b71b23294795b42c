// SPDX-License-Identifier: Apache-2.0
// Comparisons by digit tables (protocols.md, "Less-than"): x = Δ − λ, so its sign and whether it is zero are
// comparisons of a number that all parties know with one that the dealer knows.
#include "protocol/semi2k/masked_bit.hpp"
#include "protocol/semi2k/semi2k.hpp"

namespace spud::protocol::semi2k {
namespace {

using correlation::Op;
using ring::Select;

/// For each public digit, the entries v of the dealer's digit that count: v > digit, or v = digit.
Select entries_above(unsigned entries) {
  Select select(entries);
  for (unsigned digit = 0; digit < entries; ++digit) {
    for (unsigned v = digit + 1; v < entries; ++v)
      select[digit] = static_cast<std::uint16_t>(select[digit] | 1u << v);
  }
  return select;
}
Select entry_at(unsigned entries) {
  Select select(entries);
  for (unsigned digit = 0; digit < entries; ++digit) select[digit] = static_cast<std::uint16_t>(1u << digit);
  return select;
}

/// For every digit of a public Δ, what is read at it in the dealer's tables of λ.
struct DigitBits {
  std::vector<ring::BitTensor> above;  ///< [Δ_d < λ_d]
  std::vector<ring::BitTensor> equal;  ///< [Δ_d = λ_d]
};

/// Tables are read once, block by block as they come, and not kept.
DigitBits read_digits(correlation::Source& source, const ring::Tensor& delta,
                      const correlation::Register& lambda, unsigned width) {
  const ring::DigitLayout layout{width};
  const correlation::Register operand[] = {lambda};
  const correlation::Register tables = source.derive(Op::kOneHot, {width}, operand);
  DigitBits bits;
  std::vector<std::array<Select, 2>> selects;
  for (unsigned d = 0; d < layout.digits(); ++d) {
    const unsigned entries = layout.entries_of(d);
    selects.push_back({entries_above(entries), entry_at(entries)});
    for (auto* out : {&bits.above, &bits.equal}) {
      out->push_back(delta.is_phantom() ? ring::BitTensor::phantom(delta.shape())
                                        : ring::BitTensor::zeros(delta.shape()));
    }
  }
  const ring::Tensor dense = delta.dense();
  const auto digits = std::make_unique<ring::BlockDigits>();
  source.deal_tables(tables, [&](std::int64_t first, std::int64_t count, const std::uint16_t* block) {
    digits->load(dense, first, count, width);
    for (unsigned d = 0; d < layout.digits(); ++d) {
      digits->look_up(block + d * count, d, layout.bits_of(d), selects[d],
                      {bits.above[d].writable() + first / 64, bits.equal[d].writable() + first / 64});
    }
  });
  return bits;
}

/// A bit on its way to becoming a MaskedBit.
struct Hiding {
  MaskedBit bit;
  PendingBits opening;
};

/// Opens a shared bit under a fresh mask bit of its own: that is what makes what is opened uniform, whatever
/// table it was read from.
Hiding hide(Semi2k& protocol, const ring::BitTensor& share) {
  correlation::MaskBits mask = protocol.source().mask_bits(share.shape());
  MaskedBit bit{{}, mask.share, mask.whole, mask.item};
  return {std::move(bit), protocol.open(share, std::move(mask))};
}

/// Terms of [number < mask] over digits low … high − 1: lt_j · ∏_{j < l < high} eq_l.
BitTerms less_terms(const std::vector<MaskedBit>& less, const std::vector<MaskedBit>& equal, unsigned low,
                    unsigned high) {
  BitTerms terms;
  for (unsigned j = low; j < high; ++j) {
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

// Opened: per digit lt and eq under a fresh bit each, then the same per group of four digits. The lowest eq
// and the lowest group's product of eqs are never needed, so never opened.
Task<ring::BitTensor> Semi2k::borrow(ring::Tensor delta, correlation::Register lambda, unsigned width) {
  const unsigned digits = ring::DigitLayout{width}.digits();
  const Shape shape = delta.shape();
  std::vector<Hiding> hidden_less, hidden_equal;
  {
    const DigitBits bits = read_digits(source_, delta, lambda, width);
    for (unsigned d = 0; d < digits; ++d) {
      hidden_less.push_back(hide(*this, bits.above[d]));
      if (d > 0) hidden_equal.push_back(hide(*this, bits.equal[d]));
    }
  }
  std::vector<MaskedBit> less, equal(1);  // equal[0] is never used
  for (auto& h : hidden_less) {
    h.bit.open = co_await h.opening;
    less.push_back(std::move(h.bit));
  }
  for (auto& h : hidden_equal) {
    h.bit.open = co_await h.opening;
    equal.push_back(std::move(h.bit));
  }

  BitProducts products(source_, is_first());
  if (digits <= kGroup) co_return products.sum(less_terms(less, equal, 0, digits), shape);

  std::vector<Hiding> hidden_group_less, hidden_group_equal;
  const unsigned groups = (digits + kGroup - 1) / kGroup;
  for (unsigned g = 0; g < groups; ++g) {
    const unsigned low = kGroup * g, high = std::min(digits, low + kGroup);
    hidden_group_less.push_back(hide(*this, products.sum(less_terms(less, equal, low, high), shape)));
    if (g > 0) hidden_group_equal.push_back(hide(*this, products.sum({slice(equal, low, high)}, shape)));
  }
  std::vector<MaskedBit> group_less, group_equal(1);
  for (auto& h : hidden_group_less) {
    h.bit.open = co_await h.opening;
    group_less.push_back(std::move(h.bit));
  }
  for (auto& h : hidden_group_equal) {
    h.bit.open = co_await h.opening;
    group_equal.push_back(std::move(h.bit));
  }
  co_return products.sum(less_terms(group_less, group_equal, 0, groups), shape);
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

// x = 0 iff Δ = λ: all digits are equal.
Task<Boolean> Semi2k::is_zero(Arith x) {
  auto m_task = masked(x);
  Masked m = co_await m_task;
  const unsigned k = x.ring_bits();
  std::vector<Hiding> hidden;
  for (const auto& equal : read_digits(source_, m.delta, m.whole, k).equal)
    hidden.push_back(hide(*this, equal));
  std::vector<MaskedBit> equal;
  for (auto& h : hidden) {
    h.bit.open = co_await h.opening;
    equal.push_back(std::move(h.bit));
  }
  BitProducts products(source_, is_first());
  const auto digits = static_cast<unsigned>(equal.size());
  if (digits <= kGroup) co_return make(products.sum({equal}, x.shape()));
  std::vector<Hiding> hidden_groups;
  for (unsigned low = 0; low < digits; low += kGroup) {
    hidden_groups.push_back(
        hide(*this, products.sum({slice(equal, low, std::min(digits, low + kGroup))}, x.shape())));
  }
  std::vector<MaskedBit> groups;
  for (auto& h : hidden_groups) {
    h.bit.open = co_await h.opening;
    groups.push_back(std::move(h.bit));
  }
  co_return make(products.sum({groups}, x.shape()));
}

// Both bits are opened under fresh masks; the dealer deals the product of the masks.
Task<Boolean> Semi2k::logical_and(Boolean a, Boolean b) {
  Hiding left = hide(*this, share_of(a)), right = hide(*this, share_of(b));
  left.bit.open = co_await left.opening;
  right.bit.open = co_await right.opening;
  BitProducts products(source_, is_first());
  co_return make(products.sum({{left.bit, right.bit}}, a.shape()));
}

}  // namespace spud::protocol::semi2k
