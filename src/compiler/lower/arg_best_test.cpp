// SPDX-License-Identifier: Apache-2.0
#include "compiler/lower/arg_best.hpp"

#include <gtest/gtest.h>

namespace spud::compiler {
namespace {

using ir::ValueId;
using ops::Comparison;
using ops::Opcode;

constexpr auto kPublic = ir::Visibility::kPublic;

/// A reducer of (x, i, y, j): keeps x and i where a bit says so.
struct Reducer {
  Reducer()
      : builder({{{DType::kF32, {}}, kPublic},
                 {{DType::kS32, {}}, kPublic},
                 {{DType::kF32, {}}, kPublic},
                 {{DType::kS32, {}}, kPublic}}) {}

  ValueId add(Opcode opcode, std::vector<ValueId> operands, DType type, ops::Attributes attributes = {}) {
    return builder.add(opcode, std::move(attributes), std::move(operands), {{type, {}}, kPublic}, "");
  }
  ValueId compare(Comparison comparison, ValueId x, ValueId y) {
    ops::Attributes attributes;
    attributes.comparison = comparison;
    return add(Opcode::kCompare, {x, y}, DType::kPred, attributes);
  }
  int direction(ValueId first) {
    const auto value = add(Opcode::kSelect, {first, 0, 2}, DType::kF32);
    const auto index = add(Opcode::kSelect, {first, 1, 3}, DType::kS32);
    return arg_best_direction(*ScalarFunction::of(std::move(builder).finish({value, index}), "reducer"));
  }
  ValueId better_or(Comparison better, Comparison index) {
    const auto equal = compare(Comparison::kEq, 0, 2), earlier = compare(index, 1, 3);
    const auto both = add(Opcode::kAnd, {equal, earlier}, DType::kPred);
    return add(Opcode::kOr, {compare(better, 0, 2), both}, DType::kPred);
  }
  ir::RegionBuilder builder;
};

TEST(ArgBest, IsSeenFromWhatItDoes) {
  Reducer largest, smallest;
  EXPECT_EQ(largest.direction(largest.better_or(Comparison::kGt, Comparison::kLt)), -1);
  EXPECT_EQ(smallest.direction(smallest.better_or(Comparison::kLt, Comparison::kLe)), 1);
}

TEST(ArgBest, TakesTheFirstOfEqualsOnly) {
  Reducer any, last;
  EXPECT_EQ(any.direction(any.compare(Comparison::kGe, 0, 2)), 0);
  EXPECT_EQ(last.direction(last.better_or(Comparison::kGt, Comparison::kGt)), 0);
}

TEST(ArgBest, IsNothingThatDoesMoreThanCompare) {
  Reducer scaled;
  const auto size = scaled.add(Opcode::kAbs, {0}, DType::kF32);
  EXPECT_EQ(scaled.direction(scaled.compare(Comparison::kGt, size, 2)), 0);
}

}  // namespace
}  // namespace spud::compiler
