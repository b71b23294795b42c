// SPDX-License-Identifier: Apache-2.0
#include "compiler/passes/trip_count.hpp"

#include <limits>

#include <gtest/gtest.h>

#include "ir/builder.hpp"

namespace spud::compiler {
namespace {

using ops::Comparison;
using ops::Opcode;

struct Loop {
  std::int64_t start = 0, step = 1;
  Comparison comparison = Comparison::kLt;
  std::int64_t bound = 10;
  DType dtype = DType::kS32;
  bool mirrored = false;  ///< bound on the left, step on the left
  Opcode advance = Opcode::kAdd;
};

ir::ValueId constant(ir::RegionBuilder& builder, DType dtype, std::int64_t value) {
  ops::Attributes attributes;
  attributes.literal = Literal(TensorType{dtype, {}});
  attributes.literal->set_int(0, value);
  return builder.add(Opcode::kConstant, attributes, {}, {{dtype, {}}, ir::Visibility::kPublic}, "");
}

/// A region whose last instruction is the loop, on a counter and the region's parameter.
ir::Region region_with(const Loop& loop) {
  const ir::ValueInfo counter{{loop.dtype, {}}, ir::Visibility::kPublic};
  const std::vector<ir::ValueInfo> carried{counter, counter};
  ops::Attributes compare;
  compare.comparison = loop.comparison;

  ir::RegionBuilder condition(carried);
  std::vector<ir::ValueId> sides{0, constant(condition, loop.dtype, loop.bound)};
  if (loop.mirrored) std::swap(sides[0], sides[1]);
  auto go_on =
      condition.add(Opcode::kCompare, compare, sides, {{DType::kPred, {}}, ir::Visibility::kPublic}, "");

  ir::RegionBuilder body(carried);
  std::vector<ir::ValueId> terms{0, constant(body, loop.dtype, loop.step)};
  if (loop.mirrored) std::swap(terms[0], terms[1]);
  auto next = body.add(loop.advance, {}, terms, counter, "");

  ir::RegionBuilder main({counter});
  ir::Instruction instruction;
  instruction.opcode = Opcode::kWhile;
  instruction.operands = {constant(main, loop.dtype, loop.start), 0};
  instruction.regions.push_back(std::move(condition).finish({go_on}));
  instruction.regions.push_back(std::move(body).finish({next, 1}));
  auto first = main.add(std::move(instruction), carried);
  return std::move(main).finish({first});
}

std::optional<std::uint64_t> trips(const Loop& loop) {
  const auto region = region_with(loop);
  return trip_count(region, region.instructions.back());
}

TEST(TripCount, CountsTurnsUpAndDown) {
  EXPECT_EQ(trips({}), 10u);
  EXPECT_EQ(trips({.step = 3}), 4u);
  EXPECT_EQ(trips({.step = 3, .bound = 9}), 3u);
  EXPECT_EQ(trips({.comparison = Comparison::kLe}), 11u);
  EXPECT_EQ(trips({.start = 10, .step = -1, .comparison = Comparison::kGt, .bound = 0}), 10u);
  EXPECT_EQ(trips({.start = 10, .step = -4, .comparison = Comparison::kGe, .bound = 2}), 3u);
  EXPECT_EQ(
      trips(
          {.start = 10, .step = 2, .comparison = Comparison::kGt, .bound = 0, .advance = Opcode::kSubtract}),
      5u);
  EXPECT_EQ(trips({.step = 2, .comparison = Comparison::kNe}), 5u);
  EXPECT_EQ(trips({.start = 10}), 0u);
  EXPECT_EQ(trips({.start = 10, .step = -1}), 0u);
  EXPECT_EQ(trips({.comparison = Comparison::kNe, .bound = 0}), 0u);
}

TEST(TripCount, ReadsEitherSideOfTheComparison) {
  EXPECT_EQ(trips({.comparison = Comparison::kGt, .mirrored = true}), 10u);
  EXPECT_EQ(trips({.comparison = Comparison::kGe, .mirrored = true}), 11u);
}

TEST(TripCount, IsUnknownForLoopsWithoutEndAndOtherTests) {
  EXPECT_FALSE(trips({.step = 0}));
  EXPECT_FALSE(trips({.step = -1}));
  EXPECT_FALSE(trips({.step = 3, .comparison = Comparison::kNe}));
  EXPECT_FALSE(trips({.step = -1, .comparison = Comparison::kNe}));
  EXPECT_FALSE(trips({.comparison = Comparison::kEq}));
  EXPECT_FALSE(trips({.step = 2, .advance = Opcode::kMultiply}));
}

TEST(TripCount, IsUnknownWhereTheCounterWouldWrap) {
  EXPECT_FALSE(trips({.step = 100, .bound = 127, .dtype = DType::kS8}));
  EXPECT_EQ(trips({.step = 100, .bound = 90, .dtype = DType::kS8}), 1u);
  EXPECT_FALSE(trips({.comparison = Comparison::kLe, .bound = 255, .dtype = DType::kU8}));
  // −1 is the largest u64.
  EXPECT_EQ(trips({.start = -3, .bound = -1, .dtype = DType::kU64}), 2u);
  EXPECT_FALSE(trips({.bound = -1, .dtype = DType::kU64}));
  EXPECT_EQ(trips({.start = std::numeric_limits<std::int64_t>::max() - 2,
                   .bound = std::numeric_limits<std::int64_t>::max(),
                   .dtype = DType::kS64}),
            2u);
}

TEST(TripCount, IsUnknownForACounterThatStartsAnywhere) {
  auto region = region_with({});
  region.instructions.back().operands[0] = 0;
  EXPECT_FALSE(trip_count(region, region.instructions.back()));
}

TEST(IsInvariant, ForWhatTheBodyHandsOn) {
  const auto region = region_with({});
  EXPECT_FALSE(is_invariant(region.instructions.back(), 0));
  EXPECT_TRUE(is_invariant(region.instructions.back(), 1));
}

TEST(IsInvariant, ThroughALoopWithin) {
  // The outer loop's values are the results of the inner.
  auto inner = region_with({});
  ir::Instruction outer;
  outer.opcode = Opcode::kWhile;
  outer.operands = {0};
  outer.regions.push_back(inner);
  outer.regions.push_back(inner);
  auto& body = outer.regions[1];
  const auto loop = body.instructions.back().first_result;
  body.results = {loop + 1};
  EXPECT_TRUE(is_invariant(outer, 0));
  body.results = {loop};
  EXPECT_FALSE(is_invariant(outer, 0));
}

}  // namespace
}  // namespace spud::compiler
