// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstdint>

// Matrix times vector reads each element of the matrix once, so memory bounds it and plain loops do. Each
// path's file compiles them for its instruction set.
namespace spud::ring::matrix_vector {

/// Rows, or columns, of the matrix that are read at once.
constexpr std::int64_t kStreams = 4;

template <class Word>
[[gnu::always_inline]] inline void row_dots(std::int64_t rows, std::int64_t depth, const Word* m,
                                            std::int64_t stride, const Word* x, Word* out) {
  std::int64_t i = 0;
  for (; i + kStreams <= rows; i += kStreams) {
    const Word *m0 = m + i * stride, *m1 = m0 + stride, *m2 = m1 + stride, *m3 = m2 + stride;
    Word s0 = 0, s1 = 0, s2 = 0, s3 = 0;
    for (std::int64_t p = 0; p < depth; ++p) {
      s0 = static_cast<Word>(s0 + m0[p] * x[p]);
      s1 = static_cast<Word>(s1 + m1[p] * x[p]);
      s2 = static_cast<Word>(s2 + m2[p] * x[p]);
      s3 = static_cast<Word>(s3 + m3[p] * x[p]);
    }
    out[i] = static_cast<Word>(out[i] + s0);
    out[i + 1] = static_cast<Word>(out[i + 1] + s1);
    out[i + 2] = static_cast<Word>(out[i + 2] + s2);
    out[i + 3] = static_cast<Word>(out[i + 3] + s3);
  }
  for (; i < rows; ++i) {
    Word sum = 0;
    for (std::int64_t p = 0; p < depth; ++p) sum = static_cast<Word>(sum + m[i * stride + p] * x[p]);
    out[i] = static_cast<Word>(out[i] + sum);
  }
}

template <class Word>
[[gnu::always_inline]] inline void column_sums(std::int64_t rows, std::int64_t depth, const Word* m,
                                               std::int64_t stride, const Word* x, Word* __restrict out) {
  constexpr std::int64_t kBlock = 16'384 / sizeof(Word);  // of the result, stays in the L1 cache
  for (std::int64_t first = 0; first < rows; first += kBlock) {
    const std::int64_t end = std::min(rows, first + kBlock);
    std::int64_t p = 0;
    for (; p + kStreams <= depth; p += kStreams) {
      const Word *m0 = m + p * stride, *m1 = m0 + stride, *m2 = m1 + stride, *m3 = m2 + stride;
      const Word x0 = x[p], x1 = x[p + 1], x2 = x[p + 2], x3 = x[p + 3];
      for (std::int64_t i = first; i < end; ++i) {
        out[i] = static_cast<Word>(out[i] + m0[i] * x0 + m1[i] * x1 + m2[i] * x2 + m3[i] * x3);
      }
    }
    for (; p < depth; ++p) {
      for (std::int64_t i = first; i < end; ++i)
        out[i] = static_cast<Word>(out[i] + m[p * stride + i] * x[p]);
    }
  }
}

}  // namespace spud::ring::matrix_vector
