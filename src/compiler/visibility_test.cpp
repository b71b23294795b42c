// SPDX-License-Identifier: Apache-2.0
#include "compiler/visibility.hpp"

#include <gmock/gmock.h>

#include "compiler/knowledge.hpp"
#include "compiler/plan_text_test.hpp"
#include "ir/builder.hpp"
#include "ir/canonical.hpp"
#include "ir/codec.hpp"
#include "ir/verify.hpp"

namespace spud::compiler {
namespace {

using ir::RegionBuilder;
using ir::ValueId;
using ir::ValueInfo;
using ir::Visibility;
using ops::Opcode;
using ::testing::HasSubstr;

const TensorType kVector{DType::kF32, {2}};
const ValueInfo kPublic{kVector, Visibility::kPublic}, kSecret{kVector, Visibility::kSecret};
const ValueInfo kCounter{{DType::kS32, {}}, Visibility::kPublic};
ValueInfo of(unsigned rank) {
  return {kVector, Visibility::kSecret, 0, Rank{rank}};
}

/// "public", "secret", or the owner's rank.
std::string known(const ValueInfo& info) {
  if (info.owner) return std::to_string(index(*info.owner));
  return to_string(info.visibility);
}

/// What becomes of the results of a region under way.
std::vector<std::string> inferred(RegionBuilder&& builder, std::vector<ValueId> results,
                                  std::size_t parameters) {
  ir::Plan plan;
  plan.main = std::move(builder).finish(results);
  std::vector<std::string> names;
  for (std::size_t i = 0; i < parameters; ++i) names.push_back("in" + std::to_string(i));
  const auto status = infer_visibility(plan.main, names);
  EXPECT_TRUE(status) << status.error().message();
  for (std::size_t i = 0; i < parameters; ++i) plan.inputs.push_back({names[i], plan.main.values[i]});
  const auto sound = ir::verify(plan);
  EXPECT_TRUE(sound) << sound.error().message() << ir::to_text(plan);
  const auto back = ir::decode(ir::encode(plan));
  EXPECT_TRUE(back && ir::to_text(*back) == ir::to_text(plan) && ir::digest(*back) == ir::digest(plan));
  std::vector<std::string> out;
  for (auto v : results) out.push_back(known(plan.main.values[v]));
  return out;
}
using Names = std::vector<std::string>;

TEST(Knowledge, JoinsAreTheLeastThatBothAllow) {
  const Knowledge all = Knowledge::of_all(), none = Knowledge::of_none();
  const Knowledge one = Knowledge::of(Rank{0}), other = Knowledge::of(Rank{1});
  const std::vector<Knowledge> each{all, one, other, none};
  const auto below = [](const Knowledge& a, const Knowledge& b) { return join(a, b) == b; };
  for (const auto& a : each) {
    EXPECT_EQ(join(a, a), a);
    EXPECT_EQ(join(all, a), a);
    EXPECT_EQ(join(a, none), none);
    for (const auto& b : each) {
      EXPECT_EQ(join(a, b), join(b, a));
      EXPECT_TRUE(below(a, join(a, b)) && below(b, join(a, b)));
      for (const auto& c : each) {
        EXPECT_EQ(join(join(a, b), c), join(a, join(b, c)));
        EXPECT_TRUE(!below(a, c) || !below(b, c) || below(join(a, b), c));
      }
    }
  }
  EXPECT_EQ(join(one, other), none);
  EXPECT_EQ(one.owner(), Rank{0});
  EXPECT_FALSE(all.owner() || none.owner());
}

TEST(Visibility, OfOperationsIsTheJoinOfTheirOperands) {
  RegionBuilder b({kPublic, of(0), of(1), kSecret});
  const auto sum = [&](ValueId x, ValueId y) { return b.add(Opcode::kAdd, {}, {x, y}, kPublic, ""); };
  const ValueId own = sum(1, 1), with_public = sum(own, 0), both = sum(1, 2), with_secret = sum(2, 3),
                open = sum(0, 0);
  const ValueId after = sum(both, with_public);
  EXPECT_EQ(inferred(std::move(b), {own, with_public, both, with_secret, open, after}, 4),
            (Names{"0", "0", "secret", "secret", "public", "secret"}));
}

TEST(Visibility, OfSortedRowsIsTheirOwnAndTheKeys) {
  const TensorType lists{DType::kF32, {1, 2}};
  const auto as = [&](ValueInfo info) { return info.type = lists, info; };
  RegionBuilder b({as(of(0)), as(of(1)), as(kPublic)});
  for (std::int64_t key : {0, 2}) {
    ir::Instruction sort;
    sort.opcode = Opcode::kSort;
    sort.operands = {0, 1, 2};
    sort.attributes.dimensions = {key};
    sort.attributes.stride = {1};
    sort.attributes.sizes = {2};
    b.add(std::move(sort), {as(kPublic), as(kPublic), as(kPublic)});
  }
  EXPECT_EQ(inferred(std::move(b), {3, 4, 5, 6, 7, 8}, 3), (Names{"0", "secret", "0", "0", "1", "public"}));
}

TEST(Visibility, OfTheFirstAndItsPlaceIsTheRows) {
  const ValueInfo rows{{DType::kF32, {3, 2}}, Visibility::kSecret, 0, Rank{4}};
  RegionBuilder b({rows});
  ir::Instruction first;
  first.opcode = Opcode::kFirst;
  first.operands = {0};
  first.attributes.stride = {1};
  b.add(std::move(first), {kPublic, {{DType::kS32, {2}}, Visibility::kPublic}});
  EXPECT_EQ(inferred(std::move(b), {1, 2}, 1), (Names{"4", "4"}));
}

/// Three turns; each carried value becomes the one before it: it takes as many turns until the last holds
/// what the first held.
TEST(Visibility, OfCarriedValuesIsAFixpoint) {
  const std::vector<ValueInfo> carried{kCounter, kPublic, kPublic, kPublic, kPublic};
  for (const bool meets : {false, true}) {
    RegionBuilder condition(carried), body(carried);
    const auto number = [](RegionBuilder& builder, std::int32_t value) {
      ops::Attributes attributes;
      attributes.literal = Literal::scalar<std::int32_t>(DType::kS32, value);
      return builder.add(Opcode::kConstant, attributes, {}, kCounter, "");
    };
    ops::Attributes is_less;
    is_less.comparison = ops::Comparison::kLt;
    const ValueId go_on = condition.add(Opcode::kCompare, is_less, {0, number(condition, 3)},
                                        {{DType::kPred, {}}, Visibility::kPublic}, "");
    const ValueId next = body.add(Opcode::kAdd, {}, {0, number(body, 1)}, kCounter, "");
    const ValueId sum = body.add(Opcode::kAdd, {}, {3, 4}, kPublic, "");
    RegionBuilder b({of(0), of(1), kPublic});
    ir::Instruction loop;
    loop.opcode = Opcode::kWhile;
    loop.operands = {number(b, 0), 0, 2, 2, meets ? ValueId{1} : ValueId{2}};
    loop.regions.push_back(std::move(condition).finish({go_on}));
    loop.regions.push_back(std::move(body).finish({next, 1, 1, 2, sum}));
    const ValueId first = b.add(std::move(loop), carried);
    EXPECT_EQ(inferred(std::move(b), {first, first + 1, first + 2, first + 3, first + 4}, 3),
              (Names{"public", "0", "0", "0", meets ? "secret" : "0"}));
  }
}

TEST(Visibility, OfBranchesIsTheJoinOfTheirResults) {
  RegionBuilder left({kPublic, kPublic}), right({kPublic, kPublic});
  RegionBuilder b({kCounter, of(0), of(1)});
  ir::Instruction choice;
  choice.opcode = Opcode::kConditional;
  choice.operands = {0, 1, 2};
  const ValueId twice = right.add(Opcode::kAdd, {}, {0, 0}, kPublic, "");
  choice.regions.push_back(std::move(left).finish({0, 0}));
  choice.regions.push_back(std::move(right).finish({twice, 1}));
  const ValueId first = b.add(std::move(choice), {kPublic, kPublic});
  EXPECT_EQ(inferred(std::move(b), {first, first + 1}, 3), (Names{"0", "secret"}));
}

TEST(Visibility, OfPrivateInputsIsShownInThePlanAndMakesItAnother) {
  testing::HloBuilder hlo;
  hlo.computation("main");
  const auto x = hlo.parameter(kVector), y = hlo.parameter(kVector);
  const auto square = hlo.add("multiply", kVector, {x, x});
  hlo.add("tuple", std::vector<TensorType>{kVector, kVector}, {square, hlo.add("add", kVector, {square, y})});
  const std::string bytes = hlo.module().SerializeAsString();
  CompileRequest request;
  request.program = as_bytes(bytes);
  request.parameters = {{Visibility::kSecret, std::nullopt, Rank{1}},
                        {Visibility::kSecret, std::nullopt, Rank{0}}};
  const auto plan = compile(request);
  const std::string text = testing::text(plan);
  EXPECT_THAT(text, HasSubstr("%0 = input in0 : f32[2] private:1"));
  EXPECT_THAT(text, HasSubstr("multiply %0, %0 : f32[2] private:1"));
  EXPECT_THAT(text, HasSubstr("add %2, %1 : f32[2] secret\n"));
  auto shared = request;
  for (auto& parameter : shared.parameters) parameter.owner.reset();
  EXPECT_NE(ir::digest(*plan), ir::digest(*compile(shared)));
  // Nothing else changes: there is no device that holds plain values at one party.
  EXPECT_EQ(testing::text(compile(shared)).find("private"), std::string::npos);
  auto wrong = request;
  wrong.parameters[0].visibility = Visibility::kPublic;
  EXPECT_THAT(testing::text(compile(wrong)), HasSubstr("is public and has an owner"));
}

TEST(Visibility, OfOwnersIsVerified) {
  RegionBuilder b({of(0), of(1)});
  const ValueId sum = b.add(Opcode::kAdd, {}, {0, 1}, of(0), "");
  ir::Plan plan;
  plan.main = std::move(b).finish({sum});
  plan.inputs = {{"in0", of(0)}, {"in1", of(1)}};
  const auto status = ir::verify(plan);
  ASSERT_FALSE(status);
  EXPECT_THAT(status.error().message(), HasSubstr("private to party 0 depends on what is not"));
}

}  // namespace
}  // namespace spud::compiler
