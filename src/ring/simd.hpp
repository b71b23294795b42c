// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string_view>
#include <vector>

namespace spud::ring {

/// Instruction sets that loops over words and bits are compiled for; all give identical results.
enum class SimdPath { kPortable, kAvx2, kAvx512 };
const char* to_string(SimdPath path);
std::optional<SimdPath> simd_path_from_string(std::string_view name);

/// Those that this processor has, the best first; the portable one is always there.
const std::vector<SimdPath>& simd_paths();
/// The one in use: the best, until somebody says otherwise.
SimdPath simd_path();
/// Not while anything computes.
void set_simd_path(SimdPath path);

}  // namespace spud::ring

/// In front of a function whose loops are to be compiled for one instruction set. What it calls is compiled
/// into it, so lambdas and inline functions gain too.
#if defined(__x86_64__)
#define SPUD_SIMD_X86 1
#define SPUD_TARGET_AVX2 [[gnu::target("avx2,bmi,bmi2"), gnu::flatten]]
#if defined(__clang__)
// It takes the widest registers anyway, and does not know how to be told.
#define SPUD_WIDEST ""
#else
#define SPUD_WIDEST ",prefer-vector-width=512"
#endif
#define SPUD_TARGET_AVX512 \
  [[gnu::target("avx512f,avx512dq,avx512bw,avx512vl,avx2,bmi,bmi2" SPUD_WIDEST), gnu::flatten]]
#else
#define SPUD_SIMD_X86 0
#endif
