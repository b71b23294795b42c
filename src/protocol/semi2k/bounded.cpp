// SPDX-License-Identifier: Apache-2.0
// Steps on numbers of which a range is known: x = Δ − λ modulo 2^width is enough, so only that much of Δ is
// opened and of λ is dealt. The wide forms are in compare.cpp; what is opened has a fresh pad here as there.
#include <algorithm>

#include "protocol/semi2k/masked_digits.hpp"

namespace spud::protocol::semi2k {

using correlation::Op;

Task<Arith> Semi2k::prepare(Arith x) {
  auto m_task = masked(x);
  Masked m = co_await m_task;
  co_return x;
}

// Opened: Δ = x + λ modulo 2^width, as in open_masked. It does not stay with x: who needs more
// of x later masks it anew, under another mask.
Task<Masked> Semi2k::masked(Arith x, unsigned width) {
  SPUD_CHECK(width >= 1 && width <= x.ring_bits(), "a part of a number is within its ring");
  const auto& body = static_cast<const ArithBody&>(*x.body());
  if (width == x.ring_bits() || body.masked.has_value() || body.masking) {
    auto whole_task = masked(x);
    Masked whole = co_await whole_task;
    co_return whole;
  }
  auto narrow_task = open_masked(x, width);
  Masked narrow = co_await narrow_task;
  co_return narrow;
}

// Bit width − 1 of x, as msb(x) in compare.cpp.
Task<Boolean> Semi2k::negative(Arith x, unsigned width) {
  auto m_task = masked(x, width);
  Masked m = co_await m_task;
  correlation::Register lambda[] = {m.whole};
  ring::BitTensor sign = source_.deal_bits(source_.derive(Op::kBit, {width - 1}, lambda));
  if (is_first()) sign = sign ^ ring::bit_of(m.delta, width - 1);
  if (width > 1) {
    auto below_task = borrow(m.delta, m.whole, width - 1);
    ring::BitTensor below = co_await below_task;
    sign = sign ^ below;
  }
  co_return make(std::move(sign));
}

// x = 0 iff Δ = λ: all digits are equal. Opened: per digit eq, then per group of four digits the product of
// its eqs, each under a fresh bit. A single digit or group is not opened: its share is the result.
Task<Boolean> Semi2k::is_zero(Arith x, unsigned width) {
  auto m_task = masked(x, width);
  Masked m = co_await m_task;
  std::vector<ring::BitTensor> shares = read_digits(source_, m.delta, m.whole, width).equal;
  if (shares.size() == 1) co_return make(std::move(shares[0]));
  BitProducts products(source_, is_first());
  auto digits_task = hide_bits(*this, shares);
  std::vector<MaskedBit> equal = co_await digits_task;
  if (equal.size() > 4) {
    shares.clear();
    for (std::size_t low = 0; low < equal.size(); low += 4) {
      BitTerms all(1);
      for (std::size_t d = low; d < std::min(equal.size(), low + 4); ++d) all[0].push_back(equal[d]);
      shares.push_back(products.sum(all, x.shape()));
    }
    auto groups_task = hide_bits(*this, shares);
    std::vector<MaskedBit> groups = co_await groups_task;
    equal = std::move(groups);
  }
  BitTerms all(1, std::move(equal));
  co_return make(products.sum(all, x.shape()));
}

}  // namespace spud::protocol::semi2k
