// SPDX-License-Identifier: Apache-2.0
#include "vm/ledger.hpp"

#include <algorithm>

#include <gtest/gtest.h>

#include "ir/builder.hpp"
#include "ir/verify.hpp"
#include "vm/run.hpp"

namespace spud::vm {
namespace {

using ops::Opcode;

constexpr std::int64_t kLength = 5;
constexpr std::int32_t kTurns = 3;
const ir::ValueInfo kVector{{DType::kF32, {kLength}}, ir::Visibility::kSecret};
const ir::ValueInfo kCounter{{DType::kS32, {}}, ir::Visibility::kPublic};
const ir::ValueInfo kVerdict{{DType::kPred, {}}, ir::Visibility::kPublic};

ops::Attributes number(std::int32_t value) {
  ops::Attributes attributes;
  attributes.literal = Literal::scalar<std::int32_t>(DType::kS32, value);
  return attributes;
}

/// Squares `state` kTurns times.
ir::ValueId add_loop(ir::RegionBuilder& main, ir::ValueId state) {
  const std::vector<ir::ValueInfo> carried{kCounter, kVector};
  ops::Attributes less;
  less.comparison = ops::Comparison::kLt;
  ir::RegionBuilder condition(carried), body(carried);
  auto limit = condition.add(Opcode::kConstant, number(kTurns), {}, kCounter, "limit");
  auto go_on = condition.add(Opcode::kCompare, less, {0, limit}, kVerdict, "go on");
  auto one = body.add(Opcode::kConstant, number(1), {}, kCounter, "one");
  auto next = body.add(Opcode::kAdd, {}, {0, one}, kCounter, "next");
  auto square = body.add(Opcode::kMultiply, {}, {1, 1}, kVector, "square");
  ir::Instruction loop;
  loop.opcode = Opcode::kWhile;
  loop.operands = {main.add(Opcode::kConstant, number(0), {}, kCounter, "start"), state};
  loop.origin = "loop";
  loop.regions.push_back(std::move(condition).finish({go_on}));
  loop.regions.push_back(std::move(body).finish({next, square}));
  return main.add(std::move(loop), carried) + 1;
}

/// Two products of the same factors, and a loop on the first of them.
ir::Plan plan_of_three() {
  ir::RegionBuilder main({kVector, kVector});
  auto first = main.add(Opcode::kMultiply, {}, {0, 1}, kVector, "first");
  auto second = main.add(Opcode::kMultiply, {}, {1, 0}, kVector, "second");
  auto sum = main.add(Opcode::kAdd, {}, {first, second}, kVector, "sum");
  auto power = add_loop(main, first);
  ir::Plan plan;
  plan.compiler_version = "test";
  plan.inputs = {{"in0", kVector}, {"in1", kVector}};
  plan.main = std::move(main).finish({sum, power});
  EXPECT_TRUE(ir::verify(plan).has_value());
  return plan;
}

Forecast forecast_of(const ir::Plan& plan, unsigned parties, Ledger* ledger) {
  const std::vector<Input> inputs(
      2, alu::StoredShare{
             kVector.type, alu::element_format(DType::kF32, {plan.ring_bits, plan.fraction_bits}), {}});
  auto out = forecast(plan, Seat{ProtocolKind::kSemi2k, Rank{0}, parties}, inputs, ledger);
  EXPECT_TRUE(out.has_value()) << out.error().message();
  return std::move(*out);
}

std::size_t place_of(const Ledger& ledger, const std::string& origin) {
  const auto& entries = ledger.entries();
  return static_cast<std::size_t>(
      std::ranges::find_if(entries, [&](const auto& e) { return e.instruction->origin == origin; }) -
      entries.begin());
}
const InstructionCost& cost_of(const Ledger& ledger, const std::string& origin) {
  return ledger.entries().at(place_of(ledger, origin)).own;
}

class LedgerOfParties : public testing::TestWithParam<unsigned> {};
INSTANTIATE_TEST_SUITE_P(Parties, LedgerOfParties, testing::Values(2, 3));

TEST_P(LedgerOfParties, AddsUpToTheForecastAndDoesNotChangeIt) {
  const ir::Plan plan = plan_of_three();
  Ledger ledger(plan);
  const Forecast with = forecast_of(plan, GetParam(), &ledger),
                 without = forecast_of(plan, GetParam(), nullptr);
  EXPECT_EQ(correlation::digest(with.demand), correlation::digest(without.demand));
  EXPECT_EQ(with.traffic.rounds, without.traffic.rounds);
  const auto total = ledger.total();
  EXPECT_EQ(total.opened_bits, without.traffic.opened_bits);
  EXPECT_EQ(total.payload_bytes, without.traffic.payload_bytes);
  EXPECT_EQ(total.dealt_bits, without.dealt.dealt_bits);
  EXPECT_EQ(total.tape_bytes, without.dealt.tape_bytes);
  EXPECT_EQ(total.items, without.dealt.items);
  EXPECT_GT(total.opened_bits, 0u);
  EXPECT_GT(total.dealt_bits, 0u);
}

TEST_P(LedgerOfParties, ChargesASharedMaskToTheFirstThatNeedsIt) {
  const ir::Plan plan = plan_of_three();
  Ledger ledger(plan);
  forecast_of(plan, GetParam(), &ledger);
  const auto &first = cost_of(ledger, "first"), &second = cost_of(ledger, "second");
  EXPECT_EQ(first.opened_bits, second.opened_bits + 2 * 64 * kLength);
  EXPECT_EQ(first.dealt_bits, second.dealt_bits);
  // Whoever waited for it pays for what comes then: a truncation, in the round after it.
  EXPECT_GT(second.opened_bits, 0u);
  EXPECT_EQ(first.rounds, 2u);
  EXPECT_EQ(second.rounds, 2u);
  InstructionCost nothing;
  nothing.runs = 1;
  EXPECT_EQ(cost_of(ledger, "sum"), nothing);
}

TEST_P(LedgerOfParties, SumsTheTurnsOfLoops) {
  const ir::Plan plan = plan_of_three();
  Ledger ledger(plan);
  const Forecast forecast = forecast_of(plan, GetParam(), &ledger);
  const auto &loop = cost_of(ledger, "loop"), &square = cost_of(ledger, "square");
  EXPECT_EQ(loop.runs, 1u);
  EXPECT_EQ(loop.turns, static_cast<std::uint64_t>(kTurns));
  EXPECT_EQ(square.runs, static_cast<std::uint64_t>(kTurns));
  EXPECT_EQ(cost_of(ledger, "go on").runs, kTurns + 1u);
  EXPECT_EQ(square.rounds, 2u * kTurns);
  EXPECT_EQ(loop.rounds, square.rounds);
  EXPECT_EQ(loop.opened_bits, 0u);
  const auto whole = ledger.with_regions(place_of(ledger, "loop"));
  EXPECT_EQ(whole.opened_bits, square.opened_bits);
  EXPECT_EQ(whole.rounds, square.rounds);
  EXPECT_EQ(whole.turns, loop.turns);
  EXPECT_EQ(ledger.entries()[place_of(ledger, "square")].depth, 1u);
  EXPECT_EQ(ledger.entries()[place_of(ledger, "square")].outer, place_of(ledger, "loop"));
  // The loop waits for the first product only, the second shares its rounds.
  EXPECT_EQ(forecast.traffic.rounds, 2u + 2u * kTurns);
}

}  // namespace
}  // namespace spud::vm
