// SPDX-License-Identifier: Apache-2.0
// What a dealer expands for a million comparisons of 64-bit numbers, and what the parties make of it, without
// any connection: the floor below what `spud bench` measures.
#include <benchmark/benchmark.h>

#include "correlation/dealer.hpp"
#include "correlation/party_source.hpp"
#include "correlation/recorder.hpp"
#include "system/crypto/random.hpp"

namespace spud::correlation {
namespace {

constexpr std::int64_t kElements = 1'000'000;

void ask(Source& source) {
  Mask mask = source.mask(64, {kElements}, 64);
  const Register lambda[] = {mask.whole};
  const Register hot = source.derive(Op::kOneHot, {63}, lambda);
  source.deal_tables(
      hot, [](std::int64_t, std::int64_t, const std::uint16_t* block) { benchmark::DoNotOptimize(block); });
}

std::vector<Seed> seeds() {
  crypto::SeededRandom random(1);
  std::vector<Seed> out;
  for (int p = 0; p < 2; ++p) out.push_back(*random.seed());
  return out;
}

class Nowhere final : public TapeWriter {
 public:
  Status write(ByteView bytes) override {
    benchmark::DoNotOptimize(bytes.data());
    return {};
  }
};

void dealer_of_comparisons(benchmark::State& state) {
  Recorder recorder(2);
  ask(recorder);
  const Demand demand = recorder.take();
  const auto keys = seeds();
  for (auto _ : state) {
    Nowhere tape;
    if (!deal(demand, keys, tape)) state.SkipWithError("dealing failed");
  }
  state.SetItemsProcessed(state.iterations() * kElements);
}
BENCHMARK(dealer_of_comparisons)->Unit(benchmark::kMillisecond);

void first_party_of_comparisons(benchmark::State& state) {
  const auto keys = seeds();
  for (auto _ : state) {
    PartySource source(Rank{0}, 2, keys[0], nullptr);
    ask(source);
  }
  state.SetItemsProcessed(state.iterations() * kElements);
}
BENCHMARK(first_party_of_comparisons)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace spud::correlation
