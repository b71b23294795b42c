// SPDX-License-Identifier: Apache-2.0
#include "compiler/passes/variances.hpp"

#include <gmock/gmock.h>

#include "compiler/passes/bounds.hpp"
#include "compiler/passes/common_subexpressions.hpp"
#include "compiler/passes/dead_code.hpp"
#include "compiler/passes/program_for_tests.hpp"

namespace spud::compiler {
namespace {

using namespace testing;

const ValueInfo kTable{{DType::kF32, {2, 4}}, Visibility::kSecret};

ops::Attributes over(std::int64_t dimension) {
  ops::Attributes out;
  out.dimensions = {dimension};
  return out;
}

/// E[x²] − E[x]² along the rows, by this much of the sums.
ValueId variance(Program& p, float part) {
  const ValueId zero = p.constant(Literal::scalar(DType::kF32, 0.0f)), scale = p.splat(part);
  const ValueId squares = p.add(Opcode::kMultiply, {0, 0}, kTable);
  const ValueId mean = p.add(Opcode::kMultiply, {p.add(Opcode::kReduce, {0, zero}, kX, over(1)), scale});
  const ValueId of_squares =
      p.add(Opcode::kMultiply, {p.add(Opcode::kReduce, {squares, zero}, kX, over(1)), scale});
  return p.add(Opcode::kSubtract, {of_squares, p.add(Opcode::kMultiply, {mean, mean})});
}

TEST(Variances, AreOfWhatIsLeftWithoutTheMean) {
  Program p({kTable});
  const ValueId lowest = p.add(Opcode::kMaximum, {variance(p, 0.25f), p.splat(0)});
  EXPECT_EQ(
      p.after({rewrite_variances, decide_by_bounds, merge_common_subexpressions, remove_dead_code}, {lowest}),
      "%1 = constant {0} : f32[] public\n%2 = constant {0.25} : f32[] public\n"
      "%3 = broadcast %2 : f32[2] public\n"
      "%4 = reduce dimensions=[1] by add %0, %1 : f32[2] secret\n%5 = multiply %4, %3 : f32[2] secret\n"
      "%6 = broadcast dimensions=[0] %5 : f32[2,4] secret\n%7 = subtract %0, %6 : f32[2,4] secret\n"
      "%8 = multiply %7, %7 : f32[2,4] secret\n"
      "%9 = reduce dimensions=[1] by add %8, %1 : f32[2] secret\n%10 = multiply %9, %3 : f32[2] secret\n"
      "return %10\n");
}

TEST(Variances, OfSumsThatAreNotMeansStay) {
  Program p({kTable});
  const auto text = p.after({rewrite_variances, remove_dead_code}, {variance(p, 0.5f)});
  EXPECT_THAT(text, ::testing::HasSubstr("multiply %0, %0"));
}

}  // namespace
}  // namespace spud::compiler
