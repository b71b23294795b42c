// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>

namespace spud::ring {

/// How an element lies in a packed panel.
enum class Packed {
  kWords,    ///< as it is
  kLimbs52,  ///< of 128 bits: three 64-bit limbs in base 2^52, each beside the same limb of the panel's other
             ///< lanes
};

/// What differs between instruction sets: the innermost loops of a matrix product. All add to their result.
template <class Word>
struct Kernel {
  std::int64_t rows = 0, columns = 0;  ///< of the tile of the result that stays in registers
  Packed packed = Packed::kWords;
  /// c[i][j] += Σ_p a[p][i]·b[p][j] for i < used ≤ rows and all columns. a and b are packed panels of `rows`
  /// and `columns` lanes, on 64 bytes; c's rows are c_stride apart. depth ≤ kDepth.
  void (*tile)(std::int64_t used, std::int64_t depth, const void* a, const void* b, Word* c,
               std::int64_t c_stride) = nullptr;
  /// out[i] += Σ_p m[i·stride + p]·x[p] for i < rows
  void (*row_dots)(std::int64_t rows, std::int64_t depth, const Word* m, std::int64_t stride, const Word* x,
                   Word* out) = nullptr;
  /// out[i] += Σ_p m[p·stride + i]·x[p] for i < rows
  void (*column_sums)(std::int64_t rows, std::int64_t depth, const Word* m, std::int64_t stride,
                      const Word* x, Word* out) = nullptr;
};

/// Elements of a dot product that a tile adds before its result goes back to memory: panels of it stay in the
/// cache, and sums of 52-bit limbs do not overflow (3·2^52·1024 < 2^64).
inline constexpr std::int64_t kDepth = 256;

/// Of simd_path().
template <class Word>
Kernel<Word> kernel_of();

template <class Word>
Kernel<Word> portable_kernel();
#if defined(__x86_64__)
/// The CPU must have what simd_paths() asks of the path.
template <class Word>
Kernel<Word> avx2_kernel();
template <class Word>
Kernel<Word> avx512_kernel();
#endif

}  // namespace spud::ring
