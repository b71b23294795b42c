// SPDX-License-Identifier: Apache-2.0
#include "compiler/passes/prepare.hpp"

#include <gmock/gmock.h>

#include "ir/builder.hpp"
#include "ir/print.hpp"
#include "ir/verify.hpp"

namespace spud::compiler {
namespace {

using ir::RegionBuilder;
using ir::ValueId;
using ir::ValueInfo;
using ir::Visibility;
using ops::Opcode;
using ::testing::HasSubstr;
using ::testing::Not;

const ValueInfo kCounter{{DType::kS32, {}}, Visibility::kPublic};
const ValueInfo kVerdict{{DType::kPred, {}}, Visibility::kPublic};
const ValueInfo kData{{DType::kF32, {12, 3}}, Visibility::kSecret};
const ValueInfo kOpenData{{DType::kF32, {12, 3}}, Visibility::kPublic};
const ValueInfo kBatch{{DType::kF32, {4, 3}}, Visibility::kSecret};
const ValueInfo kState{{DType::kF32, {4, 3}}, Visibility::kSecret};

/// Carried by every loop here.
const std::vector<ValueInfo> kCarried{kCounter, kData, kState};
using Body = std::function<ValueId(RegionBuilder&)>;  ///< makes the next state of 0, 1, 2

ValueId number(RegionBuilder& builder, std::int32_t value) {
  ops::Attributes attributes;
  attributes.literal = Literal::scalar<std::int32_t>(DType::kS32, value);
  return builder.add(Opcode::kConstant, attributes, {}, kCounter, "");
}

/// for (i = start; i < end; ++i); results are the values after it. `data` may be what another loop hands on.
ValueId add_loop(RegionBuilder& builder, ValueId start, std::int32_t end, ValueId data, ValueId state,
                 const Body& make) {
  RegionBuilder condition(kCarried);
  ops::Attributes less;
  less.comparison = ops::Comparison::kLt;
  auto go_on = condition.add(Opcode::kCompare, less, {0, number(condition, end)}, kVerdict, "");
  RegionBuilder body(kCarried);
  auto next = body.add(Opcode::kAdd, {}, {0, number(body, 1)}, kCounter, "");
  auto made = make(body);
  ir::Instruction loop;
  loop.opcode = Opcode::kWhile;
  loop.operands = {start, data, state};
  loop.regions.push_back(std::move(condition).finish({go_on}));
  loop.regions.push_back(std::move(body).finish({next, 1, made}));
  return builder.add(std::move(loop), kCarried);
}

ValueId slice(RegionBuilder& body, Visibility visibility = Visibility::kSecret) {
  ops::Attributes sizes;
  sizes.sizes = {4, 3};
  return body.add(Opcode::kDynamicSlice, sizes, {1, 0, number(body, 0)}, {kBatch.type, visibility}, "");
}

/// state · data[i : i + 4]
ValueId product_with_slice(RegionBuilder& body) {
  return body.add(Opcode::kMultiply, {}, {2, slice(body)}, kState, "");
}

/// Runs the pass twice: the second time must change nothing.
std::string after(RegionBuilder builder, std::vector<ValueInfo> parameters, std::vector<ValueId> results) {
  ir::Plan plan;
  for (std::size_t i = 0; i < parameters.size(); ++i)
    plan.inputs.push_back({"in" + std::to_string(i), parameters[i]});
  plan.main = std::move(builder).finish(std::move(results));
  EXPECT_TRUE(ir::verify(plan)) << ir::to_text(plan);
  prepare_loop_values(plan.main);
  EXPECT_TRUE(ir::verify(plan)) << ir::to_text(plan);
  auto once = ir::to_text(plan);
  prepare_loop_values(plan.main);
  EXPECT_EQ(ir::to_text(plan), once);
  return once;
}

std::string after_one_loop(std::int32_t turns, const Body& body) {
  RegionBuilder main({kData, kState});
  auto first = add_loop(main, number(main, 0), turns, 0, 1, body);
  return after(std::move(main), {kData, kState}, {first + 2});
}

TEST(Prepare, MasksDataOnceWhereItsSlicesAreMoreThanIt) {
  // Four turns of 4 rows are more than the 12 there are.
  auto text = after_one_loop(4, product_with_slice);
  EXPECT_THAT(text, HasSubstr("%3 = prepare %0 : f32[12,3] secret\n"
                              "%4, %5, %6 = while %2, %3, %1 : "));
  EXPECT_THAT(text, HasSubstr("dynamic-slice sizes=[4,3] %1, "));
}

TEST(Prepare, LeavesDataWhoseEverySliceIsUsedOnce) {
  EXPECT_THAT(after_one_loop(3, product_with_slice), Not(HasSubstr("prepare")));
}

TEST(Prepare, CountsEveryViewOfASlice) {
  // The slice itself and its transpose: six masks of 4 rows.
  auto text = after_one_loop(3, [](RegionBuilder& body) {
    ops::Attributes swap, rows;
    swap.dimensions = {1, 0};
    rows.dot = {.lhs_contracting = {1}, .rhs_contracting = {0}, .lhs_batch = {}, .rhs_batch = {}};
    const ValueInfo turned{{DType::kF32, {3, 4}}, Visibility::kSecret};
    const ValueInfo square{{DType::kF32, {4, 4}}, Visibility::kSecret};
    auto batch = slice(body);
    auto across = body.add(Opcode::kTranspose, swap, {batch}, turned, "");
    auto gram = body.add(Opcode::kDot, rows, {2, across}, square, "");
    return body.add(Opcode::kDot, rows, {gram, batch}, kState, "");
  });
  EXPECT_THAT(text, HasSubstr("prepare %0"));
}

TEST(Prepare, CountsOnlyWhatReachesAProduct) {
  // A difference of two secrets is another value; a public factor needs no mask.
  EXPECT_THAT(after_one_loop(40,
                             [](RegionBuilder& body) {
                               auto less = body.add(Opcode::kSubtract, {}, {2, slice(body)}, kState, "");
                               return body.add(Opcode::kMultiply, {}, {less, less}, kState, "");
                             }),
              Not(HasSubstr("prepare")));
}

TEST(Prepare, LeavesWhatIsUsedWhole) {
  // Its first product masks it for all turns.
  EXPECT_THAT(after_one_loop(40,
                             [](RegionBuilder& body) {
                               body.add(Opcode::kMultiply, {}, {1, 1}, kData, "");
                               return ValueId{2};
                             }),
              Not(HasSubstr("prepare")));
}

TEST(Prepare, LeavesPublicData) {
  auto text = after_one_loop(4, [](RegionBuilder& body) {
    auto zero = body.add(Opcode::kConstant, {.literal = Literal(kOpenData.type)}, {}, kOpenData, "");
    ops::Attributes sizes;
    sizes.sizes = {4, 3};
    auto rows = body.add(Opcode::kDynamicSlice, sizes, {zero, 0, number(body, 0)},
                         {kBatch.type, Visibility::kPublic}, "");
    return body.add(Opcode::kMultiply, {}, {2, rows}, kState, "");
  });
  EXPECT_THAT(text, Not(HasSubstr("prepare")));
}

TEST(Prepare, MultipliesTheTurnsOfNestedLoopsAndGoesBeforeTheOutermost) {
  auto epoch = [](RegionBuilder& body) {
    auto start = number(body, 0);
    return add_loop(body, start, 3, 1, 2, product_with_slice) + 2;
  };
  EXPECT_THAT(after_one_loop(1, epoch), Not(HasSubstr("prepare")));
  auto text = after_one_loop(2, epoch);
  EXPECT_THAT(text, HasSubstr("\n%3 = prepare %0 : "));
  EXPECT_EQ(text.find("prepare"), text.rfind("prepare"));
}

TEST(Prepare, StaysInsideALoopOfUnknownLength) {
  RegionBuilder main({kData, kState, kCounter});
  auto first = add_loop(main, 2, 3, 0, 1, [](RegionBuilder& body) {
    auto start = number(body, 0);
    return add_loop(body, start, 4, 1, 2, product_with_slice) + 2;
  });
  auto text = after(std::move(main), {kData, kState, kCounter}, {first + 2});
  EXPECT_THAT(text, HasSubstr("    %6 = prepare %1 : "));
  EXPECT_EQ(text.find("prepare"), text.rfind("prepare"));
}

TEST(Prepare, LeavesALoopOfUnknownLength) {
  RegionBuilder main({kData, kState, kCounter});
  auto first = add_loop(main, 2, 40, 0, 1, product_with_slice);
  EXPECT_THAT(after(std::move(main), {kData, kState, kCounter}, {first + 2}), Not(HasSubstr("prepare")));
}

TEST(Prepare, AddsUpLoopsThatHandOnTheSameData) {
  RegionBuilder main({kData, kState});
  auto start = number(main, 0);
  auto first = add_loop(main, start, 2, 0, 1, product_with_slice);
  auto second = add_loop(main, start, 2, first + 1, first + 2, product_with_slice);
  auto text = after(std::move(main), {kData, kState}, {second + 2});
  EXPECT_THAT(text, HasSubstr("%3 = prepare %0 : "));
  EXPECT_THAT(text, HasSubstr("while %2, %5, %6 : "));
  EXPECT_EQ(text.find("prepare"), text.rfind("prepare"));
}

TEST(Prepare, LeavesDataThatTheLoopChanges) {
  RegionBuilder main({kState, kState});
  const std::vector<ValueInfo> carried{kCounter, kState};
  RegionBuilder condition(carried);
  ops::Attributes less;
  less.comparison = ops::Comparison::kLt;
  auto go_on = condition.add(Opcode::kCompare, less, {0, number(condition, 9)}, kVerdict, "");
  RegionBuilder body(carried);
  auto next = body.add(Opcode::kAdd, {}, {0, number(body, 1)}, kCounter, "");
  auto turned = body.add(Opcode::kNegate, {}, {1}, kState, "");
  auto square = body.add(Opcode::kMultiply, {}, {turned, turned}, kState, "");
  ir::Instruction loop;
  loop.opcode = Opcode::kWhile;
  loop.operands = {number(main, 0), 0};
  loop.regions.push_back(std::move(condition).finish({go_on}));
  loop.regions.push_back(std::move(body).finish({next, square}));
  auto first = main.add(std::move(loop), carried);
  EXPECT_THAT(after(std::move(main), {kState, kState}, {first + 1}), Not(HasSubstr("prepare")));
}

}  // namespace
}  // namespace spud::compiler
