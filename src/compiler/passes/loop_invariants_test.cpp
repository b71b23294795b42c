// SPDX-License-Identifier: Apache-2.0
#include "compiler/passes/loop_invariants.hpp"

#include <gmock/gmock.h>

#include "compiler/passes/dead_code.hpp"
#include "compiler/passes/program_for_tests.hpp"

namespace spud::compiler {
namespace {

using namespace testing;
using ::testing::HasSubstr;
using ::testing::Not;

ValueId number(RegionBuilder& builder, std::int32_t value) {
  return add_constant(builder, Literal::scalar<std::int32_t>(DType::kS32, value), "");
}

/// Carries a counter, x, y and z; `turns` of: z += e^x · (x − 1) + y, and y += z.
std::string after(std::int32_t turns) {
  const std::vector<ValueInfo> carried{kCounter, kX, kX, kX};
  RegionBuilder condition(carried), body(carried);
  ops::Attributes is_less;
  is_less.comparison = ops::Comparison::kLt;
  const ValueId go_on = condition.add(Opcode::kCompare, is_less, {0, number(condition, turns)},
                                      {{DType::kPred, {}}, Visibility::kPublic}, "");
  const ValueId next = body.add(Opcode::kAdd, {}, {0, number(body, 1)}, kCounter, "");
  const ValueId one = add_splat(body, Literal::scalar(DType::kF32, 1.0f), {2}, "");
  const ValueId power = body.add(Opcode::kExp, {}, {1}, kX, "");
  const ValueId product =
      body.add(Opcode::kMultiply, {}, {power, body.add(Opcode::kSubtract, {}, {1, one}, kX, "")}, kX, "");
  const ValueId more = body.add(Opcode::kMultiply, {}, {2, one}, kX, "");
  const ValueId sum =
      body.add(Opcode::kAdd, {}, {body.add(Opcode::kAdd, {}, {product, more}, kX, ""), 3}, kX, "");
  const ValueId y = body.add(Opcode::kAdd, {}, {2, sum}, kX, "");
  Program p({kX, kX, kX});
  ir::Instruction loop;
  loop.opcode = Opcode::kWhile;
  loop.operands = {number(p.builder(), 0), 0, 1, 2};
  loop.regions.push_back(std::move(condition).finish({go_on}));
  loop.regions.push_back(std::move(body).finish({next, 1, y, sum}));
  const ValueId first = p.builder().add(std::move(loop), carried);
  return p.after({move_loop_invariants, remove_dead_code}, {first + 3});
}

TEST(LoopInvariants, AreComputedBeforeAndCarried) {
  const std::string text = after(3);
  const auto loop = text.find("while");
  EXPECT_LT(text.find("exponential %0"), loop) << text;
  EXPECT_LT(text.find("multiply"), loop) << text;
  // Only the product is handed in, and what turns do with other values stays, its constants with it.
  const std::string inside = text.substr(loop);
  EXPECT_THAT(inside, Not(HasSubstr("exponential")));
  EXPECT_THAT(inside, HasSubstr("body(%0: s32[] public, %1: f32[2] secret, %2: f32[2] secret, "
                                "%3: f32[2] secret, %4: f32[2] secret)"));
  EXPECT_THAT(inside, HasSubstr("constant {1} : f32[] public"));
  EXPECT_THAT(inside, HasSubstr("multiply %2"));
}

TEST(LoopInvariants, StayWhereTheLoopMayNotRunTwice) {
  EXPECT_THAT(after(1).substr(after(1).find("while")), HasSubstr("exponential"));
}

TEST(LoopInvariants, LeaveLoopsInLoops) {
  // while (i < 2) { while (j < 2) { y += x · x } }
  const std::vector<ValueInfo> carried{kCounter, kX, kX};
  const auto turns = [&](RegionBuilder& builder) {
    ops::Attributes is_less;
    is_less.comparison = ops::Comparison::kLt;
    return builder.add(Opcode::kCompare, is_less, {0, number(builder, 2)},
                       {{DType::kPred, {}}, Visibility::kPublic}, "");
  };
  RegionBuilder inner_condition(carried), inner(carried), outer_condition(carried), outer(carried);
  const ValueId test = turns(inner_condition), outer_test = turns(outer_condition);
  const ValueId j = inner.add(Opcode::kAdd, {}, {0, number(inner, 1)}, kCounter, "");
  const ValueId square = inner.add(Opcode::kMultiply, {}, {1, 1}, kX, "");
  const ValueId sum = inner.add(Opcode::kAdd, {}, {2, square}, kX, "");
  ir::Instruction loop;
  loop.opcode = Opcode::kWhile;
  loop.operands = {number(outer, 0), 1, 2};
  loop.regions.push_back(std::move(inner_condition).finish({test}));
  loop.regions.push_back(std::move(inner).finish({j, 1, sum}));
  const ValueId i = outer.add(Opcode::kAdd, {}, {0, number(outer, 1)}, kCounter, "");
  const ValueId nested = outer.add(std::move(loop), carried);
  Program p({kX, kX});
  ir::Instruction whole;
  whole.opcode = Opcode::kWhile;
  whole.operands = {number(p.builder(), 0), 0, 1};
  whole.regions.push_back(std::move(outer_condition).finish({outer_test}));
  whole.regions.push_back(std::move(outer).finish({i, 1, nested + 2}));
  const ValueId first = p.builder().add(std::move(whole), carried);
  const std::string text = p.after({move_loop_invariants, remove_dead_code}, {first + 2});
  EXPECT_LT(text.find("multiply %0, %0"), text.find("while")) << text;
  EXPECT_EQ(text.find("multiply"), text.rfind("multiply")) << text;
}

}  // namespace
}  // namespace spud::compiler
