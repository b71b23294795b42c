// SPDX-License-Identifier: Apache-2.0
// Matrix products as G multiply-adds a second, and as a fraction of what the CPU's widest multiplication
// reaches on registers alone, measured beside each of them. Both are the best of short runs: what else the
// machine does shows in the time that is printed, not in the counters.
#include <algorithm>
#include <chrono>
#include <limits>
#include <random>
#include <string>

#include <benchmark/benchmark.h>

#include "ring/convolution.hpp"
#include "ring/matmul.hpp"
#include "ring/simd.hpp"
#include "ring/workers.hpp"

namespace spud::ring {
namespace {

/// By the wall clock: disturbed runs are too long, never too short. (The least of many readings of a thread's
/// CPU time is too short by microseconds on virtual machines, and put short products above what the CPU can
/// do.)
template <class Body>
double best_seconds(int runs, Body&& body) {
  double best = std::numeric_limits<double>::infinity();
  for (int run = 0; run < runs; ++run) {
    const auto start = std::chrono::steady_clock::now();
    body();
    best = std::min(best, std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
  }
  return best;
}

#if defined(__x86_64__)
#define PAIR(multiply, add, sum, product) \
  multiply " %%zmm30, %%zmm31, %%zmm" product "\n\t" add " %%zmm" product ", %%zmm" sum ", %%zmm" sum "\n\t"
#define EIGHT_PAIRS(multiply, add) \
  PAIR(multiply, add, "0", "8")    \
  PAIR(multiply, add, "1", "9")    \
  PAIR(multiply, add, "2", "10")   \
  PAIR(multiply, add, "3", "11")   \
  PAIR(multiply, add, "4", "12")   \
  PAIR(multiply, add, "5", "13") PAIR(multiply, add, "6", "14") PAIR(multiply, add, "7", "15")
#define FUSED(sum) "vpmadd52luq %%zmm30, %%zmm31, %%zmm" sum "\n\t"
#define SUMS "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7"
#define PRODUCTS "xmm8", "xmm9", "xmm10", "xmm11", "xmm12", "xmm13", "xmm14", "xmm15"

/// G multiply-adds a second on registers; 0 where there is no such instruction.
double limit(unsigned bits) {
  constexpr int kTurns = 20'000, kRuns = 200;
  if (!__builtin_cpu_supports("avx512dq") || (bits == 128 && !__builtin_cpu_supports("avx512ifma"))) return 0;
  const double seconds = best_seconds(kRuns, [&] {
    for (int i = 0; i < kTurns; ++i) {
      if (bits == 32) asm volatile(EIGHT_PAIRS("vpmulld", "vpaddd")::: SUMS, PRODUCTS);
      if (bits == 64) asm volatile(EIGHT_PAIRS("vpmullq", "vpaddq")::: SUMS, PRODUCTS);
      if (bits == 128) {
        asm volatile(FUSED("0") FUSED("1") FUSED("2") FUSED("3") FUSED("4") FUSED("5") FUSED("6") FUSED("7")
                         FUSED("8") FUSED("9") FUSED("10") FUSED("11") FUSED("12") FUSED("13") FUSED("14")
                             FUSED("15")::
                                 : SUMS, PRODUCTS);
      }
    }
  });
  // A register holds 512/bits elements; one of 128 bits takes nine multiply-adds of its 64-bit limbs.
  const double elements = bits == 128 ? 16 * 8 / 9.0 : 8 * 512.0 / bits;
  return elements * kTurns / seconds / 1e9;
}
#else
double limit(unsigned) {
  return 0;
}
#endif

Tensor random_tensor(unsigned bits, const Shape& shape) {
  Tensor out = Tensor::uninitialised(bits, shape);
  std::mt19937_64 rng(1);
  for (auto& byte : out.writable_bytes()) byte = static_cast<std::byte>(rng());
  return out;
}

/// Times body, which does so many multiply-adds.
template <class Body>
void report(benchmark::State& state, unsigned bits, std::int64_t multiplications, Body&& body) {
  double best = std::numeric_limits<double>::infinity();
  for (auto _ : state) best = std::min(best, best_seconds(1, body));
  const double rate = static_cast<double>(multiplications) / best / 1e9, most = limit(bits);
  state.counters["G_per_s"] = rate;
  if (most > 0) {
    state.counters["limit_G_per_s"] = most;
    state.counters["of_limit"] = rate / most;
  }
}

void multiply(benchmark::State& state, SimdPath path, unsigned bits, std::int64_t m, std::int64_t k,
              std::int64_t n, bool transposed) {
  set_simd_path(path);
  Tensor a = random_tensor(bits, {1, m, k}), b = random_tensor(bits, {1, k, n});
  if (transposed) {  // as gradients need it: xᵀ·y of dense x and y
    a = random_tensor(bits, {1, k, m}).view({1, m, k}, {m * k, 1, m}, 0);
  }
  report(state, bits, m * k * n, [&] { benchmark::DoNotOptimize(matmul(a, b)); });
}

/// 3×3 windows over a padded square image, `features` to as many.
void convolve(benchmark::State& state, SimdPath path, unsigned bits, std::int64_t features,
              std::int64_t size) {
  set_simd_path(path);
  const Tensor x = random_tensor(bits, {4, features, size, size}),
               w = random_tensor(bits, {features, features, 3, 3});
  const Convolution how{.axes = {{.low = 1, .high = 1}, {.low = 1, .high = 1}}};
  Tensor out = Tensor::zeros(bits, x.shape());
  report(state, bits, x.elements() * features * 9,
         [&] { add_convolution(out, Product::Sign::kPlus, x, w, how); });
}

/// By the clock, so only a machine with free cores shows what threads bring.
void on_threads(benchmark::State& state, unsigned bits, unsigned count) {
  const Tensor a = random_tensor(bits, {1, 512, 512}), b = random_tensor(bits, {1, 512, 512});
  set_threads(count);
  for (auto _ : state) benchmark::DoNotOptimize(matmul(a, b));
  set_threads(1);
  state.counters["G_per_s"] =
      benchmark::Counter(512.0 * 512 * 512 / 1e9, benchmark::Counter::kIsIterationInvariantRate);
}

const int registered = [] {
  struct Case {
    const char* name;
    std::int64_t m, k, n;
    bool transposed;
  };
  for (const Case& c : {Case{"512x512x512", 512, 512, 512, false}, Case{"128x768x768", 128, 768, 768, false},
                        Case{"128x768x3072", 128, 768, 3072, false}, Case{"128x784x10", 128, 784, 10, false},
                        Case{"784Tx128x10", 784, 128, 10, true}, Case{"128x100x1", 128, 100, 1, false},
                        Case{"100Tx128x1", 100, 128, 1, true}, Case{"1024x1024x1", 1024, 1024, 1, false}}) {
    for (unsigned bits : {32u, 64u, 128u}) {
      for (SimdPath path : simd_paths()) {
        const std::string name = "matmul/" + std::to_string(bits) + "/" + c.name + "/" + to_string(path);
        benchmark::RegisterBenchmark(name.c_str(), [=](benchmark::State& state) {
          multiply(state, path, bits, c.m, c.k, c.n, c.transposed);
        })->MinTime(0.2);
      }
    }
  }
  for (unsigned bits : {32u, 64u, 128u}) {
    for (unsigned count : {1u, 2u}) {
      const std::string name =
          "matmul_threads/" + std::to_string(bits) + "/512x512x512/" + std::to_string(count);
      benchmark::RegisterBenchmark(name.c_str(),
                                   [=](benchmark::State& state) { on_threads(state, bits, count); })
          ->MinTime(0.2)
          ->UseRealTime();
    }
  }
  for (const auto& [features, size] : {std::pair<std::int64_t, std::int64_t>{16, 32}, {64, 14}}) {
    for (unsigned bits : {32u, 64u, 128u}) {
      for (SimdPath path : simd_paths()) {
        const std::string name = "convolution/" + std::to_string(bits) + "/" + std::to_string(features) +
                                 "x" + std::to_string(size) + "x" + std::to_string(size) + "/" +
                                 to_string(path);
        benchmark::RegisterBenchmark(name.c_str(), [=](benchmark::State& state) {
          convolve(state, path, bits, features, size);
        })->MinTime(0.2);
      }
    }
  }
  return 0;
}();

}  // namespace
}  // namespace spud::ring
