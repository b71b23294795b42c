// SPDX-License-Identifier: Apache-2.0
#include <benchmark/benchmark.h>

#include "system/crypto/prg.hpp"

namespace spud::crypto {
namespace {

// Bytes a second of every path this machine has.
void Fill(benchmark::State& state, const char* path) {
  CounterAes aes(std::array<std::byte, 16>{}, path);
  Bytes out(static_cast<std::size_t>(state.range(0)));
  std::uint64_t stream = 0;
  for (auto _ : state) {
    aes.fill(++stream, 0, out);
    benchmark::DoNotOptimize(out.data());
    benchmark::ClobberMemory();
  }
  state.SetBytesProcessed(state.iterations() * state.range(0));
}

// As the protocol uses it: each fill another stream, most of them small.
void Streams(benchmark::State& state) {
  Prg prg{Seed()};
  Bytes out(static_cast<std::size_t>(state.range(0)));
  std::uint64_t stream = 0;
  for (auto _ : state) {
    prg.fill(++stream, out);
    benchmark::DoNotOptimize(out.data());
    benchmark::ClobberMemory();
  }
}
BENCHMARK(Streams)->Arg(8)->Arg(64)->Arg(512);

const bool registered = [] {
  for (const char* path : counter_aes_paths()) {
    benchmark::RegisterBenchmark((std::string("Fill/") + path).c_str(),
                                 [path](benchmark::State& state) { Fill(state, path); })
        ->Arg(8)
        ->Arg(16 << 10)
        ->Arg(256 << 10)
        ->Arg(64 << 20);
  }
  return true;
}();

}  // namespace
}  // namespace spud::crypto
