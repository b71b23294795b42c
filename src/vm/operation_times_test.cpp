// SPDX-License-Identifier: Apache-2.0
#include "vm/operation_times.hpp"

#include <chrono>
#include <limits>
#include <thread>

#include <gtest/gtest.h>

#include "correlation/dealer.hpp"
#include "ir/builder.hpp"
#include "vm/memory_network.hpp"
#include "vm/run.hpp"

namespace spud::vm {
namespace {

using ops::Opcode;

TEST(OperationTimes, HaveASlotForEveryOperation) {
  unsigned opcodes = 0;
  for (std::uint32_t number = 0; number <= std::numeric_limits<std::uint16_t>::max(); ++number) {
    if (!ops::opcode_from_number(static_cast<std::uint16_t>(number))) continue;
    ++opcodes;
    EXPECT_GT(number, 0u) << "0 is nobody's";
    EXPECT_LT(number, OperationTimes::kOpcodes);
  }
  EXPECT_GT(opcodes, 60u);
}

const ir::ValueInfo kSecret{{DType::kF32, {1000}}, ir::Visibility::kSecret};

/// Three products, each of the one before, and a sum.
ir::Plan chain_plan() {
  ir::RegionBuilder main({kSecret});
  ir::ValueId x = 0;
  for (int i = 0; i < 3; ++i) x = main.add(Opcode::kMultiply, {}, {x, x}, kSecret, "product");
  x = main.add(Opcode::kAdd, {}, {x, x}, kSecret, "sum");
  ir::Plan plan;
  plan.compiler_version = "test";
  plan.inputs = {{"in0", kSecret}};
  plan.main = std::move(main).finish({x});
  return plan;
}

std::vector<Input> zeros_of(const ir::Plan& plan) {
  const auto format = alu::element_format(DType::kF32, {plan.ring_bits, plan.fraction_bits});
  return {alu::StoredShare{kSecret.type, format, Bytes(alu::stored_bytes(kSecret.type, format))}};
}

TEST(OperationTimes, AreThoseOfKernelsWithoutWhatTheyWaitedForPeers) {
  constexpr std::chrono::milliseconds kDelay{20};
  const auto plan = chain_plan();
  const auto asked = forecast(plan, Seat{ProtocolKind::kSemi2k, Rank{0}, 2}, zeros_of(plan));
  ASSERT_TRUE(asked) << asked.error().message();
  const Bytes zeros(Seed::kBytes);
  const auto seed = [&] {
    return Seed(std::span<const std::byte, Seed::kBytes>(zeros.data(), Seed::kBytes));
  };
  std::vector<Seed> seeds;
  for (int i = 0; i < 2; ++i) seeds.push_back(seed());
  correlation::MemoryTape tape;
  ASSERT_TRUE(correlation::deal(asked->demand, seeds, tape));
  MemoryNetwork network(2, {.delay = kDelay});
  OperationTimes times[2];
  double elapsed[2] = {};
  const auto party = [&](unsigned p) {
    auto links = network.party(Rank{p});
    Attempt attempt;
    attempt.seat = {ProtocolKind::kSemi2k, Rank{p}, 2};
    attempt.network = links.get();
    attempt.seed = seed();
    attempt.tape = p == 1 ? &tape : nullptr;
    attempt.pair_keys.emplace(Rank{1 - p}, seed());
    TimeSheet sheet;
    attempt.times = &sheet;
    const auto began = std::chrono::steady_clock::now();
    const auto ran = run(plan, std::move(attempt), zeros_of(plan));
    elapsed[p] = std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
    EXPECT_TRUE(ran) << ran.error().message();
    EXPECT_EQ(ran->traffic.rounds, asked->traffic.rounds);
    times[p].add(Ledger(plan), sheet.take());
  };
  std::thread other(party, 1u);
  party(0);
  other.join();
  ASSERT_GE(asked->traffic.rounds, 3u);
  const double waited =
      static_cast<double>(asked->traffic.rounds) * std::chrono::duration<double>(kDelay).count();
  for (unsigned p : {0u, 1u}) {
    EXPECT_EQ(times[p].figures(Opcode::kMultiply).runs, 3u);
    EXPECT_EQ(times[p].figures(Opcode::kAdd).runs, 1u);
    EXPECT_EQ(times[p].figures(Opcode::kDot).runs, 0u);
    const auto product = times[p].figures(Opcode::kMultiply).seconds;
    const auto sum = times[p].figures(Opcode::kAdd).seconds;
    const auto rest = times[p].figures(std::nullopt).seconds;
    EXPECT_GT(product, 0);
    EXPECT_GT(sum, 0);
    EXPECT_GT(rest, 0);
    EXPECT_EQ(times[p].figures(Opcode::kDot).seconds, 0);
    // However busy the machine is: what was waited for is in none of them.
    EXPECT_LE(product + sum + rest, elapsed[p] - waited) << p;
  }
}

}  // namespace
}  // namespace spud::vm
