// SPDX-License-Identifier: Apache-2.0
// Bits, shifts, look-ups and steps on numbers of a known range, in plain; the range is checked.
#include <algorithm>

#include "protocol/ref2k/plain.hpp"
#include "protocol/ref2k/ref2k.hpp"
#include "ring/map.hpp"

namespace spud::protocol::ref2k {
namespace {

using Wide = unsigned __int128;

/// Whether every number lies in [−2^(width−1), 2^(width−1)).
bool all_within(const ring::Tensor& x, unsigned width) {
  bool inside = true;
  (void)ring::map(
      [&](auto v) {
        const __int128 n = number(v, x.bits());
        inside &= n >> (width - 1) == 0 || n >> (width - 1) == -1;
        return v;
      },
      x);
  return inside;
}

/// Of a number, as wide as the ring, without sign.
template <class Word>
Wide unsigned_number(Word word, unsigned k) {
  const Wide mask = k == 128 ? ~Wide{0} : (Wide{1} << k) - 1;
  return static_cast<Wide>(word) & mask;
}

}  // namespace

Task<Arith> Ref2k::prepare(Arith x) {
  co_return x;
}

Task<Boolean> Ref2k::negative(Arith x, unsigned width) {
  if (!all_within(plain(x), width))
    refuse("a number is outside the range it was said to have", "|x| < 2^(width−1)");
  co_return make(ring::bit_of(plain(x), x.ring_bits() - 1));
}
Task<Boolean> Ref2k::is_zero(Arith x, unsigned width) {
  if (!all_within(plain(x), width))
    refuse("a number is outside the range it was said to have", "|x| < 2^(width−1)");
  auto zero_task = is_zero(x);
  Boolean zero = co_await zero_task;
  co_return zero;
}

Task<std::vector<Boolean>> Ref2k::less_than_public(Arith x, std::vector<__int128> thresholds,
                                                   unsigned width) {
  if (!all_within(plain(x), width))
    refuse("a number is outside the range it was said to have", "|x| < 2^(width−1)");
  const unsigned k = x.ring_bits();
  std::vector<Boolean> out;
  for (__int128 c : thresholds) {
    out.push_back(make(
        ring::bit_of(ring::map([&](auto v) { return decltype(v)(number(v, k) < c ? 1 : 0); }, plain(x)), 0)));
  }
  co_return out;
}

Task<Arith> Ref2k::widen_bounded(Arith x, unsigned ring_bits) {
  if (!all_within(plain(x), x.ring_bits() - 1))
    refuse("a number is too large to be widened so", "|x| < 2^(k−2)");
  auto wide_task = widen(x, ring_bits, true);
  Arith wide = co_await wide_task;
  co_return wide;
}

Task<Arith> Ref2k::shift_right_full(Arith x, unsigned by, bool is_signed) {
  const unsigned k = x.ring_bits();
  co_return make(ring::map(
      [&](auto v) {
        using W = decltype(v);
        return is_signed ? W(number(v, k) >> by) : W(unsigned_number(v, k) >> by);
      },
      plain(x)));
}

Task<Arith> Ref2k::wrap(Arith x, unsigned width, bool is_signed) {
  co_return make(ring::map(
      [&](auto v) {
        using W = decltype(v);
        const W low = W(v & W((W(1) << width) - 1));
        return is_signed ? W(number(low, width)) : low;
      },
      plain(x)));
}

Task<Arith> Ref2k::shift(Arith x, Arith places, Shift kind) {
  const unsigned k = x.ring_bits();
  co_return make(ring::map(
      [&](auto v, auto s) {
        using W = decltype(v);
        const Wide all = unsigned_number(s, k);
        const auto by = static_cast<unsigned>(std::min<Wide>(all, k - 1));
        const bool outside = all >= k;
        switch (kind) {
          case Shift::kLeft:
            return outside ? W(0) : W(unsigned_number(v, k) << by);
          case Shift::kRightLogical:
            return outside ? W(0) : W(unsigned_number(v, k) >> by);
          case Shift::kRightArithmetic:
            break;
        }
        return W(number(v, k) >> by);
      },
      plain(x), plain(places)));
}

Task<std::vector<Boolean>> Ref2k::bits(Arith x, unsigned width) {
  std::vector<Boolean> out;
  for (unsigned i = 0; i < width; ++i) out.push_back(make(ring::bit_of(plain(x), i)));
  co_return out;
}
Task<Arith> Ref2k::compose(std::vector<Boolean> bits, unsigned ring_bits) {
  ring::Tensor total = ring::Tensor::zeros(ring_bits, bits.at(0).shape());
  for (unsigned i = 0; i < bits.size(); ++i) {
    total = ring::map([i](auto sum, auto bit) { return decltype(sum)(sum + (bit << i)); }, total,
                      ring::to_words(plain(bits[i]), ring_bits));
  }
  co_return make(std::move(total));
}

Task<Arith> Ref2k::look_up(Arith index, ring::Tensor table) {
  if (plain(index).is_phantom()) co_return make(ring::Tensor::phantom(table.bits(), index.shape()));
  ring::Tensor entries = table.dense(), numbers = plain(index).dense();
  ring::Tensor out = ring::Tensor::zeros(table.bits(), index.shape());
  bool inside = true;
  ring::with_ring(index.ring_bits(), [&]<class I>(I) {
    ring::with_ring(table.bits(), [&]<class T>(T) {
      const auto* in = numbers.template data<typename I::Word>();
      const auto* from = entries.template data<typename T::Word>();
      auto* to = out.template writable<typename T::Word>();
      for (std::int64_t i = 0; i < out.elements(); ++i) {
        const bool good = in[i] < static_cast<Wide>(entries.elements());
        inside &= good;
        if (good) to[i] = from[static_cast<std::size_t>(in[i])];
      }
    });
  });
  if (!inside) refuse("an index lies outside its table", "0 ≤ index < entries");
  co_return make(std::move(out));
}
Task<std::vector<Boolean>> Ref2k::look_up_bits(Arith index, ring::Tensor table, unsigned width) {
  auto entry_task = look_up(index, table);
  Arith entry = co_await entry_task;
  auto bits_task = bits(entry, width);
  std::vector<Boolean> out = co_await bits_task;
  co_return out;
}

Task<Arith> Ref2k::interpolate(Arith x, unsigned low, unsigned dropped, std::vector<ring::Tensor> tables) {
  const unsigned k = tables.at(0).bits();
  if (plain(x).is_phantom()) co_return make(ring::Tensor::phantom(k, x.shape()));
  const auto entries = static_cast<Wide>(tables[0].elements());
  ring::Tensor numbers = plain(x).dense();
  ring::Tensor out = ring::Tensor::zeros(k, x.shape());
  std::vector<ring::Tensor> lists;
  for (const auto& table : tables) lists.push_back(table.dense());
  ring::with_ring(x.ring_bits(), [&]<class I>(I) {
    ring::with_ring(k, [&]<class T>(T) {
      using Word = typename T::Word;
      const auto* in = numbers.template data<typename I::Word>();
      auto* to = out.template writable<Word>();
      for (std::int64_t i = 0; i < out.elements(); ++i) {
        const auto place = static_cast<std::size_t>((static_cast<Wide>(in[i]) >> low) & (entries - 1));
        const auto rest = static_cast<Word>((static_cast<Wide>(in[i]) & ((Wide{1} << low) - 1)) >> dropped);
        Word sum = 0;
        for (std::size_t d = lists.size(); d-- > 0;)
          sum = static_cast<Word>(static_cast<Word>(sum * rest) + lists[d].template data<Word>()[place]);
        to[i] = T::reduce(sum);
      }
    });
  });
  co_return make(std::move(out));
}

}  // namespace spud::protocol::ref2k
