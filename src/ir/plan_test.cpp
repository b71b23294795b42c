// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include "ir/builder.hpp"
#include "ir/codec.hpp"
#include "ir/print.hpp"
#include "ir/verify.hpp"

namespace spud::ir {
namespace {

using ops::Opcode;
using testing::HasSubstr;

const TensorType kF32x2{DType::kF32, {2}};
const TensorType kPred{DType::kPred, {}};
const TensorType kS32{DType::kS32, {}};

Literal counted(std::int64_t count) {
  Literal literal(TensorType{DType::kF32, {count}});
  for (std::int64_t i = 0; i < count; ++i) literal.set_float(i, 0.5 * static_cast<double>(i));
  return literal;
}

/// A loop that doubles a secret vector while a public counter is below 3.
Plan example() {
  ValueInfo counter{kS32, Visibility::kPublic}, x{kF32x2, Visibility::kSecret};
  ops::Attributes three, one, less, constant;
  three.literal = Literal::scalar<std::int32_t>(DType::kS32, 3);
  one.literal = Literal::scalar<std::int32_t>(DType::kS32, 1);
  less.comparison = ops::Comparison::kLt;
  constant.literal = counted(2);

  RegionBuilder condition({counter, x});
  auto limit = condition.add(Opcode::kConstant, three, {}, counter, "limit");
  auto go_on = condition.add(Opcode::kCompare, less, {0, limit}, {kPred, Visibility::kPublic}, "lt");

  RegionBuilder body({counter, x});
  auto step = body.add(Opcode::kConstant, one, {}, counter, "");
  auto next = body.add(Opcode::kAdd, {}, {0, step}, counter, "");
  auto doubled = body.add(Opcode::kAdd, {}, {1, 1}, x, "double");

  RegionBuilder main({counter, x});
  Instruction loop;
  loop.opcode = Opcode::kWhile;
  loop.operands = {0, 1};
  loop.origin = "while.1";
  loop.regions.push_back(std::move(condition).finish({go_on}));
  loop.regions.push_back(std::move(body).finish({next, doubled}));
  auto first = main.add(std::move(loop), {counter, x});
  auto bias = main.add(Opcode::kConstant, constant, {}, {kF32x2, Visibility::kPublic}, "");
  auto sum = main.add(Opcode::kAdd, {}, {first + 1, bias}, x, "sum");

  Plan plan;
  plan.program.bytes[0] = std::byte{7};
  plan.compiler_version = "test";
  plan.inputs = {{"in0", counter}, {"in1", x}};
  plan.main = std::move(main).finish({sum, first});
  return plan;
}

TEST(Plan, ExampleIsWellFormed) {
  auto status = verify(example());
  EXPECT_TRUE(status) << status.error().message();
}

TEST(Plan, TextShowsTypesVisibilitiesAndRegions) {
  auto text = to_text(example());
  EXPECT_THAT(text, HasSubstr("%1 = input in1 : f32[2] secret\n"));
  EXPECT_THAT(text, HasSubstr("%2, %3 = while %0, %1 : s32[] public, f32[2] secret  // while.1\n"));
  EXPECT_THAT(text, HasSubstr("    %3 = compare LT %0, %2 : pred[] public  // lt\n"));
  EXPECT_THAT(text, HasSubstr("%4 = constant {0, 0.5} : f32[2] public\n"));
  EXPECT_THAT(text, HasSubstr("return %5, %2\n"));
}

TEST(Plan, TextAbbreviatesLargeLiterals) {
  EXPECT_THAT(to_text(counted(1000)), testing::MatchesRegex("\\{1000 elements, sha256 [0-9a-f]{12}\\}"));
}

TEST(Plan, DigestCoversEverythingButOrigins) {
  const auto base = digest(example());
  EXPECT_EQ(digest(example()), base);
  auto changed = [&](auto change) {
    Plan plan = example();
    change(plan);
    return digest(plan) != base;
  };
  EXPECT_FALSE(changed([](Plan& p) { p.main.instructions[0].origin = "other"; }));
  EXPECT_TRUE(changed([](Plan& p) { p.program.bytes[1] = std::byte{1}; }));
  EXPECT_TRUE(changed([](Plan& p) { p.compiler_version = "other"; }));
  EXPECT_TRUE(changed([](Plan& p) { p.fraction_bits = 8; }));
  EXPECT_TRUE(changed([](Plan& p) { p.main.results = {5}; }));
  EXPECT_TRUE(changed([](Plan& p) { p.main.values[5].visibility = Visibility::kPublic; }));
  EXPECT_TRUE(changed([](Plan& p) { p.main.values[5].signed_bits = 20; }));
  EXPECT_TRUE(changed([](Plan& p) { p.main.instructions[2].opcode = Opcode::kMultiply; }));
  EXPECT_TRUE(changed([](Plan& p) { p.main.instructions[1].attributes.literal = Literal(kF32x2); }));
  EXPECT_TRUE(changed([](Plan& p) { p.main.instructions[0].regions[1].instructions[2].operands = {1, 0}; }));
}

TEST(Plan, DigestIsTheSameOnEveryMachine) {
  EXPECT_EQ(digest(example()).brief(), "265d6a74bab4");
}

TEST(Codec, RoundTripKeepsTheDigestAndOrigins) {
  auto plan = example();
  auto back = decode(encode(plan));
  ASSERT_TRUE(back) << back.error().message();
  EXPECT_EQ(digest(*back), digest(plan));
  EXPECT_EQ(to_text(*back), to_text(plan));
}

TEST(Codec, RefusesWhatDoesNotVerify) {
  auto plan = example();
  plan.main.values[5].visibility = Visibility::kPublic;
  auto back = decode(encode(plan));
  ASSERT_FALSE(back);
  EXPECT_EQ(back.error().message(),
            "plan: instruction 2 (add): result is public but depends on a secret; expected secret");
}

TEST(Codec, RefusesEveryTruncation) {
  auto bytes = encode(example());
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_FALSE(decode(ByteView(bytes).first(size))) << size;
  }
}

TEST(Codec, SurvivesEveryFlippedBit) {
  const auto original = encode(example());
  std::size_t refused = 0;
  for (std::size_t i = 0; i < original.size(); ++i) {
    for (int bit = 0; bit < 8; ++bit) {
      Bytes bytes = original;
      bytes[i] ^= static_cast<std::byte>(1 << bit);
      auto back = decode(bytes);
      if (!back) {
        ++refused;
        EXPECT_EQ(back.error().message().find('\n'), std::string::npos);
      } else {
        EXPECT_TRUE(verify(*back));
      }
    }
  }
  EXPECT_GT(refused, original.size());
}

TEST(Codec, RefusesAnotherVersion) {
  auto bytes = encode(example());
  // The root struct's first word follows the segment table and the root pointer; its first field is the
  // version.
  ASSERT_EQ(bytes[16], std::byte{kPlanVersion});
  bytes[16] = std::byte{1};
  auto back = decode(bytes);
  ASSERT_FALSE(back);
  EXPECT_EQ(back.error().message(), "plan: version 1; expected version 2");
}

TEST(Verify, RefusesUseBeforeDefinition) {
  auto plan = example();
  plan.main.instructions[2].operands[1] = 5;
  auto status = verify(plan);
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().message(), "plan: instruction 2 (add): operand %5 is not defined yet");
}

