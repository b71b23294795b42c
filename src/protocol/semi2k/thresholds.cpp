// SPDX-License-Identifier: Apache-2.0
// One number against many public ones (protocols.md, "[x < c_j] for many public c_j"): Δ − c_j differs, λ and
// so its tables do not. Dealt once: the tables of λ's digits. Opened for each c_j: what one borrow takes,
// less what lies below the lowest one of c_j, where Δ − c_j is Δ; each bit under a mask of its own, which is
// what hides it: two look-ups in one table under one mask bit would not.
#include <algorithm>

#include "protocol/semi2k/masked_digits.hpp"
#include "protocol/semi2k/shared_bits.hpp"
#include "ring/map.hpp"

namespace spud::protocol::semi2k {
namespace {

using correlation::Op;
using Wide = unsigned __int128;

ring::Tensor plus(const ring::Tensor& x, Wide c) {
  return ring::map([c](auto v) { return decltype(v)(v + static_cast<decltype(v)>(c)); }, x);
}

}  // namespace

// Where the ring has a bit to spare, x < c iff x − c is negative in width + 1 bits. Else, with everything
// moved up by 2^(k−1) to be unsigned, y = x + 2^(k−1) and d likewise: y = Δ − λ + 2^k·w and y − d mod 2^k =
// (Δ − d) − λ + 2^k·v with the borrows w = [Δ < λ] and v = [Δ − d < λ], so y < d iff v ⊕ w ⊕ [Δ < d].
Task<std::vector<Boolean>> Semi2k::less_than_public(Arith x, std::vector<__int128> thresholds,
                                                    unsigned width) {
  const unsigned k = x.ring_bits();
  SPUD_CHECK(width >= 1 && width <= k, "a number's range is within its ring");
  const bool whole = width == k;
  auto m_task = masked(x, whole ? k : width + 1);
  Masked m = co_await m_task;
  Digits digits = deal_digits(*this, m.delta, m.whole, width);
  const Wide half = Wide{1} << (width - 1);
  ring::Tensor base = whole ? plus(m.delta, half) : m.delta;
  std::optional<ring::BitTensor> top;
  std::vector<ring::Tensor> differences;
  if (whole) {
    differences.push_back(base);
  } else {
    correlation::Register lambda[] = {m.whole};
    top = source_.deal_bits(source_.derive(Op::kBit, {width}, lambda));
  }
  for (__int128 c : thresholds) {
    SPUD_CHECK(c >= -static_cast<__int128>(half - 1) - 1 && c <= static_cast<__int128>(half - 1),
               "a threshold lies in the number's range");
    differences.push_back(plus(base, -(static_cast<Wide>(c) + (whole ? half : 0))));
  }
  // In the bits below its lowest one a threshold takes nothing off.
  const SharedBits shared = shared_bits(thresholds, k, width);
  std::vector<Further> further;
  for (std::size_t j = 0; j < differences.size(); ++j) {
    if (j != shared.base) further.emplace_back(differences[j], shared.same_below[j]);
  }
  auto borrows_task = borrows_of_many(*this, digits.of(differences[shared.base]), std::move(further), width);
  std::vector<ring::BitTensor> found = co_await borrows_task;
  std::rotate(found.begin(), found.begin() + 1, found.begin() + static_cast<std::ptrdiff_t>(shared.base) + 1);
  std::vector<Boolean> out;
  for (std::size_t j = 0; j < thresholds.size(); ++j) {
    if (!whole) {
      ring::BitTensor less = found[j] ^ *top;
      if (is_first()) less = less ^ ring::bit_of(differences[j], width);
      out.push_back(make(std::move(less)));
      continue;
    }
    const Wide d = static_cast<Wide>(thresholds[j]) + half;
    ring::BitTensor less = found[j + 1] ^ found[0];
    if (is_first()) {
      less = less ^ ring::bit_of(ring::map(
                                     [d, k](auto v) {
                                       using W = decltype(v);
                                       const Wide mask = k == 128 ? ~Wide{0} : (Wide{1} << k) - 1;
                                       return W((Wide{v} & mask) < (d & mask) ? 1 : 0);
                                     },
                                     base),
                                 0);
    }
    out.push_back(make(std::move(less)));
  }
  co_return out;
}

Task<Boolean> Semi2k::below(Arith x, __int128 limit) {
  const unsigned k = x.ring_bits();
  const Wide half = Wide{1} << (k - 1);
  // Less one half both, unsigned numbers are signed ones.
  ring::Tensor by = plus(ring::Tensor::zeros(k, x.shape()), half);
  const auto threshold = static_cast<__int128>(static_cast<Wide>(limit) - half);
  auto less_task = less_than_public(add_public(x, by), std::vector<__int128>(1, threshold), k);
  std::vector<Boolean> less = co_await less_task;
  co_return less[0];
}

}  // namespace spud::protocol::semi2k
