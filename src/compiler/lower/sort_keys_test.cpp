// SPDX-License-Identifier: Apache-2.0
#include "compiler/lower/sort_keys.hpp"

#include <limits>

#include <gtest/gtest.h>

#include "ir/builder.hpp"

namespace spud::compiler {
namespace {

using ir::ValueId;
using ops::Comparison;
using ops::Opcode;

/// A comparator of scalars a0, b0, a1, b1, … of floats.
struct Comparator {
  explicit Comparator(std::size_t operands)
      : builder(std::vector<ir::ValueInfo>(2 * operands, {{DType::kF32, {}}, ir::Visibility::kPublic})) {}

  ValueId add(Opcode opcode, std::vector<ValueId> operands, DType type, ops::Attributes attributes = {}) {
    return builder.add(opcode, std::move(attributes), std::move(operands),
                       {{type, {}}, ir::Visibility::kPublic}, "");
  }
  ValueId compare(Comparison comparison, ValueId x, ValueId y) {
    ops::Attributes attributes;
    attributes.comparison = comparison;
    return add(Opcode::kCompare, {x, y}, DType::kPred, attributes);
  }
  ValueId constant(float value) {
    ops::Attributes attributes;
    attributes.literal = Literal::scalar(DType::kF32, value);
    return add(Opcode::kConstant, {}, DType::kF32, attributes);
  }
  /// NaN in one form, and one zero.
  ValueId cleaned(ValueId x) {
    const auto nan = constant(std::numeric_limits<float>::quiet_NaN()), zero = constant(0);
    const auto is_nan = compare(Comparison::kNe, x, x), is_zero = compare(Comparison::kEq, x, zero);
    const auto one_zero = add(Opcode::kSelect, {is_zero, zero, x}, DType::kF32);
    return add(Opcode::kSelect, {is_nan, nan, one_zero}, DType::kF32);
  }
  std::optional<SortKeys> keys(ValueId result) {
    return match_sort_keys(std::move(builder).finish({result}));
  }

  ir::RegionBuilder builder;
};

TEST(SortKeys, AreFoundInEitherDirection) {
  struct Case {
    Comparison comparison;
    bool is_swapped;
    std::int64_t direction;
  };
  for (const auto& c : {Case{Comparison::kLt, false, 1}, Case{Comparison::kGt, false, -1},
                        Case{Comparison::kLt, true, -1}, Case{Comparison::kGt, true, 1}}) {
    Comparator two(2);
    const auto keys = two.keys(two.compare(c.comparison, c.is_swapped ? 3 : 2, c.is_swapped ? 2 : 3));
    ASSERT_TRUE(keys);
    EXPECT_EQ(keys->operands, (std::vector<std::int64_t>{1}));
    EXPECT_EQ(keys->directions, (std::vector<std::int64_t>{c.direction}));
  }
}

TEST(SortKeys, AreSeenThroughCleanedNumbers) {
  Comparator one(1);
  const auto keys = one.keys(one.compare(Comparison::kLt, one.cleaned(0), one.cleaned(1)));
  ASSERT_TRUE(keys);
  EXPECT_EQ(keys->operands, (std::vector<std::int64_t>{0}));
}

TEST(SortKeys, ComeOneAfterTheOther) {
  Comparator two(2);
  const auto less = two.compare(Comparison::kLt, 0, 1), equal = two.compare(Comparison::kEq, 0, 1);
  const auto next = two.compare(Comparison::kGt, two.cleaned(2), two.cleaned(3));
  const auto both = two.add(Opcode::kAnd, {equal, next}, DType::kPred);
  const auto keys = two.keys(two.add(Opcode::kOr, {less, both}, DType::kPred));
  ASSERT_TRUE(keys);
  EXPECT_EQ(keys->operands, (std::vector<std::int64_t>{0, 1}));
  EXPECT_EQ(keys->directions, (std::vector<std::int64_t>{1, -1}));
}

TEST(SortKeys, AreNotReadIntoOtherComparisons) {
  Comparator crossed(2);
  EXPECT_FALSE(crossed.keys(crossed.compare(Comparison::kLt, 0, 3))) << "of different operands";
  Comparator with_equal(1);
  EXPECT_FALSE(with_equal.keys(with_equal.compare(Comparison::kLe, 0, 1))) << "not strict";
  Comparator changed(1);
  const auto a = changed.add(Opcode::kAbs, {0}, DType::kF32), b = changed.add(Opcode::kAbs, {1}, DType::kF32);
  EXPECT_FALSE(changed.keys(changed.compare(Comparison::kLt, a, b)));
  Comparator other(2);
  // Equal in another operand than the one that is less.
  const auto less = other.compare(Comparison::kLt, 0, 1), equal = other.compare(Comparison::kEq, 2, 3);
  const auto both = other.add(Opcode::kAnd, {equal, other.compare(Comparison::kLt, 2, 3)}, DType::kPred);
  EXPECT_FALSE(other.keys(other.add(Opcode::kOr, {less, both}, DType::kPred)));
  Comparator half(1);
  // A choice that changes more than zero.
  const auto zero = half.constant(0), one = half.constant(1);
  const auto moved = half.add(Opcode::kSelect, {half.compare(Comparison::kEq, 0, zero), one, 0}, DType::kF32);
  EXPECT_FALSE(half.keys(half.compare(Comparison::kLt, moved, 1)));
}

}  // namespace
}  // namespace spud::compiler
