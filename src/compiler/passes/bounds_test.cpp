// SPDX-License-Identifier: Apache-2.0
#include "compiler/passes/bounds.hpp"

#include <limits>

#include <gmock/gmock.h>

#include "compiler/passes/dead_code.hpp"
#include "compiler/passes/identities.hpp"
#include "compiler/passes/program_for_tests.hpp"

namespace spud::compiler {
namespace {

using namespace testing;
using ::testing::HasSubstr;
using ::testing::Not;

const ValueInfo kTable{{DType::kF32, {2, 4}}, Visibility::kSecret};

ops::Attributes along(std::int64_t dimension) {
  ops::Attributes out;
  out.dimensions = {dimension};
  return out;
}
ops::Attributes comparing(ops::Comparison comparison) {
  ops::Attributes out;
  out.comparison = comparison;
  return out;
}

TEST(Bounds, OfSquaresAndExponentialsDecideWhatTheirSignIs) {
  Program p({kX});
  const ValueId square = p.add(Opcode::kMultiply, {0, 0}), power = p.add(Opcode::kExp, {0});
  const ValueId sum = p.add(Opcode::kAdd, {square, power});
  const ValueId size = p.add(Opcode::kAbs, {sum});
  const ValueId most = p.add(Opcode::kMaximum, {p.splat(0), square});
  const ValueId chosen =
      p.add(Opcode::kSelect,
            {p.add(Opcode::kCompare, {sum, p.splat(-1)}, kBits, comparing(ops::Comparison::kLt)), 0, power});
  EXPECT_EQ(p.after({decide_by_bounds, remove_identities, remove_dead_code}, {size, most, chosen}),
            "%1 = multiply %0, %0 : f32[2] secret\n%2 = exponential %0 : f32[2] secret\n"
            "%3 = add %1, %2 : f32[2] secret\nreturn %3, %1, %2\n");
}

TEST(Bounds, OfSoftmaxKeepItBelowOne) {
  for (const bool from_nothing : {true, false}) {
    Program p({kTable});
    const float start = from_nothing ? -std::numeric_limits<float>::infinity() : 0;
    const ValueId lowest = p.constant(Literal::scalar(DType::kF32, start));
    ops::Attributes by_maximum = along(1);
    by_maximum.reducer = ops::Reducer::kMaximum;
    const ValueId most = p.add(Opcode::kReduce, {0, lowest}, kX, by_maximum);
    const ValueId below =
        p.add(Opcode::kSubtract, {0, p.add(Opcode::kBroadcast, {most}, kTable, along(0))}, kTable);
    const ValueId one = add_splat(p.builder(), Literal::scalar(DType::kF32, 1.0f), {2, 4}, "");
    const ValueId held = p.add(Opcode::kMinimum, {p.add(Opcode::kExp, {below}, kTable), one}, kTable);
    const auto text = p.after({decide_by_bounds, remove_dead_code}, {held});
    if (from_nothing) {
      EXPECT_THAT(text, Not(HasSubstr("minimum")));
    } else {
      EXPECT_THAT(text, HasSubstr("minimum"));
    }
  }
}

TEST(Bounds, OfAnythingDecideNothing) {
  Program p({kX, kX});
  const ValueId product = p.add(Opcode::kMultiply, {0, 1});
  const ValueId size = p.add(Opcode::kAbs, {product}), most = p.add(Opcode::kMaximum, {product, p.splat(0)});
  const ValueId test = p.add(Opcode::kCompare, {p.add(Opcode::kExp, {0}), p.splat(0.5f)}, kBits,
                             comparing(ops::Comparison::kGe));
  const auto text = p.after({decide_by_bounds, remove_dead_code}, {size, most, test});
  EXPECT_THAT(text, HasSubstr("abs"));
  EXPECT_THAT(text, HasSubstr("maximum"));
  EXPECT_THAT(text, HasSubstr("compare GE"));
}

TEST(Bounds, OfPublicNumbersDecideNothingForTheyMayBeNoNumbers) {
  Program p({kPlain});
  const ValueId size = p.add(Opcode::kAbs, {p.add(Opcode::kMultiply, {0, 0}, kPlain)}, kPlain);
  EXPECT_THAT(p.after({decide_by_bounds}, {size}), HasSubstr("abs"));
}

}  // namespace
}  // namespace spud::compiler
