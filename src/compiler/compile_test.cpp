// SPDX-License-Identifier: Apache-2.0
#include "compiler/compile.hpp"

#include <gmock/gmock.h>

#include "compiler/import/hlo_builder_test.hpp"
#include "compiler/version.hpp"
#include "ir/print.hpp"

namespace spud::compiler {
namespace {

using ir::Visibility;
using ::testing::HasSubstr;
using testing::HloBuilder;

const TensorType kScalar{DType::kF32, {}};
const TensorType kVector{DType::kF32, {4}};
const TensorType kIndex{DType::kS32, {}};
const TensorType kPred{DType::kPred, {}};
constexpr auto kPublic = Visibility::kPublic;
constexpr auto kSecret = Visibility::kSecret;

Result<ir::Plan> compiled(HloBuilder& hlo, std::vector<Visibility> visibilities) {
  std::string bytes = hlo.module().SerializeAsString();
  CompileRequest request;
  request.program = as_bytes(bytes);
  for (auto visibility : visibilities) request.parameters.push_back({visibility, std::nullopt});
  return compile(request);
}

/// The plan's text without its header and origins, or the error.
std::string text(const Result<ir::Plan>& plan) {
  if (!plan) return plan.error().message();
  ir::Plan bare = *plan;
  auto strip = [](auto& self, ir::Region& region) -> void {
    for (auto& instruction : region.instructions) {
      instruction.origin.clear();
      for (auto& nested : instruction.regions) self(self, nested);
    }
  };
  strip(strip, bare.main);
  auto all = ir::to_text(bare);
  return all.substr(all.find('\n') + 1);
}

TEST(Compile, StatesVersionFormatAndProgram) {
  HloBuilder hlo;
  hlo.computation("main");
  hlo.parameter(kVector);
  auto plan = compiled(hlo, {kSecret});
  ASSERT_TRUE(plan) << plan.error().message();
  EXPECT_EQ(plan->compiler_version, kCompilerVersion);
  EXPECT_EQ(plan->ring_bits, 64u);
  EXPECT_EQ(plan->fraction_bits, 18u);
  EXPECT_NE(plan->program, Digest{});
  EXPECT_EQ(text(plan), "%0 = input in0 : f32[4] secret\nreturn %0\n");
}

TEST(Compile, ChecksWhatTheCallerStates) {
  HloBuilder hlo;
  hlo.computation("main");
  hlo.parameter(kVector);
  EXPECT_EQ(text(compiled(hlo, {})), "program: 0 inputs are given; expected 1");
  std::string bytes = hlo.module().SerializeAsString();
  CompileRequest request{as_bytes(bytes), {{kSecret, kScalar}}, 64, 18};
  EXPECT_EQ(text(compile(request)), "in0: type is f32[]; expected f32[4]");
  request.parameters[0].type = kVector;
  EXPECT_TRUE(compile(request));
  request.ring_bits = 48;
  EXPECT_EQ(text(compile(request)), "ring: 48 bits; expected 32, 64 or 128");
  request.ring_bits = 32;
  EXPECT_EQ(text(compile(request)),
            "fraction: 18 bits; expected at least 1 and less than half of the ring's 32");
}

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

/// A while over (counter, x) that adds x to itself; `limit` makes the condition's bound from the carried
/// tuple.
template <class Bound>
void loop_program(HloBuilder& hlo, Bound bound) {
  std::vector carried{kIndex, kIndex};
  auto condition = hlo.computation("condition");
  auto state = hlo.parameter(carried);
  auto counter = hlo.element(state, 0, kIndex);
  hlo.compare("LT", counter, bound(state));
  auto body = hlo.computation("body");
  state = hlo.parameter(carried);
  auto next = hlo.add("add", kIndex, {hlo.element(state, 0, kIndex), hlo.constant(1)});
  hlo.add("tuple", carried, {next, hlo.element(state, 1, kIndex)});
  hlo.computation("main");
  auto x = hlo.parameter(kIndex);
  auto start = hlo.add("tuple", carried, {hlo.constant(0), x});
  hlo.call("while", carried, {start}, {body, condition});
}

TEST(Visibility, OfCarriedValuesIsAFixpoint) {
  HloBuilder hlo;
  loop_program(hlo, [&](auto) { return hlo.constant(3); });
  auto plan = compiled(hlo, {kSecret});
  EXPECT_THAT(text(plan), HasSubstr("%2, %3 = while %1, %0 : s32[] public, s32[] secret"));
  ASSERT_TRUE(plan);
  // The loop-invariant value keeps its place and is seen to be invariant.
  EXPECT_EQ(plan->main.instructions[1].regions[1].results[1], 1u);
}

TEST(Visibility, OfAValueMadeSecretByALaterTurnIsSecretFromTheFirst) {
  // (a, b, c) → (a, a, b) with secret a: after two turns all are secret.
  std::vector carried{kIndex, kIndex, kIndex, kIndex};
  HloBuilder hlo;
  auto condition = hlo.computation("condition");
  auto state = hlo.parameter(carried);
  hlo.compare("LT", hlo.element(state, 0, kIndex), hlo.constant(9));
  auto body = hlo.computation("body");
  state = hlo.parameter(carried);
  auto next = hlo.add("add", kIndex, {hlo.element(state, 0, kIndex), hlo.constant(1)});
  auto a = hlo.element(state, 1, kIndex), b = hlo.element(state, 2, kIndex);
  hlo.add("tuple", carried, {next, a, a, b});
  hlo.computation("main");
  auto x = hlo.parameter(kIndex);
  auto zero = hlo.constant(0);
  hlo.call("while", carried, {hlo.add("tuple", carried, {zero, x, zero, zero})}, {body, condition});
  EXPECT_THAT(text(compiled(hlo, {kSecret})),
              HasSubstr("s32[] public, s32[] secret, s32[] secret, s32[] secret\n"));
}

TEST(Visibility, RefusesASecretNumberOfTurnsAndNamesTheSecret) {
  HloBuilder hlo;
  loop_program(hlo, [&](auto state) { return hlo.element(state, 1, kIndex); });
  EXPECT_THAT(
      text(compiled(hlo, {kSecret})),
      HasSubstr("while with a secret condition: the number of iterations would reveal something about in0"));
  EXPECT_TRUE(compiled(hlo, {kPublic}));
}

TEST(Visibility, RefusesASecretBranchAndASecretPlace) {
  HloBuilder hlo;
  auto branch = hlo.computation("branch");
  hlo.parameter(kVector);
  hlo.computation("main");
  auto index = hlo.parameter(kIndex);
  auto x = hlo.parameter(kVector);
  hlo.call("conditional", kVector, {index, x, x}, {branch, branch});
  EXPECT_THAT(
      text(compiled(hlo, {kSecret, kPublic})),
      HasSubstr("conditional with a secret index: the branch taken would reveal something about in0"));

  HloBuilder slice;
  slice.computation("main");
  x = slice.parameter(kVector);
  index = slice.parameter(kIndex);
  auto twice = slice.add("add", kIndex, {index, index});
  slice.add("dynamic-slice", TensorType{DType::kF32, {2}}, {x, twice});
  slice.last().add_dynamic_slice_sizes(2);
  EXPECT_THAT(
      text(compiled(slice, {kPublic, kSecret})),
      HasSubstr("dynamic-slice with a secret index: the place of the slice would reveal something about in1 "
                "(by way of 'add."));
  EXPECT_TRUE(compiled(slice, {kSecret, kPublic}));
}

TEST(Visibility, IgnoresWhatNothingUses) {
  HloBuilder hlo;
  hlo.computation("main");
  auto x = hlo.parameter(kVector);
  auto index = hlo.parameter(kIndex);
  hlo.add("dynamic-slice", TensorType{DType::kF32, {2}}, {x, index});
  hlo.last().add_dynamic_slice_sizes(2);
  hlo.root(x);
  EXPECT_TRUE(compiled(hlo, {kSecret, kSecret}));
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

TEST(Lowering, KnowsReducersThroughCallsAndRefusesOthersByName) {
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

  hlo.module().mutable_computations(0)->mutable_instructions(2)->set_opcode("subtract");
  EXPECT_THAT(text(compiled(hlo, {kSecret, kPublic})), HasSubstr("reduce with the computation 'reducer'"));
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
            "%2 = dot lhs_contracting=[0] rhs_contracting=[0] %1, %1 : f64[] secret\nreturn %2\n");
}

}  // namespace
}  // namespace spud::compiler
