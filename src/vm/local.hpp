// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <thread>

#include "base/limits.hpp"
#include "base/random.hpp"
#include "correlation/dealer.hpp"
#include "correlation/party_source.hpp"
#include "correlation/recorder.hpp"
#include "vm/executor.hpp"
#include "vm/ledger.hpp"
#include "vm/memory_network.hpp"
#include "vm/party.hpp"
#include "vm/peak_memory.hpp"
#include "vm/tape_pipe.hpp"

namespace spud::vm {

/// What a party's part of a computation is made of, whatever runs it.
struct Desk {
  const Seat& seat;
  protocol::Protocol& protocol;
  RoundExecutor& executor;
  correlation::Source& source;
  bool on_shapes = false;
  Ledger* ledger = nullptr;      ///< of a run whose costs are wanted instruction by instruction
  Progress* progress = nullptr;  ///< of a run that somebody watches
  TimeSheet* times = nullptr;    ///< of a run with a ledger whose times are wanted as well
};

/// The run on shapes: demand, and traffic as it will be. `body` makes the computation; `ledger` is told
/// whose the costs are.
struct ShapeRun {
  correlation::Demand demand;
  Traffic traffic;
  std::uint64_t instructions = 0;
  std::uint64_t peak_bytes = 0;  ///< of what the computation holds, inputs that lie ready not counted
};
template <class T>
Result<ShapeRun> run_on_shapes(const Seat& seat, const std::function<protocol::Task<T>(Desk)>& body,
                               Ledger* ledger = nullptr) {
  PeakMemory memory;  // outlives all that is weighed
  const MemoryMeter::Listening listening(memory);
  correlation::Recorder recorder(seat.parties);
  RoundExecutor executor(seat.rank, seat.parties, nullptr);
  auto protocol = make_protocol(seat, recorder, executor, std::nullopt);
  if (ledger != nullptr) {
    executor.observe(
        [ledger](const protocol::PostedOpening& opening, std::uint64_t) { ledger->opened(opening); });
    recorder.observe([ledger, &executor](const correlation::Instruction& instruction,
                                         std::span<const correlation::RegisterType> operands) {
      ledger->asked(executor.account(), instruction, operands);
    });
  }
  Progress progress;
  SPUD_TRY(executor.run(body(Desk{seat, *protocol, executor, recorder, true, ledger, &progress})));
  return ShapeRun{recorder.take(), executor.traffic(), progress.instructions, memory.peak()};
}

/// All parties of a computation as threads of this process, with a dealer that runs beside them: for the
/// simulator and tests.
template <class T>
struct LocalRun {
  std::vector<T> results;        ///< by rank
  std::vector<Traffic> traffic;  ///< by rank
  correlation::Demand demand;
  std::uint64_t tape_bytes = 0;
};

template <class T>
Result<LocalRun<T>> run_locally(ProtocolKind kind, unsigned parties, Random& random,
                                const std::function<protocol::Task<T>(Desk)>& body,
                                const RoundExecutor::Observer& observer = {},
                                const net::LinkShape& link = {}) {
  SPUD_TRY(verify_parties(kind, parties));
  LocalRun<T> run;
  SPUD_ASSIGN(auto shapes, run_on_shapes<T>(Seat{kind, Rank{0}, parties}, body));
  run.demand = std::move(shapes.demand);

  std::vector<Seed> seeds, pair_keys;
  for (unsigned p = 0; p < parties; ++p) {
    SPUD_ASSIGN(auto seed, random.seed());
    seeds.push_back(std::move(seed));
  }
  for (unsigned p = 0; p < parties * parties; ++p) {
    SPUD_ASSIGN(auto key, random.seed());
    pair_keys.push_back(std::move(key));
  }
  TapePipe tape(limits::kTapeBufferBytes);
  MemoryNetwork network(parties, link);
  std::vector<std::optional<Result<T>>> results(parties);
  run.traffic.resize(parties);
  std::atomic<std::uint64_t> tape_bytes{0};

  auto party = [&](unsigned p) {
    const Seat seat{kind, Rank{p}, parties};
    correlation::PartySource source(seat.rank, parties, seeds[p], &tape);
    std::map<Rank, Seed> keys;
    for (unsigned q = 0; q < parties; ++q) {
      if (q != p) keys.emplace(Rank{q}, pair_keys[std::min(p, q) * parties + std::max(p, q)].clone());
    }
    auto links = network.party(seat.rank);
    RoundExecutor executor(seat.rank, parties, links.get());
    executor.watch(source);
    if (observer) executor.observe(observer);
    auto protocol = make_protocol(seat, source, executor, protocol::ZeroShares(seat.rank, std::move(keys)));
    results[p] = executor.run(body(Desk{seat, *protocol, executor, source, false, nullptr, nullptr}));
    run.traffic[p] = executor.traffic();
    if (p + 1 == parties) tape_bytes = source.tape_bytes();
    if (!*results[p]) network.close(seat.rank);
    if (p + 1 == parties) tape.close(Error{ErrorCode::kCancelled, "the run has ended", "tape", "", "", ""});
  };
  Status dealt;
  std::vector<std::thread> threads;
  if (needs_dealer(kind)) {
    threads.emplace_back([&] {
      dealt = correlation::deal(run.demand, seeds, tape);
      tape.close(dealt ? Error{ErrorCode::kUnavailable, "the tape is exhausted", "tape", "", "", ""}
                       : dealt.error());
    });
  }
  for (unsigned p = 0; p < parties; ++p) threads.emplace_back(party, p);
  for (auto& thread : threads) thread.join();
  // A party's own error says more than what the others saw of it.
  std::optional<Error> error;
  for (auto& result : results) {
    if (!*result && (!error || error->what == "a party ended the run")) error = result->error();
  }
  if (error) return std::unexpected(*error);
  for (auto& result : results) run.results.push_back(std::move(**result));
  run.tape_bytes = tape_bytes;
  return run;
}

}  // namespace spud::vm
