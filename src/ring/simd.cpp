// SPDX-License-Identifier: Apache-2.0
#include "ring/simd.hpp"

#include <atomic>

namespace spud::ring {
namespace {

std::vector<SimdPath> detect() {
  std::vector<SimdPath> paths;
#if SPUD_SIMD_X86
  const bool avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi2");
  if (avx2 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
      __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl")) {
    paths.push_back(SimdPath::kAvx512);
  }
  if (avx2) paths.push_back(SimdPath::kAvx2);
#endif
  paths.push_back(SimdPath::kPortable);
  return paths;
}

std::atomic<SimdPath>& current() {
  static std::atomic<SimdPath> path{simd_paths().front()};
  return path;
}

}  // namespace

const char* to_string(SimdPath path) {
  switch (path) {
    case SimdPath::kAvx512:
      return "avx512";
    case SimdPath::kAvx2:
      return "avx2";
    case SimdPath::kPortable:
      break;
  }
  return "portable";
}

std::optional<SimdPath> simd_path_from_string(std::string_view name) {
  for (SimdPath path : {SimdPath::kPortable, SimdPath::kAvx2, SimdPath::kAvx512}) {
    if (name == to_string(path)) return path;
  }
  return std::nullopt;
}

const std::vector<SimdPath>& simd_paths() {
  static const std::vector<SimdPath> paths = detect();
  return paths;
}

SimdPath simd_path() {
  return current().load(std::memory_order_relaxed);
}
void set_simd_path(SimdPath path) {
  current() = path;
}

}  // namespace spud::ring
