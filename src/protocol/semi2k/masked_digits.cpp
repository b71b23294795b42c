// SPDX-License-Identifier: Apache-2.0
#include "protocol/semi2k/masked_digits.hpp"

#include <map>

namespace spud::protocol::semi2k {
namespace {

using correlation::Op;
using ring::Select;
using Kind = BitName::Kind;

/// For each public digit the entries v that count: those whose low `bits` bits are above the digit's, or
/// equal to them.
Select entries(unsigned size, unsigned bits, Kind kind) {
  const bool less = kind == Kind::kLess || kind == Kind::kPartLess;
  const unsigned low = (1u << bits) - 1;
  Select select(size);
  for (unsigned digit = 0; digit < size; ++digit) {
    for (unsigned v = 0; v < size; ++v) {
      const bool counts = less ? (v & low) > (digit & low) : (v & low) == (digit & low);
      if (counts) select[digit] = static_cast<std::uint16_t>(select[digit] | 1u << v);
    }
  }
  return select;
}

/// Entries v for which f(digit − v) holds; `less_one` for f(digit − v − 1).
Select shifted(const DigitFunction& f, bool less_one) {
  const auto size = static_cast<unsigned>(f.size());
  Select select(size);
  for (unsigned digit = 0; digit < size; ++digit) {
    for (unsigned v = 0; v < size; ++v) {
      if (f[(digit + 2 * size - v - (less_one ? 1 : 0)) % size])
        select[digit] = static_cast<std::uint16_t>(select[digit] | 1u << v);
    }
  }
  return select;
}

/// Evaluates a plan, round by round.
class Evaluation {
 public:
  Evaluation(Semi2k& protocol, const Digits& digits)
      : protocol_(protocol), digits_(digits), products_(protocol.source(), protocol.is_first()) {}

  /// This party's share of a bit: read from a table, or summed up.
  ring::BitTensor share(const BorrowPlan& plan, const BitName& name) {
    if (name.is_joined()) return sum(plan, plan.joined.at(name));
    const bool part = name.kind == Kind::kPartLess || name.kind == Kind::kPartEqual;
    const unsigned digit = part ? name.at / 4 : name.at;
    const auto& layout = digits_.table.layout();
    const unsigned bits = part ? name.at % 4 : layout.bits_of(digit);
    return ring::look_up(digits_.table, digit, digits_.delta, digit,
                         entries(layout.entries_of(digit), bits, name.kind));
  }

  ring::BitTensor sum(const BorrowPlan& plan, const BorrowPlan::Sum& terms) {
    std::optional<ring::BitTensor> alone;
    BitTerms masked_terms;
    for (const auto& term : terms) {
      if (term.size() == 1) {
        ring::BitTensor one = share(plan, term[0]);
        alone = alone ? *alone ^ one : one;
        continue;
      }
      std::vector<MaskedBit> bits;
      for (const auto& name : term) bits.push_back(masked.at(name));
      masked_terms.push_back(std::move(bits));
    }
    if (masked_terms.empty()) return *alone;
    ring::BitTensor products = products_.sum(masked_terms, digits_.delta.shape());
    return alone ? *alone ^ products : products;
  }

  HiddenBit hide(const BorrowPlan& plan, const BitName& name) {
    return hide_bit(protocol_, share(plan, name));
  }

  std::map<BitName, MaskedBit> masked;

