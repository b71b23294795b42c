// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstring>

#include "ring/matmul_kernels.hpp"
#include "ring/tensor.hpp"

// A matrix product cut into blocks that stay in the caches (Goto and van de Geijn, "Anatomy of
// high-performance matrix multiplication", 2008): a block of b, packed in panels as wide as a tile, is met by
// blocks of a, packed likewise; a tile of the result is the product of two panels.
namespace spud::ring::matmul_blocks {

constexpr std::int64_t kBlockRows = 128;      // of a: with kDepth columns, half of a typical L2 cache
constexpr std::int64_t kBlockColumns = 1024;  // of b: with kDepth rows, in the L3 cache
constexpr std::int64_t kPackedAtOnce = 128;   // columns; a multiple of every tile's
constexpr std::int64_t kTileWords = 256;      // at least rows·columns of every kernel

/// A matrix as packing sees it: lanes are the rows of a and the columns of b and c; a dot product goes along
/// the depth of a and b, a column of c along its own.
template <class Word>
struct Strided {
  Word* first;
  std::int64_t lane, depth;  ///< strides

  Word* lane_at(std::int64_t l) const { return first + l * lane; }
  std::int64_t step(std::int64_t d) const { return d * depth; }
  Word& at(std::int64_t l, std::int64_t d) const { return lane_at(l)[step(d)]; }
  Strided from(std::int64_t l, std::int64_t d) const { return {&at(l, d), lane, depth}; }
  /// Whether these lanes lie side by side.
  bool adjacent(std::int64_t, std::int64_t) const { return lane == 1; }
};

/// The same where element (l, d) lies at lanes[l] + depths[d]. Of a result, depths are evenly spaced.
template <class Word>
struct Scattered {
  Word* first;
  const std::int64_t *lanes, *depths;

  Word* lane_at(std::int64_t l) const { return first + lanes[l]; }
  std::int64_t step(std::int64_t d) const { return depths[d]; }
  Word& at(std::int64_t l, std::int64_t d) const { return lane_at(l)[step(d)]; }
  Scattered from(std::int64_t l, std::int64_t d) const { return {first, lanes + l, depths + d}; }
  bool adjacent(std::int64_t l, std::int64_t count) const {
    std::int64_t gaps = 0;
    for (std::int64_t i = 0; i < count; ++i) gaps += lanes[l + i] != lanes[l] + i;
    return gaps == 0;
  }
};

constexpr std::int64_t round_up(std::int64_t value, std::int64_t to) {
  return (value + to - 1) / to * to;
}

template <class Word>
std::int64_t packed_bytes(const Kernel<Word>& kernel) {
  return kernel.packed == Packed::kLimbs52 ? 24 : sizeof(Word);
}

/// Where the elements of a panel of kWidth lanes go.
template <std::int64_t kWidth, class Word>
struct AsWords {
  static constexpr std::int64_t kWordsPerElement = 1;
  using Part = Word;
  static void put(Part* panel, std::int64_t p, std::int64_t lane, Word word) {
    panel[p * kWidth + lane] = word;
  }
};
template <std::int64_t kWidth>
struct AsLimbs52 {
  static constexpr std::int64_t kWordsPerElement = 3;
  using Part = std::uint64_t;
  static void put(Part* panel, std::int64_t p, std::int64_t lane, unsigned __int128 word) {
    constexpr std::uint64_t kMask = (1ull << 52) - 1;
    Part* to = panel + 3 * p * kWidth + lane;
    to[0] = static_cast<std::uint64_t>(word) & kMask;
    to[kWidth] = static_cast<std::uint64_t>(word >> 52) & kMask;
    to[2 * kWidth] = static_cast<std::uint64_t>(word >> 104);
  }
};

/// Packs lanes × depth in panels of kWidth lanes; lanes that the last panel lacks are zero. `minus` is all
/// ones to negate, else zero.
template <std::int64_t kWidth, class Put, class Matrix, class Word>
void pack(const Matrix& in, std::int64_t lanes, std::int64_t depth, Word minus, std::byte* to) {
  auto* panels = reinterpret_cast<typename Put::Part*>(to);
  const auto panel_of = [&](std::int64_t lane) { return panels + lane * depth * Put::kWordsPerElement; };
  const auto signed_word = [minus](Word w) { return static_cast<Word>((w ^ minus) - minus); };
  const std::int64_t full = lanes / kWidth * kWidth;
  if (full < lanes) {
    for (std::int64_t p = 0; p < depth; ++p) {
      for (std::int64_t j = 0; j < kWidth; ++j) {
        const bool there = full + j < lanes;
        Put::put(panel_of(full), p, j, there ? signed_word(in.at(full + j, p)) : Word{0});
      }
    }
  }
  if (in.adjacent(0, full)) {
    for (std::int64_t p = 0; p < depth; ++p) {
      const Word* row = &in.at(0, p);
      constexpr std::int64_t kWordsPerLine = 64 / sizeof(Word), kRowsAhead = 8;
      if (p + kRowsAhead < depth) {
        const Word* ahead = &in.at(0, p + kRowsAhead);
        for (std::int64_t i = 0; i < full; i += kWordsPerLine) __builtin_prefetch(ahead + i);
      }
      for (std::int64_t i = 0; i < full; i += kWidth) {
        for (std::int64_t j = 0; j < kWidth; ++j) Put::put(panel_of(i), p, j, signed_word(row[i + j]));
      }
    }
    return;
  }
  for (std::int64_t i = 0; i < full; i += kWidth) {
    if (in.adjacent(i, kWidth)) {
      for (std::int64_t p = 0; p < depth; ++p) {
        const Word* row = &in.at(i, p);
        for (std::int64_t j = 0; j < kWidth; ++j) Put::put(panel_of(i), p, j, signed_word(row[j]));
      }
      continue;
    }
    // A few lanes at a time: as many streams to read as there are registers for, and stores side by side.
    constexpr std::int64_t kStreams = std::min<std::int64_t>(sizeof(Word) == 4 ? 8 : 4, kWidth);
    for (std::int64_t j = 0; j < kWidth; j += kStreams) {
      const Word* stream[kStreams];
      for (std::int64_t s = 0; s < kStreams; ++s) stream[s] = in.lane_at(i + j + s);
      for (std::int64_t p = 0; p < depth; ++p) {
        const std::int64_t step = in.step(p);
#pragma GCC unroll 8
        for (std::int64_t s = 0; s < kStreams; ++s)
          Put::put(panel_of(i), p, j + s, signed_word(stream[s][step]));
      }
    }
  }
}

/// Memory for the packed blocks of one thread.
template <class Word>
class Panels {
 public:
  Panels(const Kernel<Word>& kernel, std::int64_t rows, std::int64_t depth, std::int64_t columns)
      : kernel_(kernel),
        a_(size(std::min(rows, kBlockRows), kernel.rows, depth)),
        b_(size(std::min(columns, kBlockColumns), kernel.columns, depth)) {}

