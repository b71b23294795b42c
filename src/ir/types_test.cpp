// SPDX-License-Identifier: Apache-2.0
#include "ir/types.hpp"

#include <tuple>
#include <vector>

#include <gtest/gtest.h>

#include "ir/row_types.hpp"

namespace spud::ir {
namespace {

using ops::Opcode;

const TensorType kPred{DType::kPred, {}};
const TensorType kS32{DType::kS32, {}};

struct TypeCase {
  const char* name;
  Opcode opcode;
  ops::Attributes attributes;
  std::vector<TensorType> operands;
  TensorType right, wrong;
};

ops::Attributes with(void (*set)(ops::Attributes&)) {
  ops::Attributes attributes;
  set(attributes);
  return attributes;
}

TensorType f32(Shape shape) {
  return {DType::kF32, std::move(shape)};
}

class Types : public testing::TestWithParam<TypeCase> {};

TEST_P(Types, AcceptsTheRightResultOnly) {
  const auto& c = GetParam();
  auto status = check_types(c.opcode, c.attributes, c.operands, c.right);
  EXPECT_TRUE(status) << status.error().message();
  EXPECT_FALSE(check_types(c.opcode, c.attributes, c.operands, c.wrong));
  EXPECT_TRUE(check_attributes(c.opcode, c.attributes));
  if (!c.operands.empty() && c.opcode != Opcode::kConcatenate) {
    EXPECT_FALSE(
        check_types(c.opcode, c.attributes, std::span(c.operands).first(c.operands.size() - 1), c.right));
  }
}

INSTANTIATE_TEST_SUITE_P(
    Rules, Types,
    testing::Values(
        TypeCase{"negate", Opcode::kNegate, {}, {f32({2})}, f32({2}), f32({3})},
        TypeCase{"prepare", Opcode::kPrepare, {}, {f32({2})}, f32({2}), f32({3})},
        TypeCase{"exponential", Opcode::kExp, {}, {f32({2})}, f32({2}), TensorType{DType::kS32, {2}}},
        TypeCase{"add", Opcode::kAdd, {}, {f32({2}), f32({2})}, f32({2}), TensorType{DType::kS32, {2}}},
        TypeCase{
            "compare", Opcode::kCompare, {}, {f32({2}), f32({2})}, TensorType{DType::kPred, {2}}, f32({2})},
        TypeCase{"windows",
                 Opcode::kWindows,
                 with([](auto& a) {
                   a.sizes = {2, 2};
                   a.stride = {1, 3};
                   a.interior = {0, 1};
                 }),
                 {f32({4, 7})},
                 f32({3, 2, 2, 2}),
                 f32({3, 3, 2, 2})},
        TypeCase{"take",
                 Opcode::kTake,
                 {},
                 {f32({2, 5, 3}), TensorType{DType::kS32, {2, 4}}},
                 f32({2, 4, 3}),
                 f32({2, 5, 3})},
        TypeCase{"put",
                 Opcode::kPut,
                 with([](auto& a) { a.reducer = ops::Reducer::kLast; }),
                 {f32({2, 5, 3}), TensorType{DType::kS32, {2, 4}}, f32({2, 4, 3})},
                 f32({2, 5, 3}),
                 f32({2, 4, 3})},
        TypeCase{"convert",
                 Opcode::kConvert,
                 with([](auto& a) { a.dtype = DType::kS8; }),
                 {f32({2})},
                 TensorType{DType::kS8, {2}},
                 f32({2})},
        TypeCase{"select", Opcode::kSelect, {}, {kPred, f32({2}), f32({2})}, f32({2}), f32({})},
        TypeCase{"clamp", Opcode::kClamp, {}, {f32({}), f32({2}), f32({2})}, f32({2}), f32({})},
        TypeCase{"broadcast",
                 Opcode::kBroadcast,
                 with([](auto& a) { a.dimensions = {1}; }),
                 {f32({3})},
                 f32({2, 3}),
                 f32({3, 2})},
        TypeCase{"reshape", Opcode::kReshape, {}, {f32({2, 3})}, f32({6}), f32({5})},
        TypeCase{"transpose",
                 Opcode::kTranspose,
                 with([](auto& a) {
                   a.dimensions = {1, 0};
                 }),
                 {f32({2, 3})},
                 f32({3, 2}),
                 f32({2, 3})},
        TypeCase{"slice",
                 Opcode::kSlice,
                 with([](auto& a) { a.start = {1}, a.limit = {6}, a.stride = {2}; }),
                 {f32({7})},
                 f32({3}),
                 f32({2})},
        TypeCase{"concatenate",
                 Opcode::kConcatenate,
                 with([](auto& a) { a.dimensions = {0}; }),
                 {f32({2, 3}), f32({1, 3})},
                 f32({3, 3}),
                 f32({2, 3})},
        TypeCase{"pad",
                 Opcode::kPad,
                 with([](auto& a) { a.low = {-1}, a.high = {2}, a.interior = {1}; }),
                 {f32({3}), f32({})},
                 f32({6}),
                 f32({5})},
        TypeCase{"reverse",
                 Opcode::kReverse,
                 with([](auto& a) { a.dimensions = {0}; }),
                 {f32({3})},
                 f32({3}),
                 f32({2})},
        TypeCase{"dynamic_slice",
                 Opcode::kDynamicSlice,
                 with([](auto& a) { a.sizes = {2}; }),
                 {f32({3}), kS32},
                 f32({2}),
                 f32({3})},
        TypeCase{"dynamic_update_slice",
                 Opcode::kDynamicUpdateSlice,
                 {},
                 {f32({3}), f32({2}), kS32},
                 f32({3}),
                 f32({2})},
        TypeCase{"dot",
                 Opcode::kDot,
                 with(
                     [](auto& a) {
                       a.dot.lhs_batch = {1}, a.dot.rhs_batch = {0};
                       a.dot.lhs_contracting = {0}, a.dot.rhs_contracting = {2};
                     }),
                 {f32({4, 2, 3}), f32({2, 5, 4})},
                 f32({2, 3, 5}),
                 f32({3, 2, 5})},
        TypeCase{"reduce",
                 Opcode::kReduce,
                 with(
                     [](auto& a) {
                       a.dimensions = {0, 2};
                     }),
                 {f32({2, 3, 4}), f32({})},
                 f32({3}),
                 f32({2})}),
    [](const auto& info) { return std::string(info.param.name); });

TEST(TypeRules, RefusesHugePadding) {
  ops::Attributes a;
  a.low = {INT64_MAX}, a.high = {INT64_MAX}, a.interior = {INT64_MAX};
  EXPECT_FALSE(check_types(Opcode::kPad, a, std::vector{f32({3}), f32({})}, f32({3})));
}

TEST(TypeRules, RefusesDimensionsOutOfRange) {
  ops::Attributes a;
  a.dimensions = {5};
  EXPECT_FALSE(check_types(Opcode::kBroadcast, a, std::vector{f32({3})}, f32({2, 3})));
  EXPECT_FALSE(check_types(Opcode::kReduce, a, std::vector{f32({3}), f32({})}, f32({})));
  a.dimensions = {};
  a.dot.lhs_contracting = {-1}, a.dot.rhs_contracting = {0};
  EXPECT_FALSE(check_types(Opcode::kDot, a, std::vector{f32({3}), f32({3})}, f32({})));
}

TEST(RowTypes, RowsNeedNumbersOfTheirBatch) {
  const TensorType rows = f32({2, 5, 3}), numbers{DType::kS32, {2, 4}};
  auto taken = [&](const TensorType& x, const TensorType& n) {
    return check_types(Opcode::kTake, {}, std::vector{x, n}, f32({2, 4, 3})).has_value();
  };
  EXPECT_TRUE(taken(rows, numbers));
  EXPECT_FALSE(taken(rows, f32({2, 4})));
  EXPECT_FALSE(taken(rows, TensorType{DType::kS32, {1, 4}}));
  EXPECT_FALSE(taken(f32({5, 3}), numbers));
  EXPECT_FALSE(taken(f32({2, 0, 3}), numbers)) << "no rows to take";
  ops::Attributes bitwise;
  bitwise.reducer = ops::Reducer::kAnd;
  EXPECT_FALSE(check_types(Opcode::kPut, bitwise, std::vector{rows, numbers, f32({2, 4, 3})}, rows));
}

TEST(WindowTypes, WindowsHaveAStepEverywhere) {
  ops::Attributes a;
  a.sizes = {2};
  a.stride = {0};
  a.interior = {0};
  EXPECT_FALSE(check_types(Opcode::kWindows, a, std::vector{f32({4})}, f32({3, 2})));
  a.stride = {1};
  EXPECT_TRUE(check_types(Opcode::kWindows, a, std::vector{f32({4})}, f32({3, 2})));
  EXPECT_TRUE(check_types(Opcode::kWindows, a, std::vector{f32({1})}, f32({0, 2}))) << "it fits nowhere";
  a.sizes = {0};
  EXPECT_FALSE(check_types(Opcode::kWindows, a, std::vector{f32({4})}, f32({5, 0})));
}

TEST(SortTypes, ASortKeepsItsOperandsTypes) {
  ops::Attributes a;
  a.dimensions = {1};
  a.stride = {-1};
  a.sizes = {2};
  const std::vector<TensorType> lists{f32({2, 5}), TensorType{DType::kS32, {2, 5}}};
  const std::vector<TensorType> kept{f32({2, 2}), TensorType{DType::kS32, {2, 2}}};
  EXPECT_TRUE(check_sort(a, lists, kept));
  EXPECT_FALSE(check_sort(a, lists, lists));
  EXPECT_FALSE(check_sort(a, lists, std::span(kept).first(1)));
  for (auto [dimension, stride, size] : {std::tuple{2, 1, 2}, {-1, 1, 2}, {0, 2, 2}, {0, 1, 6}, {0, 1, -1}}) {
    a.dimensions = {dimension};
    a.stride = {stride};
    a.sizes = {size};
    EXPECT_FALSE(check_sort(a, lists, kept)) << dimension << ' ' << stride << ' ' << size;
  }
}

}  // namespace
}  // namespace spud::ir
