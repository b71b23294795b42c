// SPDX-License-Identifier: Apache-2.0
// For any CPU: plain loops over constant bounds, which the compiler unrolls and, where the instruction set
// has the multiplication, turns into vectors.
#include "ring/matmul_kernels.hpp"
#include "ring/matrix_vector.hpp"

namespace spud::ring {
namespace {

template <class Word>
constexpr std::int64_t kRows = sizeof(Word) == 16 ? 2 : 4;
template <class Word>
constexpr std::int64_t kColumns = sizeof(Word) == 16  ? 2
                                  : sizeof(Word) == 8 ? 4
                                                      : 8;

template <class Word, std::int64_t kUsed>
void tile_of(std::int64_t depth, const Word* a, const Word* b, Word* c, std::int64_t c_stride) {
  Word sums[kUsed][kColumns<Word>] = {};
  for (std::int64_t p = 0; p < depth; ++p) {
    for (std::int64_t i = 0; i < kUsed; ++i) {
      const Word left = a[p * kRows<Word> + i];
      for (std::int64_t j = 0; j < kColumns<Word>; ++j) {
        sums[i][j] = static_cast<Word>(sums[i][j] + left * b[p * kColumns<Word> + j]);
      }
    }
  }
  for (std::int64_t i = 0; i < kUsed; ++i) {
    for (std::int64_t j = 0; j < kColumns<Word>; ++j) {
      c[i * c_stride + j] = static_cast<Word>(c[i * c_stride + j] + sums[i][j]);
    }
  }
}

template <class Word, std::int64_t kUsed = kRows<Word>>
void tile(std::int64_t used, std::int64_t depth, const void* a, const void* b, Word* c,
          std::int64_t c_stride) {
  if constexpr (kUsed > 1) {
    if (used < kUsed) return tile<Word, kUsed - 1>(used, depth, a, b, c, c_stride);
  }
  tile_of<Word, kUsed>(depth, static_cast<const Word*>(a), static_cast<const Word*>(b), c, c_stride);
}

template <class Word>
void row_dots(std::int64_t rows, std::int64_t depth, const Word* m, std::int64_t stride, const Word* x,
              Word* out) {
  matrix_vector::row_dots(rows, depth, m, stride, x, out);
}
template <class Word>
void column_sums(std::int64_t rows, std::int64_t depth, const Word* m, std::int64_t stride, const Word* x,
                 Word* out) {
  matrix_vector::column_sums(rows, depth, m, stride, x, out);
}

}  // namespace

template <class Word>
Kernel<Word> portable_kernel() {
  return {kRows<Word>, kColumns<Word>, Packed::kWords, tile<Word>, row_dots<Word>, column_sums<Word>};
}
template Kernel<std::uint8_t> portable_kernel();
template Kernel<std::uint32_t> portable_kernel();
template Kernel<std::uint64_t> portable_kernel();
template Kernel<unsigned __int128> portable_kernel();

}  // namespace spud::ring