TEST(Verify, RefusesSecretLoopCondition) {
  auto plan = example();
  plan.main.instructions[0].regions[0].values[3].visibility = Visibility::kSecret;
  auto status = verify(plan);
  ASSERT_FALSE(status);
  EXPECT_THAT(status.error().message(), HasSubstr("the condition's result is not a public pred[]"));
}

TEST(Verify, RefusesSecretFlowingIntoAPublicLoopParameter) {
  auto plan = example();
  plan.main.instructions[0].regions[1].values[1].visibility = Visibility::kPublic;
  EXPECT_FALSE(verify(plan));
}

TEST(Codec, KeepsWidthsAndTheTextShowsThem) {
  auto plan = example();
  plan.main.values[5].signed_bits = 45;
  auto back = decode(encode(plan));
  ASSERT_TRUE(back) << back.error().message();
  EXPECT_EQ(digest(*back), digest(plan));
  EXPECT_THAT(to_text(*back), HasSubstr("%5 = add %3, %4 : f32[2] secret of 45 bits  // sum\n"));
}

TEST(Verify, RefusesWidthsThatNarrowNothing) {
  auto message = [](auto change) {
    Plan plan = example();
    change(plan.main);
    auto status = verify(plan);
    return status ? std::string("well formed") : status.error().message();
  };
  EXPECT_EQ(message([](Region& r) { r.values[5].signed_bits = 63; }), "well formed");
  EXPECT_EQ(message([](Region& r) { r.values[5].signed_bits = 64; }),
            "plan: value %5: a width of 64 bits; expected less than the ring's 64");
  EXPECT_EQ(message([](Region& r) { r.values[4].signed_bits = 8; }),
            "plan: value %4: a width of 8 bits; expected none: the value is public or a pred");
}

TEST(Verify, RefusesALoopThatCarriesMoreThanItSays) {
  auto plan = example();
  auto& body = plan.main.instructions[0].regions[1];
  body.values[1].signed_bits = 20;
  EXPECT_FALSE(verify(plan));
  plan.inputs[1].info.signed_bits = plan.main.values[1].signed_bits = 20;
  body.values[4].signed_bits = 21;
  auto status = verify(plan);
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().message(),
            "plan: instruction 0 (while): carried value 1 after the body has a width of 21 bits; expected a "
            "width of "
            "20 bits");
  body.values[4].signed_bits = 20;
  EXPECT_TRUE(verify(plan));
}

TEST(Verify, RefusesAttributesWithoutMeaning) {
  auto plan = example();
  plan.main.instructions[2].attributes.sizes = {1};
  EXPECT_FALSE(verify(plan));
}

TEST(Verify, RefusesRegionsNestedTooDeeply) {
  Region inner;
  for (int depth = 0; depth < 70; ++depth) {
    RegionBuilder builder({{kS32, Visibility::kPublic}});
    Instruction branch;
    branch.opcode = Opcode::kConditional;
    branch.operands = {0, 0};
    if (depth == 0) inner = RegionBuilder({{kS32, Visibility::kPublic}}).finish({0});
    branch.regions.push_back(std::move(inner));
    auto result = builder.add(std::move(branch), {{kS32, Visibility::kPublic}});
    inner = std::move(builder).finish({result});
  }
  Plan plan;
  plan.inputs = {{"in0", {kS32, Visibility::kPublic}}};
  plan.main = std::move(inner);
  auto status = verify(plan);
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, ErrorCode::kResource);
  EXPECT_FALSE(decode(encode(plan)));
}

}  // namespace
}  // namespace spud::ir
