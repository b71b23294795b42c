// SPDX-License-Identifier: Apache-2.0
#include "protocol/semi2k/masked_digits.hpp"

#include <array>
#include <map>
#include <memory>
#include <set>

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

/// Evaluates a plan, round by round. One with a base, of a number that agrees with this one below bit
/// `same_below`, opens nothing that the base has opened.
class Evaluation {
 public:
  Evaluation(Semi2k& protocol, Digits digits, BitProducts& products, const Evaluation* base = nullptr,
             unsigned same_below = 0)
      : protocol_(protocol),
        digits_(std::move(digits)),
        products_(products),
        base_(base),
        same_below_(same_below),
        first_read_(same_below / 4) {}

  /// Posts what a round opens.
  void post(const BorrowPlan& plan, const std::set<BitName>& round) {
    for (const auto& name : round) {
      if (base_ == nullptr || name.end() > same_below_)
        posted_.emplace_back(name, hide_bit(protocol_, share(plan, name)));
    }
  }
  std::vector<std::pair<BitName, HiddenBit>>& posted() { return posted_; }
  /// All that was posted has been opened.
  void settle() {
    for (auto& [name, hidden] : posted_) masked_.emplace(name, std::move(hidden.bit));
    posted_.clear();
  }

  const MaskedBit* find(const BitName& name) const {
    const auto& from = base_ != nullptr && name.end() <= same_below_ ? base_->masked_ : masked_;
    const auto found = from.find(name);
    return found == from.end() ? nullptr : &found->second;
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
      for (const auto& name : term) bits.push_back(*find(name));
      masked_terms.push_back(std::move(bits));
    }
    if (masked_terms.empty()) return *alone;
    ring::BitTensor products = products_.sum(masked_terms, digits_.delta.shape());
    return alone ? *alone ^ products : products;
  }

 private:
  /// This party's share of a bit: read from a table, or summed up.
  ring::BitTensor share(const BorrowPlan& plan, const BitName& name) {
    if (name.is_joined()) return sum(plan, plan.joined.at(name));
    const bool part = name.kind == Kind::kPartLess || name.kind == Kind::kPartEqual;
    const unsigned digit = part ? name.at / 4 : name.at;
    const auto& layout = digits_.table.layout();
    if (!part && digit >= first_read_) {
      if (read_.empty()) read();
      return read_[digit - first_read_][name.kind == Kind::kEqual ? 1 : 0];
    }
    const unsigned bits = part ? name.at % 4 : layout.bits_of(digit);
    return ring::look_up(digits_.table, digit, digits_.delta, digit,
                         entries(layout.entries_of(digit), bits, name.kind));
  }

  /// All whole digits that the base does not have, in one pass over the tables.
  void read() {
    const auto& layout = digits_.table.layout();
    std::vector<std::array<Select, 2>> selects;
    for (unsigned d = first_read_; 4 * d < layout.width; ++d) {
      const unsigned size = layout.entries_of(d), bits = layout.bits_of(d);
      selects.push_back({entries(size, bits, Kind::kLess), entries(size, bits, Kind::kEqual)});
    }
    read_ = ring::look_up_digits(digits_.table, digits_.delta, first_read_, selects);
  }

  Semi2k& protocol_;
  Digits digits_;
  BitProducts& products_;
  const Evaluation* base_;
  unsigned same_below_;
  unsigned first_read_;
  std::vector<std::array<ring::BitTensor, 2>> read_;  ///< [digit < λ's], [digit = λ's]
  std::map<BitName, MaskedBit> masked_;
  std::vector<std::pair<BitName, HiddenBit>> posted_;
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
  BitProducts products(protocol.source(), protocol.is_first());
  Evaluation evaluation(protocol, digits, products);
  for (const auto* round : {&plan.first, &plan.second}) {
    evaluation.post(plan, *round);
    for (auto& [name, hidden] : evaluation.posted()) hidden.bit.open = co_await hidden.opening;
    evaluation.settle();
  }
  std::vector<Borrow> out;
  for (const auto& terms : plan.borrows) {
    std::optional<MaskedBit> masked;
    if (terms.size() == 1 && terms[0].size() == 1) {
      if (const MaskedBit* found = evaluation.find(terms[0][0])) masked = *found;
    }
    out.emplace_back(evaluation.sum(plan, terms), std::move(masked));
  }
  co_return out;
}

Task<std::vector<ring::BitTensor>> borrows_of_many(Semi2k& protocol, Digits digits,
                                                   std::vector<Further> further, unsigned width) {
  const BorrowPlan plan = plan_borrows({width}, TopDigits::kJoined);
  BitProducts products(protocol.source(), protocol.is_first());
  std::vector<std::unique_ptr<Evaluation>> all;
  all.push_back(std::make_unique<Evaluation>(protocol, digits, products));
  for (auto& [number, same_below] : further) {
    all.push_back(std::make_unique<Evaluation>(protocol, digits.of(std::move(number)), products, all[0].get(),
                                               same_below));
  }
  for (const auto* round : {&plan.first, &plan.second}) {
    for (auto& one : all) one->post(plan, *round);
    for (auto& one : all) {
      for (auto& [name, hidden] : one->posted()) hidden.bit.open = co_await hidden.opening;
      one->settle();
    }
  }
  std::vector<ring::BitTensor> out;
  for (auto& one : all) out.push_back(one->sum(plan, plan.borrows[0]));
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
