// SPDX-License-Identifier: Apache-2.0
#include "compiler/compile.hpp"

#include <gmock/gmock.h>

#include "compiler/plan_text_test.hpp"
#include "compiler/version.hpp"
#include "ir/codec.hpp"

namespace spud::compiler {
namespace {

using ir::Visibility;
using testing::compiled;
using ::testing::HasSubstr;
using testing::HloBuilder;
using testing::text;

const TensorType kScalar{DType::kF32, {}};
const TensorType kVector{DType::kF32, {4}};
const TensorType kIndex{DType::kS32, {}};
constexpr auto kPublic = Visibility::kPublic;
constexpr auto kSecret = Visibility::kSecret;

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

TEST(Compile, ShowsWhatEachStepLeaves) {
  HloBuilder hlo;
  hlo.computation("main");
  auto x = hlo.parameter(kVector);
  hlo.add("negate", kVector, {hlo.add("negate", kVector, {x})});
  std::string bytes = hlo.module().SerializeAsString();
  std::vector<std::string> names, texts;
  auto plan = compile({as_bytes(bytes), {{kSecret, std::nullopt}}, 64, 18},
                      [&](const char* step, const ir::Region& main) {
                        names.emplace_back(step);
                        texts.push_back(ir::to_text(main));
                      });
  ASSERT_TRUE(plan) << plan.error().message();
  std::vector<std::string> expected{"lower",          "dead code",  "visibility",
                                    "secret choices", "visibility", "total orders"};
  for (const auto& pass : pipeline()) expected.emplace_back(pass.name);
  expected.insert(expected.end(), {"visibility", "ranges"});
  EXPECT_EQ(names, expected);
  EXPECT_THAT(texts.front(), HasSubstr("%2 = negate %1 : f32[4] public"));
  EXPECT_EQ(texts.back(), ir::to_text(plan->main));
  EXPECT_EQ(ir::digest(*plan), ir::digest(*compiled(hlo, {kSecret}))) << "who watches changes nothing";
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

TEST(Visibility, TakesAllBranchesOfASecretChoice) {
  HloBuilder hlo;
  auto negated = hlo.computation("negated");
  hlo.add("negate", kVector, {hlo.parameter(kVector)});
  auto same = hlo.computation("same");
  hlo.parameter(kVector);
  hlo.computation("main");
  auto index = hlo.parameter(kIndex);
  auto x = hlo.parameter(kVector);
  hlo.call("conditional", kVector, {index, x, x}, {negated, same});
  EXPECT_EQ(text(compiled(hlo, {kSecret, kPublic})),
            "%0 = input in0 : s32[] secret\n"
            "%1 = input in1 : f32[4] public\n"
            "%2 = negate %1 : f32[4] public\n"
            "%3 = constant {0} : s32[] public\n"
            "%4 = compare EQ %0, %3 : pred[] secret\n"
            "%5 = select %4, %2, %1 : f32[4] secret\n"
            "return %5\n");
}

TEST(Visibility, MakesRowsOfSlicesAtASecretPlace) {
  HloBuilder slice;
  slice.computation("main");
  auto x = slice.parameter(kVector);
  auto index = slice.parameter(kIndex);
  slice.add("dynamic-slice", TensorType{DType::kF32, {2}}, {x, index});
  slice.last().add_dynamic_slice_sizes(2);
  EXPECT_EQ(text(compiled(slice, {kPublic, kSecret})),
            "%0 = input in0 : f32[4] public\n"
            "%1 = input in1 : s32[] secret\n"
            "%2 = constant {0} : s32[] public\n"
            "%3 = constant {2} : s32[] public\n"
            "%4 = clamp %2, %1, %3 : s32[] secret of 3 bits\n"
            "%5 = reshape %4 : s32[1,1] secret of 3 bits\n"
            "%6 = windows stride=[1] interior=[0] sizes=[2] %0 : f32[3,2] public\n"
            "%7 = reshape %6 : f32[1,3,2] public\n"
            "%8 = take %7, %5 : f32[1,1,2] secret\n"
            "%9 = reshape %8 : f32[2] secret\n"
            "return %9\n");
  EXPECT_THAT(text(compiled(slice, {kSecret, kPublic})), HasSubstr("dynamic-slice"));
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

}  // namespace
}  // namespace spud::compiler
