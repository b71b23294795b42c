// SPDX-License-Identifier: Apache-2.0
#include <numeric>

#include <gmock/gmock.h>

#include "ops/plain/evaluate_for_tests.hpp"

namespace spud::ops::plain {
namespace {

using testing::ElementsAre;

/// 0, 1, 2, … of a shape.
Literal counted(Shape shape) {
  Literal out(TensorType{DType::kS32, std::move(shape)});
  auto to = out.writable<std::int32_t>();
  std::iota(to.begin(), to.end(), 0);
  return out;
}

TensorType s32(Shape shape) {
  return {DType::kS32, std::move(shape)};
}

Literal index(std::int32_t value) {
  return Literal::scalar<std::int32_t>(DType::kS32, value);
}

TEST(Moving, IotaCountsAlongItsDimension) {
  EXPECT_THAT(elements<std::int32_t>(run(Opcode::kIota, {}, s32({2, 3}), {.dimensions = {0}})),
              ElementsAre(0, 0, 0, 1, 1, 1));
  EXPECT_THAT(elements<float>(run(Opcode::kIota, {}, {DType::kF32, {2, 2}}, {.dimensions = {1}})),
              ElementsAre(0, 1, 0, 1));
}

TEST(Moving, BroadcastPlacesOperandDimensions) {
  EXPECT_THAT(
      elements<std::int32_t>(run(Opcode::kBroadcast, {counted({2})}, s32({2, 3}), {.dimensions = {0}})),
      ElementsAre(0, 0, 0, 1, 1, 1));
  EXPECT_THAT(elements<std::int32_t>(run(Opcode::kBroadcast, {index(7)}, s32({3}))), ElementsAre(7, 7, 7));
  EXPECT_THAT(
      elements<std::int32_t>(run(Opcode::kBroadcast, {counted({2, 1})}, s32({2, 2}), {.dimensions = {0, 1}})),
      ElementsAre(0, 0, 1, 1));
}

TEST(Moving, ReshapeKeepsOrder) {
  EXPECT_THAT(elements<std::int32_t>(run(Opcode::kReshape, {counted({2, 2})}, s32({4}))),
              ElementsAre(0, 1, 2, 3));
}

TEST(Moving, TransposePermutes) {
  EXPECT_THAT(
      elements<std::int32_t>(run(Opcode::kTranspose, {counted({2, 3})}, s32({3, 2}), {.dimensions = {1, 0}})),
      ElementsAre(0, 3, 1, 4, 2, 5));
  auto moved = run(Opcode::kTranspose, {counted({2, 3, 4})}, s32({4, 2, 3}), {.dimensions = {2, 0, 1}});
  EXPECT_EQ(moved.int_at((3 * 2 + 1) * 3 + 2), (1 * 3 + 2) * 4 + 3);
}

TEST(Moving, SliceTakesStartLimitStride) {
  Attributes attributes{.start = {1, 0}, .limit = {3, 4}, .stride = {1, 3}};
  EXPECT_THAT(elements<std::int32_t>(run(Opcode::kSlice, {counted({3, 4})}, s32({2, 2}), attributes)),
              ElementsAre(4, 7, 8, 11));
  Attributes nothing{.start = {4}, .limit = {4}, .stride = {1}};
  EXPECT_EQ(run(Opcode::kSlice, {counted({4})}, s32({0}), nothing).elements(), 0);
}

TEST(Moving, ConcatenateJoinsAlongADimension) {
  EXPECT_THAT(
      elements<std::int32_t>(run(Opcode::kConcatenate, {counted({2, 1}), counted({2, 2}), counted({2, 0})},
                                 s32({2, 3}), {.dimensions = {1}})),
      ElementsAre(0, 0, 1, 1, 2, 3));
}

TEST(Moving, PadsLowHighAndBetween) {
  Attributes attributes{.low = {1}, .high = {2}, .interior = {1}};
  EXPECT_THAT(elements<std::int32_t>(run(Opcode::kPad, {counted({3}), index(9)}, s32({8}), attributes)),
              ElementsAre(9, 0, 9, 1, 9, 2, 9, 9));
}

TEST(Moving, NegativePaddingCuts) {
  Attributes cut{.low = {-1}, .high = {-2}, .interior = {0}};
  EXPECT_THAT(elements<std::int32_t>(run(Opcode::kPad, {counted({5}), index(9)}, s32({2}), cut)),
              ElementsAre(1, 2));
  // 0 9 1 9 2 without its first and last element; then beyond what there is.
  Attributes between{.low = {-1}, .high = {-1}, .interior = {1}};
  EXPECT_THAT(elements<std::int32_t>(run(Opcode::kPad, {counted({3}), index(9)}, s32({3}), between)),
              ElementsAre(9, 1, 9));
  Attributes beyond{.low = {-4}, .high = {6}, .interior = {0}};
  EXPECT_THAT(elements<std::int32_t>(run(Opcode::kPad, {counted({3}), index(9)}, s32({5}), beyond)),
              ElementsAre(9, 9, 9, 9, 9));
  Attributes left{.low = {5}, .high = {-6}, .interior = {0}};
  EXPECT_THAT(elements<std::int32_t>(run(Opcode::kPad, {counted({3}), index(9)}, s32({2}), left)),
              ElementsAre(9, 9));
}

// The definition: element i of the operand lands on low + i · (interior + 1) if that is inside.
TEST(Moving, PadAgreesWithItsDefinitionForEverySmallCase) {
  for (std::int64_t size = 0; size <= 3; ++size) {
    for (std::int64_t low = -4; low <= 3; ++low) {
      for (std::int64_t high = -4; high <= 3; ++high) {
        for (std::int64_t interior = 0; interior <= 2; ++interior) {
          std::int64_t length = low + high + size + std::max<std::int64_t>(0, size - 1) * interior;
          if (length < 0) continue;
          std::vector<std::int32_t> expected(static_cast<std::size_t>(length), 9);
          for (std::int64_t i = 0; i < size; ++i) {
            std::int64_t at = low + i * (interior + 1);
            if (at >= 0 && at < length) expected[static_cast<std::size_t>(at)] = static_cast<std::int32_t>(i);
          }
          Attributes attributes{.low = {low}, .high = {high}, .interior = {interior}};
          EXPECT_EQ(elements<std::int32_t>(
                        run(Opcode::kPad, {counted({size}), index(9)}, s32({length}), attributes)),
                    expected)
              << size << " " << low << " " << high << " " << interior;
        }
      }
    }
  }
}

TEST(Moving, ReverseTurnsTheNamedDimensions) {
  EXPECT_THAT(
      elements<std::int32_t>(run(Opcode::kReverse, {counted({2, 2})}, s32({2, 2}), {.dimensions = {1}})),
      ElementsAre(1, 0, 3, 2));
  EXPECT_THAT(
      elements<std::int32_t>(run(Opcode::kReverse, {counted({2, 2})}, s32({2, 2}), {.dimensions = {0, 1}})),
      ElementsAre(3, 2, 1, 0));
}

TEST(Moving, DynamicSliceClampsItsStarts) {
  auto x = counted({5});
  auto at = [&](Literal start) {
    return elements<std::int32_t>(run(Opcode::kDynamicSlice, {x, start}, s32({2}), {.sizes = {2}}));
  };
  EXPECT_THAT(at(index(1)), ElementsAre(1, 2));
  EXPECT_THAT(at(index(99)), ElementsAre(3, 4));
  EXPECT_THAT(at(index(-99)), ElementsAre(0, 1));
  EXPECT_THAT(at(Literal::scalar<std::uint64_t>(DType::kU64, ~0ull)), ElementsAre(3, 4));
}

TEST(Moving, DynamicUpdateWritesAClampedWindowAndLeavesItsOperandAlone) {
  auto x = counted({2, 3});
  auto update = ints({1, 2}, {8, 9});
  auto out = run(Opcode::kDynamicUpdateSlice, {x, update, index(1), index(7)}, x.type());
  EXPECT_THAT(elements<std::int32_t>(out), ElementsAre(0, 1, 2, 3, 8, 9));
  EXPECT_THAT(elements<std::int32_t>(x), ElementsAre(0, 1, 2, 3, 4, 5));
}

TEST(Moving, EveryElementWidthMoves) {
  for (auto dtype : {DType::kPred, DType::kU8, DType::kF16, DType::kF32, DType::kF64, DType::kS64}) {
    Literal x(TensorType{dtype, {2, 2}});
    is_float(dtype) ? x.set_float(1, 1) : x.set_int(1, 1);
    auto out = run(Opcode::kTranspose, {x}, x.type(), {.dimensions = {1, 0}});
    EXPECT_EQ(out.float_at(1), 0);
    EXPECT_EQ(out.float_at(2), 1);
  }
}

TEST(Moving, EmptyTensorsMove) {
  auto empty = counted({0, 3});
  EXPECT_EQ(run(Opcode::kTranspose, {empty}, s32({3, 0}), {.dimensions = {1, 0}}).elements(), 0);
  EXPECT_EQ(run(Opcode::kReverse, {empty}, s32({0, 3}), {.dimensions = {0}}).elements(), 0);
  EXPECT_EQ(run(Opcode::kDynamicSlice, {counted({4}), index(4)}, s32({0}), {.sizes = {0}}).elements(), 0);
}

}  // namespace
}  // namespace spud::ops::plain
