// SPDX-License-Identifier: Apache-2.0
#include "ring/matmul_kernels.hpp"

#include "ring/simd.hpp"

namespace spud::ring {

template <class Word>
Kernel<Word> kernel_of() {
#if defined(__x86_64__)
  if constexpr (sizeof(Word) > 1) {
    if (simd_path() == SimdPath::kAvx512) return avx512_kernel<Word>();
  }
  if constexpr (sizeof(Word) == 4 || sizeof(Word) == 8) {
    if (simd_path() == SimdPath::kAvx2) return avx2_kernel<Word>();
  }
#endif
  return portable_kernel<Word>();
}

template Kernel<std::uint8_t> kernel_of();
template Kernel<std::uint32_t> kernel_of();
template Kernel<std::uint64_t> kernel_of();
template Kernel<unsigned __int128> kernel_of();

}  // namespace spud::ring
