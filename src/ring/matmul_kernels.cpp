// SPDX-License-Identifier: Apache-2.0
#include "ring/matmul_kernels.hpp"

#include "base/check.hpp"
#include "ring/matmul.hpp"

namespace spud::ring {

template <class Word>
Kernel<Word> kernel_of(std::string_view path) {
#if defined(__x86_64__)
  if constexpr (sizeof(Word) > 1) {
    if (path == "avx512") return avx512_kernel<Word>();
  }
  if constexpr (sizeof(Word) == 4 || sizeof(Word) == 8) {
    if (path == "avx2") return avx2_kernel<Word>();
  }
  if (path == "avx512" || path == "avx2") return portable_kernel<Word>();
#endif
  SPUD_CHECK(path == "portable", "the path is one of matmul_paths()");
  return portable_kernel<Word>();
}

template Kernel<std::uint8_t> kernel_of(std::string_view);
template Kernel<std::uint32_t> kernel_of(std::string_view);
template Kernel<std::uint64_t> kernel_of(std::string_view);
template Kernel<unsigned __int128> kernel_of(std::string_view);

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

}  // namespace spud::ring
