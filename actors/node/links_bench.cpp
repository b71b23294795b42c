// SPDX-License-Identifier: Apache-2.0
#include <atomic>
#include <barrier>
#include <thread>

#include <benchmark/benchmark.h>

#include "actors/node/linked_nodes.hpp"
#include "vm/executor.hpp"

namespace spud::actors {
namespace {

using protocol::Task;

Task<int> open_once(protocol::Executor& executor, ring::Tensor words, unsigned width) {
  auto opening = std::make_shared<protocol::WordsOpening>(words, width);
  executor.post(opening);
  protocol::PendingWords pending(std::move(opening));
  ring::Tensor sum = co_await pending;
  co_return static_cast<int>(sum.elements());
}

// A whole round as a kernel sees it: words of `width` bits, range(0) of them, opened among range(1) parties.
void Round(benchmark::State& state, unsigned width) {
  const auto parties = static_cast<unsigned>(state.range(1));
  LinkedNodes nodes(parties);
  std::barrier step(parties);
  std::atomic<bool> going = true, broken = false;
  auto party = [&](unsigned rank, auto&& go_on) {
    vm::RoundExecutor executor(Rank{rank}, parties, &nodes.links(rank));
    ring::Tensor words = ring::Tensor::zeros(64, {state.range(0)});
    while (go_on()) {
      step.arrive_and_wait();
      if (!going) return;
      if (!executor.run(open_once(executor, words, width))) broken = true;
      step.arrive_and_wait();
    }
  };
  std::vector<std::thread> others;
  for (unsigned rank = 1; rank < parties; ++rank) {
    others.emplace_back([&, rank] { party(rank, [] { return true; }); });
  }
  party(0, [&] { return state.KeepRunning(); });
  going = false;
  step.arrive_and_wait();
  for (auto& thread : others) thread.join();
  if (broken) state.SkipWithError("the links broke");
}
void Words(benchmark::State& state) {
  Round(state, 64);
}
void PackedWords(benchmark::State& state) {
  Round(state, 38);
}
BENCHMARK(Words)
    ->Args({1, 2})
    ->Args({1 << 20, 2})
    ->Args({1 << 20, 3})
    ->MeasureProcessCPUTime()
    ->UseRealTime();
BENCHMARK(PackedWords)->Args({1 << 20, 2})->MeasureProcessCPUTime()->UseRealTime();

}  // namespace
}  // namespace spud::actors
