// SPDX-License-Identifier: Apache-2.0
// A loop's demand is kept as a loop: its size grows with the program, not with the turns.
#include <functional>

#include <gtest/gtest.h>

#include "ir/builder.hpp"
#include "ir/verify.hpp"
#include "vm/run.hpp"

namespace spud::contract {
namespace {

using ops::Opcode;

const ir::ValueInfo kCounter{{DType::kS32, {}}, ir::Visibility::kPublic};
const ir::ValueInfo kTable{{DType::kF32, {1000, 4}}, ir::Visibility::kSecret};
const ir::ValueInfo kRow{{DType::kF32, {1, 4}}, ir::Visibility::kSecret};
const ir::ValueInfo kVector{{DType::kF32, {4}}, ir::Visibility::kSecret};
const ir::ValueInfo kVerdict{{DType::kPred, {}}, ir::Visibility::kPublic};

ops::Attributes number(std::int32_t value) {
  ops::Attributes attributes;
  attributes.literal = Literal::scalar<std::int32_t>(DType::kS32, value);
  return attributes;
}

const std::vector<ir::ValueInfo> kCarried{kCounter, kTable, kVector};
using MakeState = std::function<ir::ValueId(ir::RegionBuilder&)>;

/// for (i = 0; i < turns; ++i) on a counter, the table and the state, which `make` makes anew of values 0,
/// 1, 2. Returns the state after it.
ir::ValueId add_loop(ir::RegionBuilder& builder, std::int32_t turns, ir::ValueId table, ir::ValueId state,
                     const MakeState& make) {
  ops::Attributes less;
  less.comparison = ops::Comparison::kLt;
  ir::RegionBuilder condition(kCarried);
  auto limit = condition.add(Opcode::kConstant, number(turns), {}, kCounter, "limit");
  auto go_on = condition.add(Opcode::kCompare, less, {0, limit}, kVerdict, "lt");

  ir::RegionBuilder body(kCarried);
  auto one = body.add(Opcode::kConstant, number(1), {}, kCounter, "one");
  auto next = body.add(Opcode::kAdd, {}, {0, one}, kCounter, "next");
  auto made = make(body);

  ir::Instruction loop;
  loop.opcode = Opcode::kWhile;
  loop.operands = {builder.add(Opcode::kConstant, number(0), {}, kCounter, "start"), table, state};
  loop.origin = "while";
  loop.regions.push_back(std::move(condition).finish({go_on}));
  loop.regions.push_back(std::move(body).finish({next, 1, made}));
  return builder.add(std::move(loop), kCarried) + 2;
}

/// max(state · table[i], state): a product, a truncation and a comparison.
ir::ValueId step(ir::RegionBuilder& body) {
  ops::Attributes sizes;
  sizes.sizes = {1, 4};
  auto zero = body.add(Opcode::kConstant, number(0), {}, kCounter, "zero");
  auto row = body.add(Opcode::kDynamicSlice, sizes, {1, 0, zero}, kRow, "row");
  auto flat = body.add(Opcode::kReshape, {}, {row}, kVector, "flat");
  auto product = body.add(Opcode::kMultiply, {}, {2, flat}, kVector, "product");
  return body.add(Opcode::kMaximum, {}, {product, 2}, kVector, "state");
}

/// The table is masked before the loop: each turn's slice is a view of that mask.
ir::Plan plan_of(std::int32_t turns, const MakeState& make) {
  ir::RegionBuilder main({kTable, kVector});
  auto table = main.add(Opcode::kPrepare, {}, {0}, kTable, "table");
  auto state = add_loop(main, turns, table, 1, make);
  ir::Plan plan;
  plan.compiler_version = "test";
  plan.inputs = {{"in0", kTable}, {"in1", kVector}};
  plan.main = std::move(main).finish({state});
  return plan;
}

ir::Plan walk(std::int32_t turns) {
  return plan_of(turns, step);
}

/// Over the first rows again and again.
ir::Plan walk_epochs(std::int32_t epochs, std::int32_t turns) {
  return plan_of(epochs, [turns](ir::RegionBuilder& body) { return add_loop(body, turns, 1, 2, step); });
}

vm::Forecast forecast(const ir::Plan& plan, unsigned parties) {
  const alu::NumberFormat format{plan.ring_bits, plan.fraction_bits};
  std::vector<vm::Input> inputs;
  for (const auto& input : plan.inputs) {
    inputs.emplace_back(
        alu::StoredShare{input.info.type, alu::element_format(input.info.type.dtype, format), {}});
  }
  auto out = vm::forecast(plan, vm::Seat{vm::ProtocolKind::kSemi2k, Rank{0}, parties}, inputs);
  EXPECT_TRUE(out.has_value()) << out.error().message();
  return std::move(*out);
}

TEST(LoopDemand, IsAsLargeForAThousandTurnsAsForTen) {
  for (unsigned parties : {2u, 3u}) {
    ASSERT_TRUE(ir::verify(walk(10)).has_value());
    const auto ten = forecast(walk(10), parties), thousand = forecast(walk(1000), parties);
    EXPECT_EQ(correlation::encode(thousand.demand).size(), correlation::encode(ten.demand).size());
    // What it means grows all the same.
    const auto hundred = forecast(walk(100), parties);
    const auto a_turn = (hundred.dealt.dealt_bits - ten.dealt.dealt_bits) / 90;
    EXPECT_GT(a_turn, 0u);
    EXPECT_EQ(thousand.dealt.dealt_bits, ten.dealt.dealt_bits + 990 * a_turn);
    EXPECT_EQ(thousand.traffic.rounds - ten.traffic.rounds,
              11 * (hundred.traffic.rounds - ten.traffic.rounds));
  }
}

TEST(LoopDemand, IsAsLargeForManyEpochsAsForAFew) {
  ASSERT_TRUE(ir::verify(walk_epochs(4, 10)).has_value());
  const auto few = forecast(walk_epochs(4, 10), 2), many = forecast(walk_epochs(40, 10), 2);
  EXPECT_EQ(correlation::encode(many.demand).size(), correlation::encode(few.demand).size());
  EXPECT_EQ(correlation::encode(forecast(walk_epochs(4, 100), 2).demand).size(),
            correlation::encode(few.demand).size());
}

TEST(LoopDemand, AMaskedTableIsOpenedOnceForAllTurns) {
  // What a turn opens is the state's: 1000 rows more or less of the table would show.
  const auto one = forecast(walk(1), 2), eleven = forecast(walk(11), 2), twenty_one = forecast(walk(21), 2);
  const auto ten_turns = twenty_one.traffic.opened_bits - eleven.traffic.opened_bits;
  EXPECT_EQ(eleven.traffic.opened_bits - one.traffic.opened_bits, ten_turns);
  EXPECT_GT(one.traffic.opened_bits, 64u * 1000 * 4);
  EXPECT_EQ(forecast(walk_epochs(1, 11), 2).traffic.opened_bits, eleven.traffic.opened_bits);
}

}  // namespace
}  // namespace spud::contract