 private:
  Semi2k& protocol_;
  const Digits& digits_;
  BitProducts products_;
};

}  // namespace

DigitBits read_digits(correlation::Source& source, const ring::Tensor& delta,
                      const correlation::Register& lambda, unsigned width) {
  const ring::DigitLayout layout{width};
  const correlation::Register operand[] = {lambda};
  const correlation::Register tables = source.derive(Op::kOneHot, {width}, operand);
  DigitBits bits;
  std::vector<std::array<Select, 2>> selects;
  for (unsigned d = 0; d < layout.digits(); ++d) {
    const unsigned size = layout.entries_of(d), width_of_digit = layout.bits_of(d);
    selects.push_back(
        {entries(size, width_of_digit, Kind::kLess), entries(size, width_of_digit, Kind::kEqual)});
    for (auto* out : {&bits.above, &bits.equal}) {
      out->push_back(delta.is_phantom() ? ring::BitTensor::phantom(delta.shape())
                                        : ring::BitTensor::zeros(delta.shape()));
    }
  }
  const ring::Tensor dense = delta.dense();
  source.deal_tables(tables, [&](std::int64_t first, std::int64_t count, const std::uint16_t* block) {
    const auto digits = std::make_unique_for_overwrite<ring::BlockDigits>();
    digits->load(dense, first, count, width);
    for (unsigned d = 0; d < layout.digits(); ++d) {
      digits->look_up(block + d * count, d, layout.bits_of(d), selects[d],
                      {bits.above[d].writable() + first / 64, bits.equal[d].writable() + first / 64});
    }
  });
  return bits;
}

HiddenBit hide_bit(Semi2k& protocol, const ring::BitTensor& share) {
  correlation::MaskBits mask = protocol.source().mask_bits(share.shape());
  MaskedBit bit{{}, mask.share, mask.whole, mask.item};
  return HiddenBit(std::move(bit), protocol.open(share, std::move(mask)));
}

Task<std::vector<MaskedBit>> hide_bits(Semi2k& protocol, std::vector<ring::BitTensor> shares) {
  std::vector<HiddenBit> hidden;
  for (const auto& share : shares) hidden.push_back(hide_bit(protocol, share));
  std::vector<MaskedBit> out;
  for (auto& h : hidden) {
    h.bit.open = co_await h.opening;
    out.push_back(std::move(h.bit));
  }
  co_return out;
}

Digits deal_digits(Semi2k& protocol, ring::Tensor delta, const correlation::Register& lambda,
                   unsigned width) {
  correlation::Register operand[] = {lambda};
  correlation::Register hot = protocol.source().derive(Op::kOneHot, {width}, operand);
  ring::DigitTable table = protocol.source().deal_table(hot);
  return Digits(std::move(delta), std::move(hot), std::move(table));
}

Task<std::vector<Borrow>> borrows(Semi2k& protocol, Digits digits, std::vector<unsigned> positions,
                                  TopDigits top) {
  const BorrowPlan plan = plan_borrows(positions, top);
  Evaluation evaluation(protocol, digits);
  for (const auto* round : {&plan.first, &plan.second}) {
    std::vector<HiddenBit> hidden;
    for (const auto& name : *round) hidden.push_back(evaluation.hide(plan, name));
    auto at = hidden.begin();
    for (const auto& name : *round) {
      HiddenBit& h = *at++;
      h.bit.open = co_await h.opening;
      evaluation.masked.emplace(name, std::move(h.bit));
    }
  }
  std::vector<Borrow> out;
  for (const auto& terms : plan.borrows) {
    std::optional<MaskedBit> masked;
    if (terms.size() == 1 && terms[0].size() == 1) {
      if (auto found = evaluation.masked.find(terms[0][0]); found != evaluation.masked.end())
        masked = found->second;
    }
    out.emplace_back(evaluation.sum(plan, terms), std::move(masked));
  }
  co_return out;
}

ring::BitTensor MaskedDigits::read(unsigned i, const DigitFunction& f, const ring::DigitTable& plain,
                                   unsigned at, const ring::DigitTable& with_borrow) const {
  // f0 ⊕ c·(f0 ⊕ f1) with the masked borrow c = open ⊕ m, m times the table dealt.
  Select f0 = shifted(f, false), f1 = shifted(f, true);
  ring::BitTensor without = ring::look_up(plain, at, digits.delta, i, f0);
  if (i == 0) return without;
  Select change = f0;
  for (std::size_t d = 0; d < change.size(); ++d) change[d] = static_cast<std::uint16_t>(change[d] ^ f1[d]);
  return without ^ (borrow[i].open & ring::look_up(plain, at, digits.delta, i, change)) ^
         ring::look_up(with_borrow, 0, digits.delta, i, change);
}

ring::BitTensor MaskedDigits::read(unsigned i, const DigitFunction& f) const {
  return read(i, f, digits.table, i, times_borrow[i]);
}
ring::BitTensor MaskedDigits::read_times(unsigned i, const DigitFunction& f, const ring::DigitTable& times,
                                         const ring::DigitTable& times_both) const {
  return read(i, f, times, 0, times_both);
}

Task<MaskedDigits> masked_digits(Semi2k& protocol, Digits digits, unsigned width) {
  const unsigned count = ring::DigitLayout{width}.digits();
  MaskedDigits out(digits, count);
  std::vector<unsigned> positions;
  for (unsigned i = 1; i < count; ++i) positions.push_back(4 * i);
  auto borrows_task = borrows(protocol, digits, positions, TopDigits::kApart);
  std::vector<Borrow> found = co_await borrows_task;
  std::vector<HiddenBit> hidden;
  for (unsigned i = 1; i < count; ++i) {
    const Borrow& borrow = found[i - 1];
    if (borrow.masked) {
      out.borrow[i] = *borrow.masked;
    } else {
      hidden.push_back(hide_bit(protocol, borrow.share));
      out.borrow[i] = hidden.back().bit;
    }
    correlation::Register factors[] = {digits.hot, out.borrow[i].whole};
    out.hot_times_borrow[i] = protocol.source().derive(Op::kTableAnd, {i}, factors);
    out.times_borrow[i] = protocol.source().deal_table(out.hot_times_borrow[i]);
  }
  auto at = hidden.begin();
  for (unsigned i = 1; i < count; ++i) {
    if (found[i - 1].masked) continue;
    HiddenBit& h = *at++;
    out.borrow[i].open = co_await h.opening;
  }
  co_return out;
}

}  // namespace spud::protocol::semi2k
