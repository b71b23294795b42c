// SPDX-License-Identifier: Apache-2.0
#include "compiler/lower/lower.hpp"

#include <gmock/gmock.h>

#include "compiler/plan_text_test.hpp"

namespace spud::compiler {
namespace {

using ir::Visibility;
using testing::compiled;
using ::testing::HasSubstr;
using testing::HloBuilder;
using testing::text;

const TensorType kScalar{DType::kF32, {}};
const TensorType kVector{DType::kF32, {4}};
const TensorType kPred{DType::kPred, {}};
constexpr auto kPublic = Visibility::kPublic;
constexpr auto kSecret = Visibility::kSecret;

TEST(Lowering, FlattensNestedTuplesAndInlinesCalls) {
  HloBuilder hlo;
  auto swap = hlo.computation("swap");
  auto pair = hlo.parameter(std::vector{kScalar, kVector});
  hlo.add("tuple", std::vector{kVector, kScalar},
          {hlo.element(pair, 1, kVector), hlo.element(pair, 0, kScalar)});
  hlo.computation("main");
  auto x = hlo.parameter(kScalar);
  auto y = hlo.parameter(kVector);
  auto swapped = hlo.call("call", std::vector{kVector, kScalar},
                          {hlo.add("tuple", std::vector{kScalar, kVector}, {x, y})}, {swap});
  auto nested = hlo.add("tuple", kScalar, {swapped, x});
  auto* shape = hlo.last().mutable_shape();
  shape->Clear();
  shape->set_element_type(hlo::TUPLE);
  HloBuilder::set_shape(*shape->add_tuple_shapes(), std::vector{kVector, kScalar});
  HloBuilder::set_shape(*shape->add_tuple_shapes(), kScalar);
  hlo.add("opt-barrier", kScalar, {nested});
  *hlo.last().mutable_shape() = *shape;
  EXPECT_EQ(text(compiled(hlo, {kSecret, kPublic})),
            "%0 = input in0 : f32[] secret\n%1 = input in1 : f32[4] public\nreturn %1, %0, %0\n");
}

TEST(Lowering, FollowsAChainOfThousandsOfCalls) {
  HloBuilder hlo;
  auto callee = hlo.computation("leaf");
  hlo.add("negate", kVector, {hlo.parameter(kVector)});
  for (int i = 0; i < 4000; ++i) {
    auto caller = hlo.computation("link");
    auto x = hlo.parameter(kVector);
    hlo.call("call", kVector, {x}, {callee});
    callee = caller;
  }
  EXPECT_EQ(text(compiled(hlo, {kSecret})),
            "%0 = input in0 : f32[4] secret\n%1 = negate %0 : f32[4] secret\nreturn %1\n");
}

TEST(Lowering, LeavesOutWhatChangesNothing) {
  HloBuilder hlo;
  hlo.computation("main");
  auto x = hlo.add("copy", kVector, {hlo.parameter(kVector)});
  x = hlo.add("custom-call", kVector, {x});
  hlo.last().set_custom_call_target("Sharding");
  hlo.add("bitcast", TensorType{DType::kF32, {2, 2}}, {x});
  EXPECT_EQ(text(compiled(hlo, {kSecret})),
            "%0 = input in0 : f32[4] secret\n%1 = reshape %0 : f32[2,2] secret\nreturn %1\n");
}

TEST(Lowering, RefusesCallsThatGrowWithoutBound) {
  HloBuilder hlo;
  auto callee = hlo.computation("leaf");
  hlo.add("negate", kVector, {hlo.parameter(kVector)});
  for (int i = 0; i < 60; ++i) {
    auto caller = hlo.computation("double");
    auto once = hlo.call("call", kVector, {hlo.parameter(kVector)}, {callee});
    hlo.call("call", kVector, {once}, {callee});
    callee = caller;
  }
  EXPECT_THAT(text(compiled(hlo, {kSecret})),
              HasSubstr("the program is too large once its calls are inlined"));
}

TEST(Lowering, TurnsAPredIntoTheIndexOfItsBranch) {
  HloBuilder hlo;
  auto on_true = hlo.computation("on_true");
  hlo.add("negate", kVector, {hlo.parameter(kVector)});
  auto on_false = hlo.computation("on_false");
  hlo.add("abs", kVector, {hlo.parameter(kVector)});
  hlo.computation("main");
  auto pred = hlo.parameter(kPred);
  auto x = hlo.parameter(kVector);
  auto y = hlo.parameter(kVector);
  hlo.call("conditional", kVector, {pred, x, y}, {on_true, on_false});
  EXPECT_EQ(text(compiled(hlo, {kPublic, kSecret, kPublic})),
            "%0 = input in0 : pred[] public\n%1 = input in1 : f32[4] secret\n%2 = input in2 : f32[4] public\n"
            "%3 = convert %0 : s32[] public\n"
            "%4 = conditional %3, %1, %2 : f32[4] secret\n"
            "  branch 0(%0: f32[4] secret, %1: f32[4] public)\n"
            "    %2 = abs %1 : f32[4] public\n"
            "    return %2\n"
            "  branch 1(%0: f32[4] secret, %1: f32[4] public)\n"
            "    %2 = negate %0 : f32[4] secret\n"
            "    return %2\n"
            "return %4\n");
}

TEST(Lowering, KnowsReducersThroughCallsAndRunsOthersInATree) {
  HloBuilder hlo;
  auto inner = hlo.computation("inner");
  auto a = hlo.parameter(kScalar), b = hlo.parameter(kScalar);
  hlo.add("maximum", kScalar, {b, a});
  auto reducer = hlo.computation("reducer");
  a = hlo.parameter(kScalar), b = hlo.parameter(kScalar);
  hlo.call("call", kScalar, {a, b}, {inner});
  hlo.computation("main");
  auto x = hlo.parameter(kVector);
  auto init = hlo.parameter(kScalar);
  hlo.call("reduce", kScalar, {x, init}, {reducer});
  hlo.last().add_dimensions(0);
  EXPECT_THAT(text(compiled(hlo, {kSecret, kPublic})),
              HasSubstr("%2 = reduce dimensions=[0] by maximum %0, %1"));

  hlo.module().mutable_computations(0)->mutable_instructions(2)->set_opcode("atan2");
  EXPECT_EQ(text(compiled(hlo, {kSecret, kPublic})),
            "%0 = input in0 : f32[4] secret\n"
            "%1 = input in1 : f32[] public\n"
            "%2 = reshape %0 : f32[4,1] secret\n"
            "%3 = broadcast %1 : f32[1] public\n"
            "%4 = slice start=[0,0] limit=[4,1] stride=[2,1] %2 : f32[2,1] secret\n"
            "%5 = slice start=[1,0] limit=[4,1] stride=[2,1] %2 : f32[2,1] secret\n"
            "%6 = atan2 %5, %4 : f32[2,1] secret\n"
            "%7 = slice start=[0,0] limit=[2,1] stride=[2,1] %6 : f32[1,1] secret\n"
            "%8 = slice start=[1,0] limit=[2,1] stride=[2,1] %6 : f32[1,1] secret\n"
            "%9 = atan2 %8, %7 : f32[1,1] secret\n"
            "%10 = reshape %9 : f32[1] secret\n"
            "%11 = atan2 %10, %3 : f32[1] secret\n"
            "%12 = reshape %11 : f32[] secret\n"
            "return %12\n");
}

TEST(Lowering, RefusesAReducerThatDoesNotFit) {
  HloBuilder hlo;
  auto of_vectors = hlo.computation("of_vectors");
  auto a = hlo.parameter(kVector), b = hlo.parameter(kVector);
  hlo.add("add", kVector, {a, b});
  hlo.computation("main");
  auto x = hlo.parameter(kVector);
  hlo.call("reduce", kScalar, {x, hlo.constant(0.0f)}, {of_vectors});
  hlo.last().add_dimensions(0);
  EXPECT_THAT(text(compiled(hlo, {kSecret})),
              HasSubstr("scalars in a computation that is applied to every element"));

  HloBuilder one;
  auto of_one = one.computation("of_one");
  one.parameter(kScalar);
  one.computation("main");
  x = one.parameter(kVector);
  one.call("reduce", kScalar, {x, one.constant(0.0f)}, {of_one});
  one.last().add_dimensions(0);
  EXPECT_THAT(text(compiled(one, {kSecret})),
              HasSubstr("computation 'of_one' is (f32) to (f32); expected (f32, f32) to (f32)"));

  HloBuilder wide;
  auto sum = wide.computation("sum");
  a = wide.parameter(kScalar), b = wide.parameter(kScalar);
  wide.add("add", kScalar, {a, b});
  wide.computation("main");
  x = wide.parameter(kVector);
  wide.call("reduce", kVector, {x, wide.constant(0.0f)}, {sum});
  wide.last().add_dimensions(0);
  EXPECT_THAT(text(compiled(wide, {kSecret})), HasSubstr("result has shape f32[4]; expected f32[]"));
  wide.last().set_dimensions(0, 1);
  EXPECT_THAT(text(compiled(wide, {kSecret})),
              HasSubstr("dimensions are [1]; expected distinct, 0 or more and less than 1"));
}

TEST(Lowering, ConvertsTheOperandsOfAWidenedProduct) {
  TensorType wide{DType::kF64, {}};
  HloBuilder hlo;
  hlo.computation("main");
  auto x = hlo.parameter(kVector);
  hlo.add("dot", wide, {x, x});
  hlo.last().mutable_dot_dimension_numbers()->add_lhs_contracting_dimensions(0);
  hlo.last().mutable_dot_dimension_numbers()->add_rhs_contracting_dimensions(0);
  EXPECT_EQ(text(compiled(hlo, {kSecret})),
            "%0 = input in0 : f32[4] secret\n%1 = convert %0 : f64[4] secret\n"
            "%2 = dot lhs_contracting=[0] rhs_contracting=[0] %1, %1 : f64[] secret of 45 bits\nreturn %2\n");
}

}  // namespace
}  // namespace spud::compiler