  template <class Matrix>
  const std::byte* pack_a(const Matrix& in, std::int64_t rows, std::int64_t depth, Word minus) {
    return pack(in, rows, depth, kernel_.rows, minus, a_.data());
  }
  std::byte* b() { return b_.data(); }
  template <class Matrix>
  void pack_b(const Matrix& in, std::int64_t columns, std::int64_t depth, std::byte* to) {
    pack(in, columns, depth, kernel_.columns, 0, to);
  }

 private:
  std::size_t size(std::int64_t lanes, std::int64_t width, std::int64_t depth) const {
    return static_cast<std::size_t>(round_up(lanes, width) * std::min(depth, kDepth) * packed_bytes(kernel_));
  }
  template <class Matrix>
  const std::byte* pack(const Matrix& in, std::int64_t lanes, std::int64_t depth, std::int64_t width,
                        Word minus, std::byte* to) {
    if constexpr (sizeof(Word) == 16) {
      if (kernel_.packed == Packed::kLimbs52) {
        SPUD_CHECK(width == 8, "limbs are packed in panels of 8 lanes");
        matmul_blocks::pack<8, AsLimbs52<8>>(in, lanes, depth, minus, to);
        return to;
      }
    }
    const auto by = [&]<std::int64_t kWidth>() {
      if (width != kWidth) return false;
      matmul_blocks::pack<kWidth, AsWords<kWidth, Word>>(in, lanes, depth, minus, to);
      return true;
    };
    const bool packed = by.template operator()<2>() || by.template operator()<4>() ||
                        by.template operator()<8>() || by.template operator()<16>() ||
                        by.template operator()<32>();
    SPUD_CHECK(packed, "kernels have tiles of 2, 4, 8, 16 or 32 lanes");
    return to;
  }

  const Kernel<Word>& kernel_;
  Buffer a_, b_;
};

/// c += ±a·b: m × n, dot products of k elements. A, B and C are Strided or Scattered.
template <class Word, class A, class B, class C>
void multiply(const Kernel<Word>& kernel, Panels<Word>& panels, const A& a, const B& b, Word minus,
              const C& c, std::int64_t m, std::int64_t n, std::int64_t k) {
  const std::int64_t bytes = packed_bytes(kernel);
  const auto add_tile = [&](std::int64_t i, std::int64_t j, std::int64_t rows, std::int64_t columns,
                            std::int64_t depth, const std::byte* left, const std::byte* right) {
    if (columns == kernel.columns && c.adjacent(j, columns)) {
      kernel.tile(rows, depth, left, right, &c.at(j, i), rows > 1 ? &c.at(j, i + 1) - &c.at(j, i) : 0);
      return;
    }
    Word tile[kTileWords];
    std::fill_n(tile, rows * kernel.columns, Word{0});
    kernel.tile(rows, depth, left, right, tile, kernel.columns);
    for (std::int64_t ii = 0; ii < rows; ++ii) {
      for (std::int64_t jj = 0; jj < columns; ++jj) {
        Word& to = c.at(j + jj, i + ii);
        to = static_cast<Word>(to + tile[ii * kernel.columns + jj]);
      }
    }
  };
  for (std::int64_t j = 0; j < n; j += kBlockColumns) {
    const std::int64_t columns = std::min(kBlockColumns, n - j);
    for (std::int64_t p = 0; p < k; p += kDepth) {
      const std::int64_t depth = std::min(kDepth, k - p);
      for (std::int64_t i = 0; i < m; i += kBlockRows) {
        const std::int64_t rows = std::min(kBlockRows, m - i);
        const std::byte* left = panels.pack_a(a.from(i, p), rows, depth, minus);
        for (std::int64_t jj = 0; jj < columns; jj += kernel.columns) {
          // Panels of b are packed when the first block of a is about to use them, and are in the L2 cache
          // then.
          std::byte* right = panels.b() + jj * depth * bytes;
          if (i == 0 && jj % kPackedAtOnce == 0) {
            panels.pack_b(b.from(j + jj, p), std::min(kPackedAtOnce, columns - jj), depth, right);
          }
          for (std::int64_t ii = 0; ii < rows; ii += kernel.rows) {
            add_tile(i + ii, j + jj, std::min(kernel.rows, rows - ii), std::min(kernel.columns, columns - jj),
                     depth, left + ii * depth * bytes, right);
          }
        }
      }
    }
  }
}

}  // namespace spud::ring::matmul_blocks
