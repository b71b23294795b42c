// SPDX-License-Identifier: Apache-2.0
// A number's bits, and back (protocols.md, "all 64 bits of a masked x"; `bits_of` in the executable model).
#include "protocol/semi2k/masked_digits.hpp"
#include "ring/linear_map.hpp"
#include "ring/map.hpp"

namespace spud::protocol::semi2k {

using correlation::Op;

// Opened: what the borrows into the digits take, then the borrows, each bit under a fresh mask. Of 64 bits
// the model opens 49 where this opens 43: the topmost lt of a group stands alone in its sum, so its share
// does, and the borrows into digits 1 and 4 were opened on the way.
Task<std::vector<Boolean>> Semi2k::bits(Arith x, unsigned width) {
  if (width == 0) co_return std::vector<Boolean>();
  auto m_task = masked(x, width);
  Masked m = co_await m_task;
  auto digits_task = masked_digits(*this, deal_digits(*this, m.delta, m.whole, width), width);
  MaskedDigits digits = co_await digits_task;
  const ring::DigitLayout layout{width};
  std::vector<Boolean> out;
  for (unsigned i = 0; i < layout.digits(); ++i) {
    for (unsigned j = 0; j < layout.bits_of(i); ++j) {
      DigitFunction bit(layout.entries_of(i));
      for (unsigned q = 0; q < bit.size(); ++q) bit[q] = (q >> j & 1) != 0;
      out.push_back(make(digits.read(i, bit)));
    }
  }
  co_return out;
}

// Opened: e = b ⊕ m for each bit under a fresh mask m, as in to_arith. Of bit i's share only k − i bits
// count.
Task<Arith> Semi2k::compose(std::vector<Boolean> bits, unsigned ring_bits) {
  const unsigned k = ring_bits;
  SPUD_CHECK(!bits.empty() && bits.size() <= k, "a number has as many bits as its ring, or fewer");
  std::vector<ring::Tensor> masks;
  std::vector<PendingBits> openings;
  for (unsigned i = 0; i < bits.size(); ++i) {
    correlation::MaskBits mask = source_.mask_bits(bits[i].shape());
    correlation::Register whole[] = {mask.whole};
    masks.push_back(source_.deal(source_.derive(Op::kWords, {k}, whole), k - i));
    openings.push_back(open(share_of(bits[i]), std::move(mask)));
  }
  ring::Tensor total = ring::Tensor::zeros(k, bits[0].shape());
  const bool first = is_first();
  for (unsigned i = 0; i < bits.size(); ++i) {
    PendingBits& opening = openings[i];
    ring::BitTensor opened = co_await opening;
    total = ring::map(
        [first, i](auto sum, auto open, auto share) {
          using W = decltype(open);
          const W bit = W((first ? open : W(0)) + W(1 - (open << 1)) * share);
          return W(sum + W(bit << i));
        },
        total, ring::to_words(opened, k), masks[i]);
  }
  co_return make(std::move(total));
}

}  // namespace spud::protocol::semi2k
