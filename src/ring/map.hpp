// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <type_traits>

#include "ring/bit_tensor.hpp"
#include "ring/simd.hpp"
#include "ring/tensor.hpp"
#include "ring/workers.hpp"

/// Element-wise loops: one pass over memory, compiled for every instruction set, no temporaries. What the
/// linear algebra of shares is written with.
namespace spud::ring {
namespace mapping {

inline constexpr std::int64_t kLanes = 64;             // elements that a word of bits holds
inline constexpr std::int64_t kPieceElements = 32768;  // what a thread takes at a time

template <class Word, class T>
using Source = std::conditional_t<std::is_same_v<T, Tensor>, const Word*, const std::uint64_t*>;

template <class Word>
const Word* source(const Tensor& t) {
  return t.data<Word>();
}
template <class Word>
const std::uint64_t* source(const BitTensor& b) {
  return b.words();
}
inline Tensor dense(const Tensor& t) {
  return t.dense();
}
inline const BitTensor& dense(const BitTensor& b) {
  return b;
}

/// Up to 64 elements of an operand as words in a row: where they lie, or a word of bits spread out.
template <class Word, bool is_bits>
struct Lanes {
  alignas(64) Word spread[is_bits ? kLanes : 1];

  [[gnu::always_inline]] const Word* at(const Word* from, std::int64_t begin) { return from + begin; }
  [[gnu::always_inline]] const Word* at_bits(const std::uint64_t* from, std::int64_t begin) {
    const std::uint64_t bits = from[begin / kLanes];
    for (std::int64_t i = 0; i < kLanes; ++i) spread[i] = static_cast<Word>(bits >> i & 1);
    return spread;
  }
};

template <class Word, class In>
[[gnu::always_inline]] inline const Word* lanes(Lanes<Word, std::is_same_v<In, BitTensor>>& to,
                                                Source<Word, In> from, std::int64_t begin) {
  if constexpr (std::is_same_v<In, BitTensor>) {
    return to.at_bits(from, begin);
  } else {
    return to.at(from, begin);
  }
}

/// 64 bytes of 0 or 1 as a word of bits, first in the lowest.
[[gnu::always_inline]] inline std::uint64_t gather_bits(const std::uint8_t* bytes) {
  std::uint64_t word = 0;
  for (int i = 0; i < 8; ++i) {
    std::uint64_t eight;
    __builtin_memcpy(&eight, bytes + 8 * i, 8);
    if constexpr (__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__) eight = __builtin_bswap64(eight);
    // The product moves bit 8·j to bit 56 + j; no two of its terms meet.
    word |= (eight * 0x0102040810204080u >> 56) << (8 * i);
  }
  return word;
}

template <class R, class... In, class F>
[[gnu::always_inline]] inline void loop_words(F f, typename R::Word* __restrict to, std::int64_t n,
                                              Source<typename R::Word, In>... in) {
  using Word = typename R::Word;
  if constexpr ((std::is_same_v<In, Tensor> && ...)) {
    for (std::int64_t i = 0; i < n; ++i) to[i] = R::reduce(static_cast<Word>(f(in[i]...)));
  } else {
    for (std::int64_t begin = 0; begin < n; begin += kLanes) {
      [&](Lanes<Word, std::is_same_v<In, BitTensor>>... spread) __attribute__((always_inline)) {
        [&](const auto*... row) __attribute__((always_inline)) {
          if (n - begin >= kLanes) {
            for (std::int64_t i = 0; i < kLanes; ++i)
              to[begin + i] = R::reduce(static_cast<Word>(f(row[i]...)));
          } else {
            for (std::int64_t i = 0; i < n - begin; ++i)
              to[begin + i] = R::reduce(static_cast<Word>(f(row[i]...)));
          }
        }
        (lanes<Word, In>(spread, in, begin)...);
      }
      (Lanes<Word, std::is_same_v<In, BitTensor>>()...);
    }
  }
}

template <class R, class... In, class F>
[[gnu::always_inline]] inline void loop_bits(F f, std::uint64_t* __restrict to, std::int64_t n,
                                             Source<typename R::Word, In>... in) {
  for (std::int64_t begin = 0; begin < n; begin += kLanes) {
    alignas(64) std::uint8_t bytes[kLanes] = {};
    if (n - begin >= kLanes) {
      for (std::int64_t i = 0; i < kLanes; ++i) bytes[i] = static_cast<std::uint8_t>(f(in[begin + i]...) & 1);
    } else {
      for (std::int64_t i = 0; i < n - begin; ++i)
        bytes[i] = static_cast<std::uint8_t>(f(in[begin + i]...) & 1);
    }
    to[begin / kLanes] = gather_bits(bytes);
  }
}

/// One of the two loops above, for one instruction set.
template <bool to_bits, class R, class... In, class F, class To>
[[gnu::always_inline]] inline void loop(F f, To* to, std::int64_t n, Source<typename R::Word, In>... in) {
  if constexpr (to_bits) {
    loop_bits<R, In...>(f, to, n, in...);
  } else {
    loop_words<R, In...>(f, to, n, in...);
  }
}
template <bool to_bits, class R, class... In, class F, class To>
void loop_portable(F f, To* to, std::int64_t n, Source<typename R::Word, In>... in) {
  loop<to_bits, R, In...>(f, to, n, in...);
}
#if SPUD_SIMD_X86
template <bool to_bits, class R, class... In, class F, class To>
SPUD_TARGET_AVX2 void loop_avx2(F f, To* to, std::int64_t n, Source<typename R::Word, In>... in) {
  loop<to_bits, R, In...>(f, to, n, in...);
}
template <bool to_bits, class R, class... In, class F, class To>
SPUD_TARGET_AVX512 void loop_avx512(F f, To* to, std::int64_t n, Source<typename R::Word, In>... in) {
  loop<to_bits, R, In...>(f, to, n, in...);
}
#endif

/// Elements from `begin`, which is a multiple of 64, on.
template <class Word>
const Word* from(const Word* words, std::int64_t begin, std::false_type) {
  return words + begin;
}
inline const std::uint64_t* from(const std::uint64_t* bits, std::int64_t begin, std::true_type) {
  return bits + begin / kLanes;
}

template <bool to_bits, class R, class... In, class F, class To>
void run_piece(F f, To* to, std::int64_t n, Source<typename R::Word, In>... in) {
#if SPUD_SIMD_X86
  if constexpr (R::kBits == 32 || R::kBits == 64) {
    switch (simd_path()) {
      case SimdPath::kAvx512:
        return loop_avx512<to_bits, R, In...>(f, to, n, in...);
      case SimdPath::kAvx2:
        return loop_avx2<to_bits, R, In...>(f, to, n, in...);
      case SimdPath::kPortable:
        break;
    }
  }
#endif
  loop_portable<to_bits, R, In...>(f, to, n, in...);
}

/// Threads share what is large; a piece is whole words of bits.
template <bool to_bits, class R, class... In, class F, class To>
void run(F f, To* to, std::int64_t n, Source<typename R::Word, In>... in) {
  if (n <= kPieceElements || threads() == 1) return run_piece<to_bits, R, In...>(f, to, n, in...);
  parallel_for((n + kPieceElements - 1) / kPieceElements, 1, [&](std::int64_t first, std::int64_t last) {
    const std::int64_t begin = first * kPieceElements, end = std::min(n, last * kPieceElements);
    run_piece<to_bits, R, In...>(f, to + (to_bits ? begin / kLanes : begin), end - begin,
                                 from(in, begin, std::is_same<In, BitTensor>{})...);
  });
}

inline const Tensor* first_words() {
  return nullptr;
}
template <class... Rest>
const Tensor* first_words(const Tensor& first, const Rest&...) {
  return &first;
}
template <class... Rest>
const Tensor* first_words(const BitTensor&, const Rest&... rest) {
  return first_words(rest...);
}
inline bool has_ring(const Tensor& t, unsigned bits) {
  return t.bits() == bits;
}
inline bool has_ring(const BitTensor&, unsigned) {
  return true;
}

}  // namespace mapping

/// out[i] = f(a[i], b[i], …) in the ring of 2^bits, all operands of one shape. Operands are tensors of that
/// ring, or bits, whose elements f sees as the words 0 and 1. f takes and returns words; the result is
/// reduced into the ring.
template <class F, class... In>
Tensor map_to(unsigned bits, F f, const In&... in) {
  const Shape& shape = [](const auto& first, const auto&...) -> const Shape& { return first.shape(); }(in...);
  SPUD_CHECK(((mapping::has_ring(in, bits) && in.shape() == shape) && ...),
             "element-wise operands agree in ring and shape");
  if ((in.is_phantom() || ...)) return Tensor::phantom(bits, shape);
  Tensor out = Tensor::uninitialised(bits, shape);
  with_ring(bits, [&]<class R>(R) {
    using Word = typename R::Word;
    // The dense copies must live as long as the pointers into them.
    [&](const auto&... dense) {
      mapping::run<false, R, In...>(f, out.writable<Word>(), out.elements(), mapping::source<Word>(dense)...);
    }(mapping::dense(in)...);
  });
  return out;
}

/// The same in the ring of the first operand that has one.
template <class F, class... In>
Tensor map(F f, const In&... in) {
  return map_to(mapping::first_words(in...)->bits(), std::move(f), in...);
}

/// Bits: the lowest bit of f(a[i], b[i], …).
template <class F, class... In>
BitTensor map_to_bits(F f, const Tensor& first, const In&... rest) {
  SPUD_CHECK(((first.bits() == rest.bits() && first.shape() == rest.shape()) && ...),
             "element-wise operands agree in ring and shape");
  if (first.is_phantom() || (rest.is_phantom() || ...)) return BitTensor::phantom(first.shape());
  BitTensor out = BitTensor::zeros(first.shape());
  with_ring(first.bits(), [&]<class R>(R) {
    using Word = typename R::Word;
    [&](const auto&... dense) {
      mapping::run<true, R, Tensor, In...>(f, out.writable(), out.elements(),
                                           mapping::source<Word>(dense)...);
    }(first.dense(), rest.dense()...);
  });
  return out;
}

}  // namespace spud::ring
