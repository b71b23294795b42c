// SPDX-License-Identifier: Apache-2.0
// Shifts to the right of any number, and shifts by a secret number of places.
#include <bit>

#include "protocol/bit_rows.hpp"
#include "protocol/semi2k/masked_digits.hpp"
#include "ring/linear_map.hpp"
#include "ring/map.hpp"

namespace spud::protocol::semi2k {
namespace {

using correlation::Op;
using ring::LinearMap;

ring::Tensor everywhere(unsigned ring_bits, const Shape& shape, __int128 value) {
  return ring::map([value](auto z) { return decltype(z)(z + static_cast<decltype(z)>(value)); },
                   ring::Tensor::zeros(ring_bits, shape));
}

/// XOR share of places j + Δ − λ, j = 0 … bits − 1, of a list of masked bits e ⊕ m that goes on by zeros or
/// by its last one: Σ_v hot_v·e[j + Δ − v] ⊕ turned[j + Δ]. `hot`: of λ; `turned`: m turned by λ. Indices
/// public.
std::vector<ring::BitTensor> turn(const ring::BitTensor& opened, const ring::BitTensor& hot,
                                  const ring::BitTensor& turned, const ring::Tensor& delta,
                                  bool by_the_last) {
  const auto bits = static_cast<std::size_t>(opened.shape()[0]);
  if (opened.is_phantom() || hot.is_phantom() || delta.is_phantom())
    return std::vector<ring::BitTensor>(bits, ring::BitTensor::phantom(delta.shape()));
  const auto places = static_cast<std::size_t>(hot.shape()[0]);
  const auto count = static_cast<std::size_t>(delta.elements());
  const auto e = opened.unpack(), h = hot.unpack(), t = turned.unpack();
  const auto by = ring::Tensor(ring::cast(delta.dense(), 32));
  std::vector<std::vector<std::uint8_t>> out(bits, std::vector<std::uint8_t>(count));
  std::vector<std::uint8_t> list(2 * places), sum(bits);
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t d = by.data<std::uint32_t>()[i] & (places - 1);
    // Twice, so that every turn of it is a part of it.
    for (std::size_t p = 0; p < 2 * places; ++p) {
      const std::size_t at = p & (places - 1);
      list[p] = at < bits ? e[at * count + i] : by_the_last ? e[(bits - 1) * count + i] : std::uint8_t{0};
    }
    for (std::size_t j = 0; j < bits; ++j) sum[j] = t[((j + d) & (places - 1)) * count + i];
    for (std::size_t v = 0; v < places; ++v) {
      const std::uint8_t share = h[v * count + i];
      const std::uint8_t* from = list.data() + ((d - v) & (places - 1));
      for (std::size_t j = 0; j < bits; ++j) sum[j] = static_cast<std::uint8_t>(sum[j] ^ (share & from[j]));
    }
    for (std::size_t j = 0; j < bits; ++j) out[j][i] = sum[j];
  }
  std::vector<ring::BitTensor> shares;
  for (const auto& bit : out) shares.push_back(ring::BitTensor::pack(delta.shape(), bit));
  return shares;
}

}  // namespace

// With u = x, or x + 2^(k−1) to be unsigned, u = Δ' − λ + 2^k·[Δ' < λ], so ⌊u / 2^f⌋ = (Δ' ≫ f) − (λ ≫ f) −
// [Δ' mod 2^f < λ mod 2^f] + 2^(k−f)·[Δ' < λ]. Opened: what the two borrows take from one set of tables, then
// the borrows, each under a fresh mask bit.
Task<Arith> Semi2k::shift_right_full(Arith x, unsigned by, bool is_signed) {
  if (by == 0) co_return x;
  const unsigned k = x.ring_bits(), f = by;
  SPUD_CHECK(f < k, "a shift leaves bits");
  auto m_task = masked(x);
  Masked m = co_await m_task;
  ring::Tensor delta = m.delta;
  if (is_signed)
    delta = ring::map([k](auto d) { return decltype(d)(d + (decltype(d)(1) << (k - 1))); }, delta);
  std::vector<unsigned> positions{f, k};
  auto borrows_task = borrows(*this, deal_digits(*this, delta, m.whole, k), positions, TopDigits::kJoined);
  std::vector<Borrow> found = co_await borrows_task;
  correlation::MaskBits low_mask = source_.mask_bits(x.shape()), wrap_mask = source_.mask_bits(x.shape());
  correlation::Register low_bit[] = {low_mask.whole}, wrap_bit[] = {wrap_mask.whole}, lambda[] = {m.whole};
  ring::Tensor low_share = source_.deal(source_.derive(Op::kWords, {k}, low_bit), k);
  ring::Tensor wrap_share = source_.deal(source_.derive(Op::kWords, {k}, wrap_bit), f);
  ring::Tensor high = source_.deal(source_.derive(Op::kShiftRight, {f}, lambda), k);
  PendingBits low_opening = open(found[0].share, std::move(low_mask)),
              wrap_opening = open(found[1].share, std::move(wrap_mask));
  ring::BitTensor low = co_await low_opening;
  ring::BitTensor wrap = co_await wrap_opening;
  const bool first = is_first();
  co_return make(ring::map(
      [=](auto d, auto h, auto lo, auto ls, auto wo, auto ws) {
        using W = decltype(d);
        const W borrow = W((first ? lo : W(0)) + W(1 - (lo << 1)) * ls);
        const W wrapped = W((first ? wo : W(0)) + W(1 - (wo << 1)) * ws);
        W z = W(W(wrapped << (k - f)) - borrow - h);
        if (first) z = W(z + ring::shift_right(d, f, k) - (is_signed ? W(W(1) << (k - 1 - f)) : W(0)));
        return z;
      },
      delta, high, ring::to_words(low, k), low_share, ring::to_words(wrap, k), wrap_share));
}

