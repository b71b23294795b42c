// SPDX-License-Identifier: Apache-2.0
#include "compiler/passes/sigmoids.hpp"

#include <gmock/gmock.h>

#include "compiler/passes/common_subexpressions.hpp"
#include "compiler/passes/dead_code.hpp"
#include "compiler/passes/identities.hpp"
#include "compiler/passes/program_for_tests.hpp"

namespace spud::compiler {
namespace {

using namespace testing;

const std::vector<void (*)(ir::Region&)> kPasses{merge_common_subexpressions, find_sigmoids,
                                                 merge_common_subexpressions, remove_identities,
                                                 remove_dead_code};

TEST(Sigmoids, ByAnExponentialOverItselfAndOne) {
  Program p({kX});
  const ValueId up = p.add(Opcode::kExp, {0}), again = p.add(Opcode::kExp, {0});
  const ValueId whole = p.add(Opcode::kAdd, {p.splat(1), again});
  EXPECT_EQ(p.after(kPasses, {p.add(Opcode::kDivide, {up, whole})}),
            "%1 = logistic %0 : f32[2] secret\nreturn %1\n");
}

TEST(Sigmoids, OfASignAreOneInBothBranches) {
  Program p({kX});
  const ValueId one = p.splat(1), zero = p.splat(0);
  const ValueId down = p.add(Opcode::kExp, {p.add(Opcode::kNegate, {0})}), up = p.add(Opcode::kExp, {0});
  const ValueId above = p.add(Opcode::kDivide, {one, p.add(Opcode::kAdd, {one, down})});
  const ValueId below = p.add(Opcode::kDivide, {up, p.add(Opcode::kAdd, {one, up})});
  ops::Attributes is_more;
  is_more.comparison = ops::Comparison::kGe;
  const ValueId test = p.add(Opcode::kCompare, {0, zero}, kBits, is_more);
  EXPECT_EQ(p.after(kPasses, {p.add(Opcode::kSelect, {test, above, below})}),
            "%1 = logistic %0 : f32[2] secret\nreturn %1\n");
}

TEST(Sigmoids, SiluByADivision) {
  Program p({kX});
  const ValueId down = p.add(Opcode::kExp, {p.add(Opcode::kNegate, {0})});
  const ValueId whole = p.add(Opcode::kAdd, {p.splat(1), down});
  EXPECT_EQ(p.after(kPasses, {p.add(Opcode::kDivide, {0, whole})}),
            "%1 = logistic %0 : f32[2] secret\n%2 = multiply %0, %1 : f32[2] secret\nreturn %2\n");
}

TEST(Sigmoids, ByTanhOfTheHalf) {
  Program p({kX});
  const ValueId half = p.splat(0.5f);
  const ValueId tangent = p.add(Opcode::kTanh, {p.add(Opcode::kMultiply, {0, half})});
  const ValueId product = p.add(Opcode::kMultiply, {half, p.add(Opcode::kAdd, {tangent, p.splat(1)})});
  const ValueId sum = p.add(Opcode::kAdd, {p.add(Opcode::kMultiply, {tangent, half}), half});
  EXPECT_EQ(p.after(kPasses, {product, sum}), "%1 = logistic %0 : f32[2] secret\nreturn %1, %1\n");
}

TEST(Sigmoids, TanhByExponentials) {
  Program p({kX});
  const ValueId up = p.add(Opcode::kExp, {0}), down = p.add(Opcode::kExp, {p.add(Opcode::kNegate, {0})});
  const ValueId above = p.add(Opcode::kSubtract, {up, down}), below = p.add(Opcode::kAdd, {down, up});
  EXPECT_EQ(p.after(kPasses, {p.add(Opcode::kDivide, {above, below})}),
            "%1 = tanh %0 : f32[2] secret\nreturn %1\n");
}

TEST(Sigmoids, OtherQuotientsStay) {
  Program p({kX, kX});
  const ValueId whole = p.add(Opcode::kAdd, {p.splat(2), p.add(Opcode::kExp, {0})});
  EXPECT_THAT(p.after(kPasses, {p.add(Opcode::kDivide, {1, whole})}), ::testing::HasSubstr("divide %1"));
}

TEST(Sigmoids, OfPublicNumbersStayAsTheyAre) {
  Program p({kPlain});
  const ValueId up = p.add(Opcode::kExp, {0}, kPlain);
  const ValueId whole = p.add(Opcode::kAdd, {p.splat(1), up}, kPlain);
  EXPECT_THAT(p.after(kPasses, {p.add(Opcode::kDivide, {up, whole}, kPlain)}),
              ::testing::HasSubstr("divide"));
}

}  // namespace
}  // namespace spud::compiler
