// SPDX-License-Identifier: Apache-2.0
#include "ring/matmul.hpp"

#include <algorithm>
#include <cstring>
#include <string_view>

namespace spud::ring {
namespace {

// Tile of the result kept in registers: kRows rows of kColumns words. Panels of kDepth rows of b stay in the
// L2 cache.
constexpr std::int64_t kRows = 4;
constexpr std::int64_t kDepth = 256;
template <class Word>
constexpr std::int64_t kColumns = sizeof(Word) == 4   ? 64
                                  : sizeof(Word) == 8 ? 32
                                                      : 8;

/// c[rows, columns] += a[rows, depth] · b[depth, columns] for one tile; b is packed, kColumns words a row.
/// The bounds are compile-time constants so that the compiler keeps the tile in vector registers.
template <class Word>
[[gnu::always_inline]] inline void full_tile(const Word* a, std::int64_t a_stride, const Word* b, Word* c,
                                             std::int64_t c_stride, std::int64_t depth) {
  Word tile[kRows][kColumns<Word>] = {};
  for (std::int64_t p = 0; p < depth; ++p) {
    for (std::int64_t i = 0; i < kRows; ++i) {
      const Word left = a[i * a_stride + p];
      for (std::int64_t j = 0; j < kColumns<Word>; ++j) tile[i][j] += left * b[p * kColumns<Word> + j];
    }
  }
  for (std::int64_t i = 0; i < kRows; ++i) {
    for (std::int64_t j = 0; j < kColumns<Word>; ++j) c[i * c_stride + j] += tile[i][j];
  }
}

template <class Word>
[[gnu::always_inline]] inline void edge_tile(const Word* a, std::int64_t a_stride, const Word* b, Word* c,
                                             std::int64_t c_stride, std::int64_t depth, std::int64_t rows,
                                             std::int64_t columns) {
  for (std::int64_t i = 0; i < rows; ++i) {
    Word row[kColumns<Word>] = {};
    for (std::int64_t p = 0; p < depth; ++p) {
      const Word left = a[i * a_stride + p];
      for (std::int64_t j = 0; j < kColumns<Word>; ++j) row[j] += left * b[p * kColumns<Word> + j];
    }
    for (std::int64_t j = 0; j < columns; ++j) c[i * c_stride + j] += row[j];
  }
}

/// One matrix product of dense operands; c starts at zero.
template <class Word>
[[gnu::always_inline]] inline void multiply(const Word* a, const Word* b, Word* c, std::int64_t m,
                                            std::int64_t k, std::int64_t n, Word* panel) {
  for (std::int64_t p = 0; p < k; p += kDepth) {
    const std::int64_t depth = std::min(kDepth, k - p);
    for (std::int64_t j = 0; j < n; j += kColumns<Word>) {
      const std::int64_t columns = std::min(kColumns<Word>, n - j);
      for (std::int64_t q = 0; q < depth; ++q) {
        std::memcpy(panel + q * kColumns<Word>, b + (p + q) * n + j,
                    static_cast<std::size_t>(columns) * sizeof(Word));
        std::fill(panel + q * kColumns<Word> + columns, panel + (q + 1) * kColumns<Word>, Word{0});
      }
      std::int64_t i = 0;
      if (columns == kColumns<Word>) {
        for (; i + kRows <= m; i += kRows) full_tile(a + i * k + p, k, panel, c + i * n + j, n, depth);
      }
      for (; i < m; i += kRows) {
        edge_tile(a + i * k + p, k, panel, c + i * n + j, n, depth, std::min(kRows, m - i), columns);
      }
    }
  }
}

template <class Word>
using Multiply = void (*)(const Word*, const Word*, Word*, std::int64_t, std::int64_t, std::int64_t, Word*);

template <class Word>
void multiply_portable(const Word* a, const Word* b, Word* c, std::int64_t m, std::int64_t k, std::int64_t n,
                       Word* panel) {
  multiply(a, b, c, m, k, n, panel);
}
#if defined(__x86_64__)
template <class Word>
[[gnu::target("avx2")]] void multiply_avx2(const Word* a, const Word* b, Word* c, std::int64_t m,
                                           std::int64_t k, std::int64_t n, Word* panel) {
  multiply(a, b, c, m, k, n, panel);
}
template <class Word>
[[gnu::target("avx512f,avx512dq,avx512bw,avx512vl,prefer-vector-width=512")]] void multiply_avx512(
    const Word* a, const Word* b, Word* c, std::int64_t m, std::int64_t k, std::int64_t n, Word* panel) {
  multiply(a, b, c, m, k, n, panel);
}
#endif

template <class Word>
Multiply<Word> multiply_by(std::string_view path) {
#if defined(__x86_64__)
  if (path == "avx512") return multiply_avx512<Word>;
  if (path == "avx2") return multiply_avx2<Word>;
#endif
  SPUD_CHECK(path == "portable", "the path is one of matmul_paths()");
  return multiply_portable<Word>;
}

}  // namespace

std::vector<const char*> matmul_paths() {
  std::vector<const char*> paths;
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512bw") &&
      __builtin_cpu_supports("avx512vl")) {
    paths.push_back("avx512");
  }
  if (__builtin_cpu_supports("avx2")) paths.push_back("avx2");
#endif
  paths.push_back("portable");
  return paths;
}

const char* matmul_path() {
  static const char* const path = matmul_paths().front();
  return path;
}

Tensor matmul_with(const char* path, const Tensor& a, const Tensor& b) {
  const Shape &left = a.shape(), &right = b.shape();
  SPUD_CHECK(left.size() == 3 && right.size() == 3 && left[0] == right[0] && left[2] == right[1] &&
                 a.bits() == b.bits(),
             "matmul takes [b, m, k] and [b, k, n] of one ring");
  const std::int64_t batch = left[0], m = left[1], k = left[2], n = right[2];
  if (a.is_phantom() || b.is_phantom()) return Tensor::phantom(a.bits(), {batch, m, n});
  Tensor x = a.dense(), y = b.dense(), out = Tensor::zeros(a.bits(), {batch, m, n});
  with_ring(a.bits(), [&]<class R>(R) {
    using Word = typename R::Word;
    auto multiply_one = multiply_by<Word>(path);
    std::vector<Word> panel(static_cast<std::size_t>(kDepth * kColumns<Word>));
    Word* to = out.writable<Word>();
    for (std::int64_t i = 0; i < batch; ++i) {
      multiply_one(x.data<Word>() + i * m * k, y.data<Word>() + i * k * n, to + i * m * n, m, k, n,
                   panel.data());
    }
    if constexpr (R::kBits == 4) {
      for (std::int64_t i = 0; i < out.elements(); ++i) to[i] = R::reduce(to[i]);
    }
  });
  return out;
}

Tensor matmul(const Tensor& a, const Tensor& b) {
  return matmul_with(matmul_path(), a, b);
}

}  // namespace spud::ring