Task<Arith> Semi2k::shift(Arith x, Arith places, Shift kind) {
  SPUD_CHECK(x.ring_bits() == places.ring_bits() && x.shape() == places.shape(),
             "a number and its places agree in ring and shape");
  if (kind == Shift::kLeft) {
    auto left_task = shift_left_by(x, places);
    Arith left = co_await left_task;
    co_return left;
  }
  auto right_task = shift_right_by(x, places, kind);
  Arith right = co_await right_task;
  co_return right;
}

// x·2^(s mod k), and nothing where s ≥ k: a look-up, a product and a choice.
Task<Arith> Semi2k::shift_left_by(Arith x, Arith places) {
  const unsigned k = x.ring_bits();
  Started<Masked> x_masked(executor_, masked(x)), places_masked(executor_, masked(places));
  Masked mx = co_await x_masked;
  Masked mp = co_await places_masked;
  Started<Boolean> inside(executor_, below(places, k));
  ring::Tensor powers = ring::Tensor::uninitialised(k, {k});
  ring::with_ring(k, [&]<class R>(R) {
    using Word = typename R::Word;
    for (unsigned i = 0; i < k; ++i) powers.writable<Word>()[i] = static_cast<Word>(Word{1} << i);
  });
  auto power_task = look_up(places, powers);
  Arith power = co_await power_task;
  auto shifted_task = multiply(power, x);
  Arith shifted = co_await shifted_task;
  Boolean is_inside = co_await inside;
  auto chosen_task = mux(is_inside, shifted);
  Arith chosen = co_await chosen_task;
  co_return chosen;
}

// The bits of x, masked, are a list that goes on by its fill to 2k places; it is turned by s = Δ − λ modulo
// 2k, where s is the number of places, or k for all above. Opened: the bits of x, s modulo 2k, the bits of
// the result, each under a fresh mask. Dealt besides: the one-hot table of λ, and the masks of x's bits
// turned by λ.
Task<Arith> Semi2k::shift_right_by(Arith x, Arith places, Shift kind) {
  const unsigned k = x.ring_bits(), width = static_cast<unsigned>(std::countr_zero(k)) + 1;
  const bool by_sign = kind == Shift::kRightArithmetic;
  Started<std::vector<Boolean>> decomposition(executor_, bits(x, k));
  auto places_task = masked(places);
  Masked whole = co_await places_task;
  auto inside_task = below(places, k);
  Boolean inside = co_await inside_task;
  // min(places, k)
  auto less_task = mux(inside, add_public(places, everywhere(k, x.shape(), -static_cast<__int128>(k))));
  Arith less = co_await less_task;
  Started<Masked> bounded(executor_, masked(add_public(less, everywhere(k, x.shape(), k)), width));
  std::vector<Boolean> x_bits = co_await decomposition;
  std::vector<ring::BitTensor> shares;
  for (const auto& bit : x_bits) shares.push_back(share_of(bit));
  ring::BitTensor rows = stack_rows(shares);
  correlation::MaskBits mask = source_.mask_bits(rows.shape());
  correlation::Register masks = mask.whole;
  PendingBits opening = open(rows, std::move(mask));
  Masked by = co_await bounded;
  correlation::Register lambda[] = {by.whole}, turning[] = {by.whole, masks};
  ring::BitTensor hot = source_.deal_bits(source_.derive(Op::kEntryBits, {width, 0}, lambda));
  ring::BitTensor turned = source_.deal_bits(source_.derive(Op::kRotate, {width, by_sign ? 1 : 0}, turning));
  ring::BitTensor opened = co_await opening;
  std::vector<Boolean> result;
  for (auto& bit : turn(opened, hot, turned, by.delta, by_sign)) result.push_back(make(std::move(bit)));
  auto number_task = compose(result, k);
  Arith number = co_await number_task;
  co_return number;
}

}  // namespace spud::protocol::semi2k
