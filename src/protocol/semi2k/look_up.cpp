// SPDX-License-Identifier: Apache-2.0
// A public table at a secret place (protocols.md, "look-up"; `test_lookup` in the executable model). The
// index is Δ − λ modulo the table's size 2^w; the dealer deals XOR shares of the one-hot table of λ, and the
// parties turn the public table by Δ: Σ_v [v = λ]·T[Δ − v] is local. Two levels, for large tables: the
// one-hot table of λ's high bits folds T to 2^low candidates, which are opened under mask bits of their own;
// the one-hot table of the low bits chooses among what was opened, and the chosen candidate's mask is dealt.
#include "protocol/semi2k/look_up.hpp"

#include "protocol/bit_rows.hpp"
#include "protocol/semi2k/masked_digits.hpp"
#include "ring/map.hpp"
#include "ring/turned_sum.hpp"

namespace spud::protocol::semi2k {
namespace {

using correlation::Op;

/// Entries up to 2^index_bits, the surplus zero.
ring::Tensor padded(const ring::Tensor& table, unsigned index_bits) {
  ring::LinearMap map{.kind = ring::LinearMap::Kind::kPad,
                      .shape = {std::int64_t{1} << index_bits},
                      .axes = {},
                      .start = {0},
                      .step = {1}};
  return ring::apply_linear(map, std::span(&table, 1)).dense();
}

/// Highest bit set in any entry, plus one.
unsigned significant_bits(const ring::Tensor& table) {
  unsigned bits = 0;
  ring::Tensor dense = table.dense();
  ring::with_ring(table.bits(), [&]<class R>(R) {
    for (auto word : dense.words<typename R::Word>()) {
      while (bits < R::kBits && (word >> bits) != 0) ++bits;
    }
  });
  return bits;
}

/// ⊕_u hot_u · T[Δ − u·2^low − at]. hot: [2^high, …], shares: so every entry is read, and the bit is a
/// factor; what is indexed by is public.
ring::Tensor fold(const ring::BitTensor& hot, const ring::Tensor& delta, const ring::Tensor& table,
                  LookUpLevels levels, unsigned at) {
  if (hot.is_phantom() || delta.is_phantom()) return ring::Tensor::phantom(table.bits(), delta.shape());
  ring::Tensor out = ring::Tensor::zeros(table.bits(), delta.shape());
  const auto count = static_cast<std::size_t>(out.elements());
  std::vector<std::uint32_t> place(count);
  const std::uint32_t mask = (1u << (levels.high + levels.low)) - 1;
  ring::Tensor dense = delta.dense();
  ring::with_ring(delta.bits(), [&]<class R>(R) {
    const auto* in = dense.template data<typename R::Word>();
    for (std::size_t i = 0; i < count; ++i) place[i] = (static_cast<std::uint32_t>(in[i]) - at) & mask;
  });
  ring::with_ring(table.bits(), [&]<class R>(R) {
    using Word = typename R::Word;
    const Word* entries = table.data<Word>();
    Word* to = out.writable<Word>();
    const std::uint64_t* bits = hot.words();
    std::size_t bit = 0;
    for (std::uint32_t u = 0; u < 1u << levels.high; ++u) {
      for (std::size_t i = 0; i < count; ++i, ++bit) {
        const Word share = static_cast<Word>(bits[bit / 64] >> (bit % 64) & 1);
        const Word entry = static_cast<Word>(share * entries[(place[i] - (u << levels.low)) & mask]);
        to[i] = static_cast<Word>(to[i] ^ entry);
      }
    }
  });
  return out;
}

}  // namespace

// Opened: index + λ modulo 2^w, and in two levels the candidates. All under pads that every party has a part
// in.
Task<std::vector<Boolean>> Semi2k::look_up_bits(Arith index, ring::Tensor table, unsigned width) {
  const unsigned w = index_bits(table.elements());
  SPUD_CHECK(table.shape().size() == 1 && table.elements() > 0 && w <= kLookUpBits && w <= index.ring_bits(),
             "a table is a list, not too long, that the index can reach");
  SPUD_CHECK(width >= 1 && width <= table.bits(), "as many bits as an entry has, or fewer");
  const LookUpLevels levels = look_up_levels(w);
  table = padded(table, w);
  auto m_task = masked(index, w);
  Masked m = co_await m_task;
  correlation::Register lambda[] = {m.whole};
  ring::BitTensor high = source_.deal_bits(source_.derive(Op::kEntryBits, {levels.high, levels.low}, lambda));
  std::vector<ring::BitTensor> candidates;
  for (unsigned l = 0; l < 1u << levels.low; ++l) {
    ring::Tensor folded = fold(high, m.delta, table, levels, l);
    for (unsigned b = 0; b < width; ++b) candidates.push_back(ring::bit_of(folded, b));
  }
  std::vector<Boolean> out;
  if (levels.low == 0) {
    for (auto& bit : candidates) out.push_back(make(std::move(bit)));
    co_return out;
  }
  Shape rows = index.shape();
  rows.insert(rows.begin(), width);
  rows.insert(rows.begin(), std::int64_t{1} << levels.low);
  ring::BitTensor low = source_.deal_bits(source_.derive(Op::kEntryBits, {levels.low, 0}, lambda));
  correlation::MaskBits mask = source_.mask_bits(rows);
  correlation::Register chosen[] = {m.whole, mask.whole};
  ring::BitTensor rest = source_.deal_bits(source_.derive(Op::kEntry, {levels.low, 0}, chosen));
  PendingBits opening = open(stack_rows(candidates).reshaped(rows), std::move(mask));
  ring::BitTensor opened = co_await opening;
  Shape flat = index.shape();
  flat.insert(flat.begin(), width << levels.low);
  opened = opened.reshaped(flat);
  for (unsigned b = 0; b < width; ++b) {
    ring::BitTensor bit = row_of(rest, b);
    for (unsigned l = 0; l < 1u << levels.low; ++l)
      bit = bit ^ (row_of(low, l) & row_of(opened, l * width + b));
    out.push_back(make(std::move(bit)));
  }
  co_return out;
}

// Two parties: with the shares r and r ⊕ hot of the table, Σ r_v·T[Δ − v] at party 0 and the negative sum at
// party 1 are additive shares of y = s·T[index], s = 2b − 1, b the first party's share at λ, which the dealer
// knows. y is masked; s·y = 2·(b·Δ − b·λ) − Δ + λ, of b and b·λ the low k − 1 bits are dealt: two bits less
// than the model. More parties, or narrow entries: by the entry's bits.
Task<Arith> Semi2k::look_up(Arith index, ring::Tensor table) {
  const unsigned k = table.bits(), width = significant_bits(table);
  if (width == 0) co_return constant(ring::Tensor::zeros(k, index.shape()));
  const unsigned w = index_bits(table.elements());
  if (!looks_up_by_sign(parties_, k, w, width)) {
    auto bits_task = look_up_bits(index, table, width);
    std::vector<Boolean> bits = co_await bits_task;
    auto number_task = compose(bits, k);
    Arith number = co_await number_task;
    co_return number;
  }
  SPUD_CHECK(table.shape().size() == 1 && w <= index.ring_bits(),
             "a table is a list that the index can reach");
  auto m_task = masked(index, w);
  Masked m = co_await m_task;
  correlation::Register lambda[] = {m.whole};
  ring::BitTensor hot = source_.deal_bits(source_.derive(Op::kEntryRow, {w}, lambda));
  correlation::Register sign[] = {source_.derive(Op::kFirstShare, {w}, lambda)};
  correlation::Register b = source_.derive(Op::kWords, {k}, sign);
  const ring::Tensor whole_table = padded(table, w);
  ring::Tensor y = ring::turned_sums(hot, m.delta, std::span(&whole_table, 1))[0];
  if (!is_first()) y = ring::map([](auto v) { return decltype(v)(-v); }, y);
  auto y_task = masked(make(std::move(y)));
  Masked signed_entry = co_await y_task;
  ring::Tensor b_share = source_.deal(b, k - 1);
  correlation::Register factors[] = {b, signed_entry.whole};
  ring::Tensor product = source_.deal(source_.derive(Op::kMultiply, {}, factors), k - 1);
  const bool first = is_first();
  co_return make(ring::map(
      [first](auto delta, auto l, auto s, auto p) {
        using W = decltype(delta);
        const W z = W(W(W(s * delta - p) << 1) + l);
        return first ? W(z - delta) : z;
      },
      signed_entry.delta, signed_entry.lambda, b_share, product));
}

}  // namespace spud::protocol::semi2k
