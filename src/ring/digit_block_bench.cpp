// SPDX-License-Identifier: Apache-2.0
// The digit stage of comparisons of 64-bit numbers, a block at a time, for each instruction set: what a
// dealer does for one (one-hot tables onto a stream) and what a party does (both look-ups of every digit).
#include <memory>
#include <random>

#include <benchmark/benchmark.h>

#include "ring/digit_table.hpp"
#include "ring/simd.hpp"

namespace spud::ring {
namespace {

constexpr DigitLayout kLayout{63};
constexpr std::int64_t kElements = DigitBlock::kElements;

Tensor numbers() {
  Tensor out = Tensor::uninitialised(64, {kElements});
  std::mt19937_64 rng(1);
  for (std::int64_t i = 0; i < kElements; ++i) out.writable<std::uint64_t>()[i] = rng();
  return out;
}

void on(benchmark::State& state, SimdPath path, const std::function<void()>& body) {
  set_simd_path(path);
  for (auto _ : state) body();
  set_simd_path(simd_paths().front());
  state.SetItemsProcessed(state.iterations() * kElements);
}

void one_hot(benchmark::State& state, SimdPath path) {
  const OneHot hot{numbers(), kLayout};
  const auto digits = std::make_unique<BlockDigits>();
  std::vector<std::uint16_t> tables(kLayout.digits() * kElements);
  on(state, path, [&] {
    hot.xor_block(0, kElements, *digits, tables.data());
    benchmark::DoNotOptimize(tables.data());
  });
}

void look_up(benchmark::State& state, SimdPath path) {
  const Tensor open = numbers();
  const auto digits = std::make_unique<BlockDigits>();
  std::vector<std::uint16_t> tables(kLayout.digits() * kElements, 0x5a5a);
  std::vector<std::uint64_t> less(DigitBlock::kWords), equal(DigitBlock::kWords);
  const Select select(16, 0x1234), top(8, 0x12);
  on(state, path, [&] {
    digits->load(open, 0, kElements, kLayout.width);
    for (unsigned d = 0; d < kLayout.digits(); ++d) {
      const Select& by = kLayout.entries_of(d) == 16 ? select : top;
      digits->look_up(tables.data() + d * kElements, d, kLayout.bits_of(d), {by, by},
                      {less.data(), equal.data()});
    }
    benchmark::DoNotOptimize(less.data());
  });
}

const bool registered = [] {
  for (SimdPath path : simd_paths()) {
    benchmark::RegisterBenchmark((std::string("one_hot/") + to_string(path)).c_str(), one_hot, path);
    benchmark::RegisterBenchmark((std::string("look_up/") + to_string(path)).c_str(), look_up, path);
  }
  return true;
}();

}  // namespace
}  // namespace spud::ring
