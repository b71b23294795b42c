// SPDX-License-Identifier: Apache-2.0
#if defined(__x86_64__)
#include <immintrin.h>

#include "ring/matmul_kernels.hpp"
#include "ring/matrix_vector.hpp"

#define SPUD_AVX2 [[gnu::target("avx2")]]

namespace spud::ring {
namespace {

constexpr std::int64_t kRows = 4;
template <class Word>
constexpr std::int64_t kColumns = sizeof(Word) == 4 ? 16 : 4;

__m256i* at(auto* words) {
  return reinterpret_cast<__m256i*>(words);
}
const __m256i* at(const auto* words) {
  return reinterpret_cast<const __m256i*>(words);
}

template <std::int64_t kUsed>
SPUD_AVX2 void tile_of(std::int64_t depth, const std::uint32_t* a, const std::uint32_t* b, std::uint32_t* c,
                       std::int64_t c_stride) {
  __m256i sums[kUsed][2];
#pragma GCC unroll 4
  for (std::int64_t i = 0; i < kUsed; ++i) sums[i][0] = sums[i][1] = _mm256_setzero_si256();
  for (std::int64_t p = 0; p < depth; ++p) {
    const __m256i right0 = _mm256_load_si256(at(b + 16 * p)), right1 = _mm256_load_si256(at(b + 16 * p + 8));
#pragma GCC unroll 4
    for (std::int64_t i = 0; i < kUsed; ++i) {
      const __m256i left = _mm256_set1_epi32(static_cast<int>(a[p * kRows + i]));
      sums[i][0] = _mm256_add_epi32(sums[i][0], _mm256_mullo_epi32(left, right0));
      sums[i][1] = _mm256_add_epi32(sums[i][1], _mm256_mullo_epi32(left, right1));
    }
  }
#pragma GCC unroll 4
  for (std::int64_t i = 0; i < kUsed; ++i) {
    for (std::int64_t j = 0; j < 2; ++j) {
      __m256i* to = at(c + i * c_stride + 8 * j);
      _mm256_storeu_si256(to, _mm256_add_epi32(_mm256_loadu_si256(to), sums[i][j]));
    }
  }
}

/// With x = x0 + x1·2^32: xy = x0y0 + (x0y1 + x1y0)·2^32 modulo 2^64, and of the bracket only 32 bits matter:
/// one product of 32-bit lanes, with y's halves exchanged, gives both its terms.
template <std::int64_t kUsed>
SPUD_AVX2 void tile_of(std::int64_t depth, const std::uint64_t* a, const std::uint64_t* b, std::uint64_t* c,
                       std::int64_t c_stride) {
  __m256i low[kUsed], cross[kUsed];
#pragma GCC unroll 4
  for (std::int64_t i = 0; i < kUsed; ++i) low[i] = cross[i] = _mm256_setzero_si256();
  for (std::int64_t p = 0; p < depth; ++p) {
    const __m256i right = _mm256_load_si256(at(b + 4 * p)), exchanged = _mm256_shuffle_epi32(right, 0xb1);
#pragma GCC unroll 4
    for (std::int64_t i = 0; i < kUsed; ++i) {
      const __m256i left = _mm256_set1_epi64x(static_cast<long long>(a[p * kRows + i]));
      low[i] = _mm256_add_epi64(low[i], _mm256_mul_epu32(left, right));
      cross[i] = _mm256_add_epi32(cross[i], _mm256_mullo_epi32(left, exchanged));
      // g++ would begin all rows before it ends one, run out of registers and keep a sum in memory: 3 times
      // slower.
      asm("" : "+x"(low[i]), "+x"(cross[i]));
    }
  }
#pragma GCC unroll 4
  for (std::int64_t i = 0; i < kUsed; ++i) {
    __m256i* to = at(c + i * c_stride);
    const __m256i both = _mm256_add_epi32(cross[i], _mm256_shuffle_epi32(cross[i], 0xb1));
    const __m256i sum = _mm256_add_epi64(low[i], _mm256_slli_epi64(both, 32));
    _mm256_storeu_si256(to, _mm256_add_epi64(_mm256_loadu_si256(to), sum));
  }
}

template <class Word, std::int64_t kUsed = kRows>
void tile(std::int64_t used, std::int64_t depth, const void* a, const void* b, Word* c,
          std::int64_t c_stride) {
  if constexpr (kUsed > 1) {
    if (used < kUsed) return tile<Word, kUsed - 1>(used, depth, a, b, c, c_stride);
  }
  tile_of<kUsed>(depth, static_cast<const Word*>(a), static_cast<const Word*>(b), c, c_stride);
}

template <class Word>
SPUD_AVX2 void row_dots(std::int64_t rows, std::int64_t depth, const Word* m, std::int64_t stride,
                        const Word* x, Word* out) {
  matrix_vector::row_dots(rows, depth, m, stride, x, out);
}
template <class Word>
SPUD_AVX2 void column_sums(std::int64_t rows, std::int64_t depth, const Word* m, std::int64_t stride,
                           const Word* x, Word* out) {
  matrix_vector::column_sums(rows, depth, m, stride, x, out);
}

}  // namespace

template <class Word>
Kernel<Word> avx2_kernel() {
  return {kRows, kColumns<Word>, Packed::kWords, tile<Word>, row_dots<Word>, column_sums<Word>};
}
template Kernel<std::uint32_t> avx2_kernel();
template Kernel<std::uint64_t> avx2_kernel();

}  // namespace spud::ring
#endif
