// SPDX-License-Identifier: Apache-2.0
#include "compiler/import/verify.hpp"

#include <gmock/gmock.h>

#include "compiler/import/hlo_builder_test.hpp"
#include "compiler/import/literal.hpp"
#include "compiler/import/parse.hpp"

namespace spud::compiler {
namespace {

using ::testing::HasSubstr;
using testing::HloBuilder;

const TensorType kScalar{DType::kF32, {}};
const TensorType kVector{DType::kF32, {4}};
const TensorType kIndex{DType::kS32, {}};

std::string refusal(const hlo::HloModuleProto& module) {
  auto result = verify_module(module);
  return result ? "accepted" : result.error().message();
}

TEST(Parse, ReadsAModuleAndItsWrapperAlike) {
  HloBuilder hlo;
  hlo.module().set_name("jit_f");
  hlo.computation("main");
  hlo.parameter(kVector);
  std::string plain = hlo.module().SerializeAsString();
  hlo::HloProto wrapper;
  *wrapper.mutable_hlo_module() = hlo.module();
  std::string wrapped = wrapper.SerializeAsString();
  for (const auto& bytes : {plain, wrapped}) {
    auto module = parse(as_bytes(bytes));
    ASSERT_TRUE(module) << module.error().message();
    EXPECT_EQ((*module)->SerializeAsString(), plain);
  }
}

TEST(Parse, RefusesGarbageAndNothing) {
  EXPECT_FALSE(parse(as_bytes("")));
  EXPECT_FALSE(parse(as_bytes("not a program at all, but some text")));
  EXPECT_FALSE(parse(as_bytes(std::string(1000, '\xff'))));
}

TEST(Parse, RefusesTuplesNestedWithoutEnd) {
  HloBuilder hlo;
  hlo.computation("main");
  hlo.parameter(std::vector<TensorType>{});
  auto* shape = hlo.last().mutable_shape();
  for (int depth = 0; depth < 5000; ++depth) {
    shape->set_element_type(hlo::TUPLE);
    shape = shape->add_tuple_shapes();
  }
  std::string bytes = hlo.module().SerializeAsString();
  EXPECT_FALSE(parse(as_bytes(bytes)));
}

TEST(Verify, TakesIdsAsKeysNotPositions) {
  HloBuilder hlo;
  hlo.computation("main");
  auto x = hlo.parameter(kVector);
  hlo.add("negate", kVector, {x});
  auto module = verify_module(hlo.module());
  ASSERT_TRUE(module) << module.error().message();
  EXPECT_EQ(module->computations[0].instructions[1].operands, (std::vector<std::uint32_t>{0}));
  EXPECT_EQ(module->computations[0].root, 1u);
}

TEST(Verify, FindsTheEntryByItsId) {
  HloBuilder hlo;
  auto main = hlo.computation("main");
  hlo.parameter(kVector);
  hlo.computation("other");
  hlo.parameter(kScalar);
  hlo.module().set_entry_computation_id(main);
  auto module = verify_module(hlo.module());
  ASSERT_TRUE(module) << module.error().message();
  EXPECT_EQ(module->entry, 0u);
}

TEST(Verify, NamesEveryUnsupportedOperationAtOnce) {
  HloBuilder hlo;
  hlo.computation("main");
  auto x = hlo.parameter(kVector);
  hlo.add("fft", kVector, {x});
  hlo.add("all-reduce", kVector, {x});
  hlo.add("fft", kVector, {x});
  hlo.add("custom-call", kVector, {x});
  hlo.last().set_custom_call_target("evil\n\x01target");
  EXPECT_EQ(
      refusal(hlo.module()),
      "program: operations that spud cannot run: all-reduce (instruction 'all-reduce.28' of 'main'), "
      "custom-call "
      "'evil??target' (instruction 'custom-call.42' of 'main'), fft (instruction 'fft.21' of 'main' and 1 "
      "more)");
}

TEST(Verify, RefusesIdsThatOccurTwice) {
  HloBuilder hlo;
  hlo.computation("main");
  hlo.parameter(kVector);
  hlo.add("iota", kVector);
  hlo.last().add_dimensions(0);
  hlo.last().set_id(14);
  EXPECT_THAT(refusal(hlo.module()), HasSubstr("instruction id 14 occurs twice"));

  HloBuilder twice;
  twice.computation("a");
  twice.parameter(kVector);
  twice.computation("b");
  twice.parameter(kVector);
  twice.module().mutable_computations(1)->set_id(7);
  EXPECT_THAT(refusal(twice.module()), HasSubstr("computation id 7 occurs twice"));
}

TEST(Verify, RefusesUseBeforeDefinitionAndDanglingOperands) {
  HloBuilder hlo;
  hlo.computation("main");
  hlo.add("negate", kVector, {21});
  hlo.parameter(kVector);
  EXPECT_THAT(refusal(hlo.module()), HasSubstr("operand 'parameter.21' is defined later"));
  hlo.module().mutable_computations(0)->mutable_instructions(0)->set_operand_ids(0, 99);
  EXPECT_THAT(refusal(hlo.module()), HasSubstr("operand id 99 is not defined in this computation"));
}

TEST(Verify, RefusesARootOrEntryElsewhere) {
  HloBuilder hlo;
  hlo.computation("main");
  hlo.parameter(kVector);
  hlo.root(99);
  EXPECT_EQ(refusal(hlo.module()), "computation 'main': root id 99 is none of its instructions");
  hlo.module().set_entry_computation_id(3);
  EXPECT_EQ(refusal(hlo.module()), "program: entry computation id 3 names no computation");
}

TEST(Verify, RefusesParameterNumbersWithGaps) {
  HloBuilder hlo;
  hlo.computation("main");
  hlo.parameter(kVector);
  hlo.last().set_parameter_number(1);
  EXPECT_THAT(refusal(hlo.module()), HasSubstr("parameter number 1 of 'parameter.14' is out of range"));
  hlo.last().set_parameter_number(-1);
  EXPECT_THAT(refusal(hlo.module()), HasSubstr("parameter number -1"));
}

TEST(Verify, RefusesShapesPastTheElementBudgetBeforeAllocating) {
  HloBuilder hlo;
  hlo.computation("main");
  hlo.add("iota", TensorType{DType::kF32, {1ll << 40, 1ll << 40}});
  hlo.last().add_dimensions(0);
  EXPECT_THAT(refusal(hlo.module()), HasSubstr("has too many elements"));
}

TEST(Verify, RefusesDynamicShapesAndForeignElementTypes) {
  HloBuilder hlo;
  hlo.computation("main");
  hlo.parameter(kVector);
  hlo.last().mutable_shape()->add_is_dynamic_dimension(true);
  EXPECT_THAT(refusal(hlo.module()), HasSubstr("a dimension of dynamic size"));
  hlo.last().mutable_shape()->clear_is_dynamic_dimension();
  hlo.last().mutable_shape()->set_element_type(hlo::C64);
  EXPECT_THAT(refusal(hlo.module()), HasSubstr("element type C64"));
  hlo.last().mutable_shape()->set_element_type(static_cast<hlo::PrimitiveType>(19));
  EXPECT_THAT(refusal(hlo.module()), HasSubstr("element type number 19"));
}

TEST(Verify, RefusesALiteralOfAnotherLength) {
  HloBuilder hlo;
  hlo.computation("main");
  hlo.constant(1.0f);
  hlo.last().mutable_literal()->add_f32s(2.0f);
  EXPECT_THAT(refusal(hlo.module()), HasSubstr("the literal holds 2 elements; expected 1 for f32[]"));
}

TEST(Verify, RefusesRecursionAroundACorner) {
  HloBuilder hlo;
  auto first = hlo.computation("first");
  auto x = hlo.parameter(kScalar);
  hlo.call("call", kScalar, {x}, {0});
  auto second = hlo.computation("second");
  auto y = hlo.parameter(kScalar);
  hlo.call("call", kScalar, {y}, {first});
  hlo.module().mutable_computations(0)->mutable_instructions(1)->set_called_computation_ids(0, second);
  EXPECT_THAT(refusal(hlo.module()), HasSubstr("calls itself; expected no recursion"));
}

TEST(Verify, RefusesRegionsNestedTooDeeply) {
  HloBuilder hlo;
  auto condition = hlo.computation("condition");
  hlo.parameter(kIndex);
  auto zero = hlo.constant(0);
  hlo.compare("LT", zero, zero);
  auto body = hlo.computation("body");
  hlo.parameter(kIndex);
  for (int depth = 0; depth < 100; ++depth) {
    auto outer = hlo.computation("body" + std::to_string(depth));
    auto carried = hlo.parameter(kIndex);
    hlo.call("while", kIndex, {carried}, {body, condition});
    body = outer;
  }
  EXPECT_THAT(refusal(hlo.module()), HasSubstr("loops and branches nest too deeply"));
}

TEST(Verify, RefusesResultsThatDisagreeWithOperands) {
  auto refuse = [](auto fill) {
    HloBuilder hlo;
    auto callee = hlo.computation("callee");
    hlo.parameter(kVector);
    hlo.computation("main");
    fill(hlo, hlo.parameter(kVector), callee);
    return refusal(hlo.module());
  };
  EXPECT_THAT(refuse([](auto& hlo, auto x, auto) {
                hlo.add("add", kScalar, {x, x});
              }),
              HasSubstr("expected f32[4]"));
  EXPECT_THAT(refuse([](auto& hlo, auto x, auto) { hlo.add("tuple", std::vector{kScalar}, {x}); }),
              HasSubstr("the tuple of its operands"));
  EXPECT_THAT(refuse([](auto& hlo, auto x, auto) {
                hlo.element(hlo.add("tuple", std::vector{kVector}, {x}), 1, kVector);
              }),
              HasSubstr("an element that the tuple has"));
  EXPECT_THAT(refuse([](auto& hlo, auto x, auto) {
                hlo.add("negate", kVector, {hlo.add("tuple", std::vector{kVector}, {x})});
              }),
              HasSubstr("is a tuple; expected an array"));
  EXPECT_THAT(refuse([](auto& hlo, auto x, auto callee) { hlo.call("call", kScalar, {x}, {callee}); }),
              HasSubstr("the callee's result has shape f32[4]; expected f32[]"));
  EXPECT_THAT(refuse([](auto& hlo, auto x, auto callee) {
                hlo.call("call", kVector, {x, x}, {callee});
              }),
              HasSubstr("2 arguments for 'callee'; expected 1"));
  EXPECT_THAT(refuse([](auto& hlo, auto x, auto callee) {
                hlo.call("while", kVector, {x}, {callee, callee});
              }),
              HasSubstr("the condition's result has shape f32[4]; expected pred[]"));
  EXPECT_THAT(refuse([](auto& hlo, auto x, auto callee) {
                hlo.call("conditional", kVector, {x, x}, {callee});
              }),
              HasSubstr("the index has shape f32[4]; expected s32[]"));
  EXPECT_THAT(refuse([](auto& hlo, auto x, auto callee) { hlo.call("negate", kVector, {x}, {callee}); }),
              HasSubstr("1 called computations; expected 0"));
  EXPECT_THAT(refuse([](auto& hlo, auto x, auto) { hlo.compare("LTE", x, x, {4}); }),
              HasSubstr("one of EQ, NE"));
  EXPECT_THAT(refuse([](auto& hlo, auto x, auto callee) {
                hlo.call("reduce", kScalar, {x, hlo.constant(0.0f)}, {callee, callee});
              }),
              HasSubstr("2 called computations; expected 1"));
}

TEST(Literals, AreReadInTheirOwnLayout) {
  TensorType type{DType::kF32, {2, 3}};
  hlo::LiteralProto proto;
  HloBuilder::set_shape(*proto.mutable_shape(), type);
  proto.mutable_shape()->mutable_layout()->add_minor_to_major(0);
  proto.mutable_shape()->mutable_layout()->add_minor_to_major(1);
  for (float value : {0.0f, 3.0f, 1.0f, 4.0f, 2.0f, 5.0f}) proto.add_f32s(value);
  auto literal = import_literal(proto, type);
  ASSERT_TRUE(literal) << literal.error().message();
  for (std::int64_t i = 0; i < 6; ++i) EXPECT_EQ(literal->float_at(i), static_cast<double>(i));
}

TEST(Literals, RefuseALayoutThatIsNoPermutation) {
  TensorType type{DType::kF32, {2, 2}};
  hlo::LiteralProto proto;
  HloBuilder::set_shape(*proto.mutable_shape(), type);
  for (int i = 0; i < 4; ++i) proto.add_f32s(0);
  auto* layout = proto.mutable_shape()->mutable_layout();
  layout->add_minor_to_major(1);
  EXPECT_FALSE(import_literal(proto, type));
  layout->add_minor_to_major(1);
  EXPECT_FALSE(import_literal(proto, type));
  layout->set_minor_to_major(1, 7);
  EXPECT_FALSE(import_literal(proto, type));
}

TEST(Literals, OfSixteenBitsAreLittleEndianBytes) {
  TensorType type{DType::kBF16, {2}};
  hlo::LiteralProto proto;
  proto.mutable_shape()->set_element_type(hlo::BF16);
  proto.mutable_shape()->add_dimensions(2);
  proto.set_bf16s(std::string("\x80\x3f\x00\xc0", 4));
  auto literal = import_literal(proto, type);
  ASSERT_TRUE(literal) << literal.error().message();
  EXPECT_EQ(literal->float_at(0), 1.0);
  EXPECT_EQ(literal->float_at(1), -2.0);
}

}  // namespace
}  // namespace spud::compiler
