// SPDX-License-Identifier: Apache-2.0
// A loop's demand is kept as a loop: its size grows with the program, not with the turns.
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

/// for i below `turns`: state = max(state · table[i], state), a product, a truncation and a comparison a
/// turn.
ir::Plan walk(std::int32_t turns) {
  const std::vector<ir::ValueInfo> carried{kCounter, kTable, kVector};
  ops::Attributes less, sizes;
  less.comparison = ops::Comparison::kLt;
  sizes.sizes = {1, 4};

  ir::RegionBuilder condition(carried);
  auto limit = condition.add(Opcode::kConstant, number(turns), {}, kCounter, "limit");
  auto go_on = condition.add(Opcode::kCompare, less, {0, limit}, kVerdict, "lt");

  ir::RegionBuilder body(carried);
  auto one = body.add(Opcode::kConstant, number(1), {}, kCounter, "one");
  auto zero = body.add(Opcode::kConstant, number(0), {}, kCounter, "zero");
  auto next = body.add(Opcode::kAdd, {}, {0, one}, kCounter, "next");
  auto row = body.add(Opcode::kDynamicSlice, sizes, {1, 0, zero}, kRow, "row");
  auto flat = body.add(Opcode::kReshape, {}, {row}, kVector, "flat");
  auto product = body.add(Opcode::kMultiply, {}, {2, flat}, kVector, "product");
  auto state = body.add(Opcode::kMaximum, {}, {product, 2}, kVector, "state");

  ir::RegionBuilder main({kTable, kVector});
  auto start = main.add(Opcode::kConstant, number(0), {}, kCounter, "start");
  // Masked before the loop: each turn's slice is a view of that mask.
  auto square = main.add(Opcode::kMultiply, {}, {0, 0}, kTable, "square");
  ir::Instruction loop;
  loop.opcode = Opcode::kWhile;
  loop.operands = {start, 0, 1};
  loop.origin = "while";
  loop.regions.push_back(std::move(condition).finish({go_on}));
  loop.regions.push_back(std::move(body).finish({next, 1, state}));
  auto first = main.add(std::move(loop), carried);

  ir::Plan plan;
  plan.compiler_version = "test";
  plan.inputs = {{"in0", kTable}, {"in1", kVector}};
  plan.main = std::move(main).finish({first + 2, square});
  return plan;
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

}  // namespace
}  // namespace spud::contract
