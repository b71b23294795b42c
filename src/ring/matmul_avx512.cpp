// SPDX-License-Identifier: Apache-2.0
#if defined(__x86_64__)
#include <immintrin.h>

#include "ring/matmul_kernels.hpp"
#include "ring/matrix_vector.hpp"
#include "ring/simd.hpp"

#define SPUD_AVX512 [[gnu::target("avx512f,avx512dq,avx512bw,avx512vl" SPUD_WIDEST)]]
#define SPUD_AVX512_IFMA [[gnu::target("avx512f,avx512dq,avx512bw,avx512vl,avx512ifma")]]

namespace spud::ring {
namespace {

using U128 = unsigned __int128;

// ---- 32 and 64 bits: vpmulld and vpmullq. (Splitting 64 bits into 32-bit products takes twice the
// multiplications, in base 2^52 four times; where vpmullq is one operation, neither pays.)

constexpr std::int64_t kRows = 8, kVectors = 2;
template <class Word>
constexpr std::int64_t kLanes = 64 / sizeof(Word);

template <class Word, std::int64_t kUsed>
SPUD_AVX512 void tile_of(std::int64_t depth, const Word* a, const Word* b, Word* c, std::int64_t c_stride) {
  using Vector [[gnu::vector_size(64), gnu::may_alias]] = Word;
  Vector sums[kUsed][kVectors] = {};
  for (std::int64_t p = 0; p < depth; ++p) {
    const auto* right = reinterpret_cast<const Vector*>(b + p * kVectors * kLanes<Word>);
    const Vector right0 = right[0], right1 = right[1];
#pragma GCC unroll 8
    for (std::int64_t i = 0; i < kUsed; ++i) {
      const Word left = a[p * kRows + i];
      sums[i][0] += left * right0;
      sums[i][1] += left * right1;
    }
  }
#pragma GCC unroll 8
  for (std::int64_t i = 0; i < kUsed; ++i) {
    for (std::int64_t j = 0; j < kVectors; ++j) {
      Word* to = c + i * c_stride + j * kLanes<Word>;
      const auto sum = reinterpret_cast<Vector>(_mm512_loadu_si512(to)) + sums[i][j];
      _mm512_storeu_si512(to, reinterpret_cast<__m512i>(sum));
    }
  }
}

template <class Word, std::int64_t kUsed = kRows>
void tile(std::int64_t used, std::int64_t depth, const void* a, const void* b, Word* c,
          std::int64_t c_stride) {
  if constexpr (kUsed > 1) {
    if (used < kUsed) return tile<Word, kUsed - 1>(used, depth, a, b, c, c_stride);
  }
  tile_of<Word, kUsed>(depth, static_cast<const Word*>(a), static_cast<const Word*>(b), c, c_stride);
}

// ---- 128 bits: with x = x0 + x1·2^52 + x2·2^104, nine of the half products of limbs have a weight below
// 2^128:
//   1: lo(x0y0)   2^52: hi(x0y0) lo(x0y1) lo(x1y0)   2^104: hi(x0y1) hi(x1y0) lo(x1y1) lo(x0y2) lo(x2y0)
// Each is one multiply-add into a 64-bit sum of its weight.

constexpr std::int64_t kLimbs = 3, kLimbLanes = 8;

template <std::int64_t kUsed>
SPUD_AVX512_IFMA void limb_tile_of(std::int64_t depth, const std::uint64_t* a, const std::uint64_t* b,
                                   U128* c, std::int64_t c_stride) {
  __m512i sums[kUsed][kLimbs];
#pragma GCC unroll 8
  for (std::int64_t i = 0; i < kUsed; ++i) {
    sums[i][0] = sums[i][1] = sums[i][2] = _mm512_setzero_si512();
  }
  for (std::int64_t p = 0; p < depth; ++p) {
    const std::uint64_t *left = a + p * kLimbs * kRows, *right = b + p * kLimbs * kLimbLanes;
    const __m512i y0 = _mm512_load_si512(right), y1 = _mm512_load_si512(right + kLimbLanes),
                  y2 = _mm512_load_si512(right + 2 * kLimbLanes);
#pragma GCC unroll 8
    for (std::int64_t i = 0; i < kUsed; ++i) {
      const __m512i x0 = _mm512_set1_epi64(static_cast<long long>(left[i])),
                    x1 = _mm512_set1_epi64(static_cast<long long>(left[kRows + i])),
                    x2 = _mm512_set1_epi64(static_cast<long long>(left[2 * kRows + i]));
      sums[i][0] = _mm512_madd52lo_epu64(sums[i][0], x0, y0);
      sums[i][1] = _mm512_madd52hi_epu64(sums[i][1], x0, y0);
      sums[i][1] = _mm512_madd52lo_epu64(sums[i][1], x0, y1);
      sums[i][1] = _mm512_madd52lo_epu64(sums[i][1], x1, y0);
      sums[i][2] = _mm512_madd52hi_epu64(sums[i][2], x0, y1);
      sums[i][2] = _mm512_madd52hi_epu64(sums[i][2], x1, y0);
      sums[i][2] = _mm512_madd52lo_epu64(sums[i][2], x1, y1);
      sums[i][2] = _mm512_madd52lo_epu64(sums[i][2], x0, y2);
      sums[i][2] = _mm512_madd52lo_epu64(sums[i][2], x2, y0);
    }
  }
#pragma GCC unroll 8
  for (std::int64_t i = 0; i < kUsed; ++i) {
    alignas(64) std::uint64_t limbs[kLimbs][kLimbLanes];
    for (std::int64_t l = 0; l < kLimbs; ++l) _mm512_store_si512(limbs[l], sums[i][l]);
    for (std::int64_t j = 0; j < kLimbLanes; ++j) {
      c[i * c_stride + j] += limbs[0][j] + (U128{limbs[1][j]} << 52) + (U128{limbs[2][j]} << 104);
    }
  }
}

template <std::int64_t kUsed = kRows>
void limb_tile(std::int64_t used, std::int64_t depth, const void* a, const void* b, U128* c,
               std::int64_t c_stride) {
  if constexpr (kUsed > 1) {
    if (used < kUsed) return limb_tile<kUsed - 1>(used, depth, a, b, c, c_stride);
  }
  limb_tile_of<kUsed>(depth, static_cast<const std::uint64_t*>(a), static_cast<const std::uint64_t*>(b), c,
                      c_stride);
}

template <class Word>
SPUD_AVX512 void row_dots(std::int64_t rows, std::int64_t depth, const Word* m, std::int64_t stride,
                          const Word* x, Word* out) {
  matrix_vector::row_dots(rows, depth, m, stride, x, out);
}
template <class Word>
SPUD_AVX512 void column_sums(std::int64_t rows, std::int64_t depth, const Word* m, std::int64_t stride,
                             const Word* x, Word* out) {
  matrix_vector::column_sums(rows, depth, m, stride, x, out);
}

}  // namespace

template <class Word>
Kernel<Word> avx512_kernel() {
  return {kRows, kVectors * kLanes<Word>, Packed::kWords, tile<Word>, row_dots<Word>, column_sums<Word>};
}
template Kernel<std::uint32_t> avx512_kernel();
template Kernel<std::uint64_t> avx512_kernel();

template <>
Kernel<U128> avx512_kernel() {
  Kernel<U128> plain = portable_kernel<U128>();
  if (!__builtin_cpu_supports("avx512ifma")) return plain;
  return {kRows, kLimbLanes, Packed::kLimbs52, limb_tile<>, plain.row_dots, plain.column_sums};
}

}  // namespace spud::ring
#endif
