// SPDX-License-Identifier: Apache-2.0
#include "vm/peak_memory.hpp"

#include <mutex>
#include <new>
#include <thread>

#include <gtest/gtest.h>

#include "ir/builder.hpp"
#include "ir/verify.hpp"
#include "ring/buffer.hpp"
#include "system/crypto/random.hpp"
#include "vm/local.hpp"
#include "vm/run.hpp"

namespace spud::vm {
namespace {

using protocol::Arith;
using protocol::Boolean;
using protocol::Task;

constexpr std::uint64_t kMiB = 1 << 20;
constexpr std::uint64_t kIdle = ring::kIdleBytes;

TEST(PeakMemory, IsTheMostThatIsHeldAtATimeWithWhatBuffersKeep) {
  PeakMemory memory;
  const MemoryMeter::Listening listening(memory);
  {
    Footprint a(kIdle + kMiB);
    Footprint moved = std::move(a);
    EXPECT_EQ(memory.peak(), kIdle + kMiB);
  }
  Footprint b(kIdle - kMiB);
  EXPECT_EQ(memory.peak(), kIdle + kMiB) << "the first was more than is kept of what nobody uses";
  b = Footprint();
  Footprint c(3 * kMiB);
  EXPECT_EQ(memory.peak(), kIdle + 2 * kMiB) << "another size finds no room in what is kept";
  Footprint d(kIdle - kMiB);
  EXPECT_EQ(memory.peak(), kIdle + 2 * kMiB) << "the same size does";
}

TEST(PeakMemory, NobodyIsToldWhereNobodyListens) {
  PeakMemory memory;
  Footprint before(5);
  {
    const MemoryMeter::Listening listening(memory);
    std::thread([] { Footprint elsewhere(7); }).join();
  }
  Footprint after(6);
  EXPECT_EQ(memory.peak(), 0u);
}

// ---- what the run on shapes says, and what a run takes

constexpr std::int64_t kElements = 1 << 20;

/// Products, comparisons and choices of large tensors, some of which live long.
Task<int> busy(Desk desk) {
  ring::Tensor mine =
      desk.on_shapes ? ring::Tensor::phantom(64, {kElements}) : ring::Tensor::zeros(64, {kElements});
  auto x_task = desk.protocol.input(mine);
  Arith x = co_await x_task;
  std::vector<Arith> kept{x};
  for (int turn = 0; turn < 3; ++turn) {
    auto product_task = desk.protocol.multiply(kept.back(), x);
    Arith product = co_await product_task;
    auto sign_task = desk.protocol.negative(product);
    Boolean sign = co_await sign_task;
    auto chosen_task = desk.protocol.mux(sign, product);
    Arith chosen = co_await chosen_task;
    kept.push_back(chosen);
  }
  co_return 1;
}

/// Weighs what a party of a real run holds, on the party's own thread.
Task<int> weighed(Desk desk, std::vector<std::uint64_t>& peaks) {
  if (desk.on_shapes) {
    auto task = busy(desk);
    int done = co_await task;
    co_return done;
  }
  PeakMemory memory;
  const MemoryMeter::Listening listening(memory);
  {
    auto task = busy(desk);
    (void)co_await task;
  }
  peaks[index(desk.seat.rank)] = memory.peak();
  co_return 1;
}

class PeakOf : public testing::TestWithParam<std::pair<ProtocolKind, unsigned>> {};
INSTANTIATE_TEST_SUITE_P(Protocols, PeakOf,
                         testing::Values(std::pair{ProtocolKind::kSemi2k, 2u},
                                         std::pair{ProtocolKind::kSemi2k, 3u},
                                         std::pair{ProtocolKind::kRef2k, 2u}));

TEST_P(PeakOf, TheRunOnShapesIsNoLessThanTheRunAndNotMuchMore) {
  const auto [kind, parties] = GetParam();
  crypto::SeededRandom random(1);
  std::vector<std::uint64_t> peaks(parties);
  auto run = run_locally<int>(kind, parties, random, [&](Desk desk) { return weighed(desk, peaks); });
  ASSERT_TRUE(run.has_value()) << run.error().message();
  for (unsigned p = 0; p < parties; ++p) {
    auto shapes = run_on_shapes<int>({kind, Rank{p}, parties}, [](Desk desk) { return busy(desk); });
    ASSERT_TRUE(shapes.has_value());
    EXPECT_GT(peaks[p], 4 * 8 * kElements);
    EXPECT_GE(shapes->peak_bytes, peaks[p]) << p;
    EXPECT_LE(shapes->peak_bytes, 3 * peaks[p] / 2) << p;
  }
}

// ---- plans

const ir::ValueInfo kSecret{{DType::kF32, {1000}}, ir::Visibility::kSecret};

ir::Plan product_plan() {
  ir::RegionBuilder main({kSecret, kSecret});
  auto product = main.add(ops::Opcode::kMultiply, {}, {0, 1}, kSecret, "dot.3");
  ir::Plan plan;
  plan.compiler_version = "test";
  plan.inputs = {{"in0", kSecret}, {"in1", kSecret}};
  plan.main = std::move(main).finish({product});
  EXPECT_TRUE(ir::verify(plan).has_value());
  return plan;
}

std::vector<Input> zeros_of(const ir::Plan& plan) {
  const auto format = alu::element_format(DType::kF32, {plan.ring_bits, plan.fraction_bits});
  return std::vector<Input>(
      2, alu::StoredShare{kSecret.type, format, Bytes(alu::stored_bytes(kSecret.type, format))});
}

TEST(Forecast, CountsInputsAndOutputsToo) {
  const auto plan = product_plan();
  auto found = forecast(plan, Seat{}, zeros_of(plan));
  ASSERT_TRUE(found.has_value());
  // Two inputs, as they lie ready and as tensors, and what the product makes of them.
  EXPECT_GE(found->peak_bytes, 5u * 8000);
  EXPECT_LE(found->peak_bytes, 25u * 8000);
}

TEST(Forecast, CountsWhatOnePartyHasAtThatPartyAlone) {
  ir::ValueInfo kept{{DType::kF32, {1 << 20}}, ir::Visibility::kSecret};
  kept.owner = Rank{1};
  ir::RegionBuilder main({kept});
  auto sum = main.add(ops::Opcode::kAdd, {}, {0, 0}, kept, "sum");
  ir::Plan plan;
  plan.compiler_version = "test";
  plan.inputs = {{"in0", kept}};
  plan.main = std::move(main).finish({sum});
  const std::vector<Input> inputs{PrivateInput{Rank{1}, kept.type, std::nullopt}};
  auto owner = forecast(plan, Seat{ProtocolKind::kSemi2k, Rank{1}, 2}, inputs),
       other = forecast(plan, Seat{ProtocolKind::kSemi2k, Rank{0}, 2}, inputs);
  ASSERT_TRUE(owner.has_value() && other.has_value());
  EXPECT_GE(owner->peak_bytes, other->peak_bytes + 2 * (4u << 20));
}

/// The process gets no more memory as soon as it reads.
class NoMemory final : public correlation::TapeReader {
 public:
  Status read(MutableBytes) override { throw std::bad_alloc(); }
};

TEST(Run, WithoutMemoryItNamesTheInstructionAndTheProcessGoesOn) {
  const auto plan = product_plan();
  NoMemory tape;
  MemoryNetwork network(2);
  std::vector<std::optional<Result<RunResult>>> results(2);
  const Bytes seed(Seed::kBytes);
  auto party = [&](unsigned p) {
    auto links = network.party(Rank{p});
    Attempt attempt;
    attempt.seat = {ProtocolKind::kSemi2k, Rank{p}, 2};
    attempt.network = links.get();
    attempt.seed = Seed(std::span<const std::byte, Seed::kBytes>(seed.data(), Seed::kBytes));
    attempt.tape = p == 1 ? &tape : nullptr;
    attempt.pair_keys.emplace(Rank{1 - p},
                              Seed(std::span<const std::byte, Seed::kBytes>(seed.data(), Seed::kBytes)));
    results[p] = run(plan, std::move(attempt), zeros_of(plan));
    if (!*results[p]) network.close(Rank{p});
  };
  std::thread first(party, 0u), last(party, 1u);
  first.join();
  last.join();
  ASSERT_FALSE(results[1]->has_value());
  EXPECT_EQ(results[1]->error().code, ErrorCode::kResource);
  EXPECT_EQ(results[1]->error().what, "out of memory");
  EXPECT_EQ(results[1]->error().where, "instruction 'dot.3'");

  crypto::SeededRandom random(1);
  EXPECT_TRUE(run_all(plan, ProtocolKind::kSemi2k, 2, random, {zeros_of(plan), zeros_of(plan)}).has_value());
}

}  // namespace
}  // namespace spud::vm
