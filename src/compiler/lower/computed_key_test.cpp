// SPDX-License-Identifier: Apache-2.0
#include "compiler/lower/computed_key.hpp"

#include <gtest/gtest.h>

#include "ir/builder.hpp"

namespace spud::compiler {
namespace {

using ir::ValueId;
using ops::Comparison;
using ops::Opcode;

/// A comparator of the rows' scalars a0, b0, a1, b1.
struct Comparator {
  Comparator() : builder(std::vector<ir::ValueInfo>(4, {{DType::kF32, {}}, ir::Visibility::kPublic})) {}
  ValueId add(Opcode opcode, std::vector<ValueId> operands, ops::Attributes attributes = {}) {
    const DType type = opcode == Opcode::kCompare ? DType::kPred : DType::kF32;
    return builder.add(opcode, std::move(attributes), std::move(operands),
                       {{type, {}}, ir::Visibility::kPublic}, "");
  }
  ValueId constant(float value) {
    ops::Attributes attributes;
    attributes.literal = Literal::scalar(DType::kF32, value);
    return add(Opcode::kConstant, {}, attributes);
  }
  std::optional<ComputedKey> key(Comparison comparison, ValueId x, ValueId y) {
    ops::Attributes attributes;
    attributes.comparison = comparison;
    const ValueId result = add(Opcode::kCompare, {x, y}, attributes);
    return match_computed_key(std::move(builder).finish({result}));
  }
  ir::RegionBuilder builder;
};

TEST(ComputedKey, IsTheSameOfBothRows) {
  for (const bool swapped : {false, true}) {
    for (const auto comparison : {Comparison::kLt, Comparison::kGt, Comparison::kTotalLt}) {
      Comparator c;
      const ValueId a = c.add(Opcode::kMultiply, {c.add(Opcode::kAbs, {0}), 2});
      const ValueId b = c.add(Opcode::kMultiply, {c.add(Opcode::kAbs, {1}), 3});
      const auto key = swapped ? c.key(comparison, b, a) : c.key(comparison, a, b);
      ASSERT_TRUE(key);
      EXPECT_EQ(key->direction, (comparison == Comparison::kGt) != swapped ? -1 : 1);
      EXPECT_EQ(key->function.parameter_count, 2u);
      ASSERT_EQ(key->function.instructions.size(), 2u);
      EXPECT_EQ(key->function.instructions[0].operands, std::vector<ValueId>{0});
      EXPECT_EQ(key->function.instructions[1].operands, (std::vector<ValueId>{2, 1}));
    }
  }
}

TEST(ComputedKey, MayShareConstants) {
  Comparator c;
  const ValueId half = c.constant(0.5f);
  const ValueId a = c.add(Opcode::kAdd, {0, half}), b = c.add(Opcode::kAdd, {1, half});
  EXPECT_TRUE(c.key(Comparison::kLt, a, b));
}

TEST(ComputedKey, IsNoneWhereRowsMixOrDiffer) {
  Comparator mixed;
  const ValueId x = mixed.add(Opcode::kAdd, {0, 3}), y = mixed.add(Opcode::kAdd, {1, 2});
  EXPECT_FALSE(mixed.key(Comparison::kLt, x, y));
  Comparator different;
  const ValueId a = different.add(Opcode::kAbs, {0}), b = different.add(Opcode::kNegate, {1});
  EXPECT_FALSE(different.key(Comparison::kLt, a, b));
  Comparator constants;
  const ValueId one = constants.constant(1), two = constants.constant(2);
  EXPECT_FALSE(constants.key(Comparison::kLt, constants.add(Opcode::kAdd, {0, one}),
                             constants.add(Opcode::kAdd, {1, two})));
  Comparator other;
  EXPECT_FALSE(other.key(Comparison::kLe, 0, 1));
  Comparator none;
  EXPECT_FALSE(none.key(Comparison::kLt, 0, 0));
}

}  // namespace
}  // namespace spud::compiler
