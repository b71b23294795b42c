// SPDX-License-Identifier: Apache-2.0
// Numbers in a file that do not fit: each is refused in one line that names the instruction. What the
// instructions compute is tried by tests/corpus.
#include "compiler/lower/expand.hpp"

#include <gmock/gmock.h>

#include "compiler/plan_text_test.hpp"

namespace spud::compiler {
namespace {

using testing::compiled;
using ::testing::HasSubstr;
using testing::HloBuilder;
using ::testing::Not;
using testing::text;

constexpr auto kSecret = ir::Visibility::kSecret;

TensorType f32(Shape shape) {
  return {DType::kF32, std::move(shape)};
}
TensorType s32(Shape shape) {
  return {DType::kS32, std::move(shape)};
}

/// A computation of two scalars.
HloBuilder::Id scalar_function(HloBuilder& hlo, const char* opcode) {
  const auto id = hlo.computation(opcode);
  const auto a = hlo.parameter(f32({})), b = hlo.parameter(f32({}));
  hlo.add(opcode, f32({}), {a, b});
  return id;
}

hlo::Window_Dimension& window(hlo::HloInstructionProto& proto, std::int64_t size) {
  auto& d = *proto.mutable_window()->add_dimensions();
  d.set_size(size);
  d.set_stride(1);
  return d;
}

/// [1, 5, 5, 2] by [3, 3, 2, 4], batch, two spatial dimensions, features.
class Convolution : public ::testing::Test {
 protected:
  Convolution() {
    hlo_.computation("main");
    const auto x = hlo_.parameter(f32({1, 5, 5, 2})), k = hlo_.parameter(f32({3, 3, 2, 4}));
    hlo_.add("convolution", f32({1, 3, 3, 4}), {x, k});
    auto& proto = hlo_.last();
    window(proto, 3);
    window(proto, 3);
    auto& roles = *proto.mutable_convolution_dimension_numbers();
    roles.set_input_feature_dimension(3);
    roles.set_output_feature_dimension(3);
    roles.set_kernel_input_feature_dimension(2);
    roles.set_kernel_output_feature_dimension(3);
    for (std::int64_t d : {1, 2}) {
      roles.add_input_spatial_dimensions(d);
      roles.add_output_spatial_dimensions(d);
      roles.add_kernel_spatial_dimensions(d - 1);
    }
  }
  std::string result() { return text(compiled(hlo_, {kSecret, kSecret})); }
  hlo::HloInstructionProto& proto() { return hlo_.last(); }
  HloBuilder hlo_;
};

TEST_F(Convolution, IsAProductOfWindows) {
  EXPECT_THAT(result(), HasSubstr("windows stride=[1,1,1,1] interior=[0,0,0,0] sizes=[1,1,3,3]"));
}
TEST_F(Convolution, RefusesRolesThatMeetTwice) {
  proto().mutable_convolution_dimension_numbers()->set_input_feature_dimension(2);
  EXPECT_THAT(result(), HasSubstr("dimensions of the input are [0,1,2,2]; expected each of 4 once"));
}
TEST_F(Convolution, RefusesAWindowOfAnotherSize) {
  proto().mutable_window()->mutable_dimensions(1)->set_size(2);
  EXPECT_THAT(result(), HasSubstr("window size 2 in dimension 1; expected the kernel's 3"));
}
TEST_F(Convolution, RefusesGroupsThatDoNotDivide) {
  proto().set_feature_group_count(3);
  EXPECT_THAT(result(), HasSubstr("in 3 groups"));
}
TEST_F(Convolution, RefusesPaddingWithoutEnd) {
  proto().mutable_window()->mutable_dimensions(0)->set_padding_low(INT64_MAX);
  EXPECT_THAT(result(), HasSubstr("low padding is 9223372036854775807"));
}
TEST_F(Convolution, RefusesAResultOfAnotherShape) {
  proto().mutable_window()->mutable_dimensions(0)->set_padding_low(1);
  EXPECT_THAT(result(), HasSubstr("result has shape f32[1,3,3,4]; expected f32[1,4,3,4]"));
}

/// Rows of [6, 4] at [5, 1].
class Gather : public ::testing::Test {
 protected:
  Gather() {
    hlo_.computation("main");
    const auto x = hlo_.parameter(f32({6, 4})), i = hlo_.parameter(s32({5, 1}));
    hlo_.add("gather", f32({5, 4}), {x, i});
    auto& numbers = *hlo_.last().mutable_gather_dimension_numbers();
    numbers.add_offset_dims(1);
    numbers.add_collapsed_slice_dims(0);
    numbers.add_start_index_map(0);
    numbers.set_index_vector_dim(1);
    hlo_.last().add_gather_slice_sizes(1);
    hlo_.last().add_gather_slice_sizes(4);
  }
  std::string result() { return text(compiled(hlo_, {kSecret, kSecret})); }
  hlo::GatherDimensionNumbers& numbers() { return *hlo_.last().mutable_gather_dimension_numbers(); }
  HloBuilder hlo_;
};

TEST_F(Gather, TakesRows) {
  EXPECT_THAT(result(), HasSubstr("take"));
}
TEST_F(Gather, RefusesDimensionsThatAreNotThere) {
  numbers().set_collapsed_slice_dims(0, 7);
  EXPECT_THAT(result(), HasSubstr("collapsed dimensions are [7]"));
}
TEST_F(Gather, RefusesIndicesOfOtherLength) {
  numbers().add_start_index_map(1);
  EXPECT_THAT(result(), HasSubstr("indices of 1 components; expected 2"));
}
TEST_F(Gather, RefusesSlicesLargerThanTheOperand) {
  hlo_.last().set_gather_slice_sizes(1, 5);
  EXPECT_THAT(result(), HasSubstr("slice sizes are [1,5]"));
}
TEST_F(Gather, RefusesOffsetsThatDoNotPair) {
  numbers().clear_offset_dims();
  EXPECT_THAT(result(), HasSubstr("a window of 1 dimensions; expected 0"));
}
TEST_F(Gather, RefusesABatchOfOtherSize) {
  numbers().clear_collapsed_slice_dims();
  numbers().clear_start_index_map();
  numbers().add_start_index_map(1);
  numbers().add_operand_batching_dims(0);
  numbers().add_start_indices_batching_dims(0);
  EXPECT_THAT(result(), HasSubstr("batching dimension 0 has another size or role too"));
}

TEST(Scatter, RefusesUpdatesThatDoNotFit) {
  HloBuilder hlo;
  const auto add = scalar_function(hlo, "add");
  hlo.computation("main");
  const auto x = hlo.parameter(f32({6, 4})), i = hlo.parameter(s32({5, 1})), u = hlo.parameter(f32({3, 4}));
  hlo.call("scatter", f32({6, 4}), {x, i, u}, {add});
  auto& numbers = *hlo.last().mutable_scatter_dimension_numbers();
  numbers.add_update_window_dims(1);
  numbers.add_inserted_window_dims(0);
  numbers.add_scatter_dims_to_operand_dims(0);
  numbers.set_index_vector_dim(1);
  EXPECT_THAT(text(compiled(hlo, {kSecret, kSecret, kSecret})),
              HasSubstr("updates have shape [3,4]; expected one for each index"));
}

TEST(Scatter, CombinesOneUpdateAfterTheOtherOrAllAtOnceWhereNoneMeet) {
  HloBuilder hlo;
  const auto power = scalar_function(hlo, "power");
  hlo.computation("main");
  const auto x = hlo.parameter(f32({6})), i = hlo.parameter(s32({2, 1})), u = hlo.parameter(f32({2}));
  hlo.call("scatter", f32({6}), {x, i, u}, {power});
  auto& numbers = *hlo.last().mutable_scatter_dimension_numbers();
  numbers.add_inserted_window_dims(0);
  numbers.add_scatter_dims_to_operand_dims(0);
  numbers.set_index_vector_dim(1);
  const auto in_turn = text(compiled(hlo, {kSecret, kSecret, kSecret}));
  EXPECT_THAT(in_turn, HasSubstr("while"));
  hlo.last().set_unique_indices(true);
  const auto at_once = text(compiled(hlo, {kSecret, kSecret, kSecret}));
  EXPECT_THAT(at_once, Not(HasSubstr("while")));
  for (const auto& plan : {in_turn, at_once}) {
    EXPECT_THAT(plan, HasSubstr("power"));
    EXPECT_THAT(plan, HasSubstr("put by last"));
  }
}

TEST(ReduceWindow, RefusesWindowsOfOtherRankAndSizeZero) {
  HloBuilder hlo;
  const auto add = scalar_function(hlo, "add");
  hlo.computation("main");
  const auto x = hlo.parameter(f32({6, 4})), zero = hlo.constant(0.0f);
  hlo.call("reduce-window", f32({6, 4}), {x, zero}, {add});
  window(hlo.last(), 1);
  EXPECT_THAT(text(compiled(hlo, {kSecret})), HasSubstr("a window of 1 dimensions; expected 2"));
  window(hlo.last(), 0);
  EXPECT_THAT(text(compiled(hlo, {kSecret})), HasSubstr("window size is 0; expected 1 to"));
  hlo.last().mutable_window()->mutable_dimensions(1)->set_size(1);
  EXPECT_THAT(text(compiled(hlo, {kSecret})), ::testing::Not(HasSubstr("windows"))) << "of one element";
}

TEST(ReduceWindow, RefusesWindowsThatTogetherAreTooLarge) {
  HloBuilder hlo;
  const auto power = scalar_function(hlo, "power");
  hlo.computation("main");
  const auto x = hlo.parameter(f32({1 << 20, 1 << 8})), zero = hlo.constant(0.0f);
  hlo.call("reduce-window", f32({(1 << 19) + 1, 1}), {x, zero}, {power});
  window(hlo.last(), 1 << 19);
  window(hlo.last(), 1 << 8);
  EXPECT_THAT(text(compiled(hlo, {kSecret})), HasSubstr("elements"));
}

TEST(SelectAndScatter, RefusesASourceOfOtherShape) {
  HloBuilder hlo;
  const auto add = scalar_function(hlo, "add");
  const auto select = hlo.computation("select");
  const auto a = hlo.parameter(f32({})), b = hlo.parameter(f32({}));
  hlo.compare("GE", a, b);
  hlo.computation("main");
  const auto x = hlo.parameter(f32({6})), source = hlo.parameter(f32({2})), zero = hlo.constant(0.0f);
  hlo.call("select-and-scatter", f32({6}), {x, source, zero}, {select, add});
  window(hlo.last(), 2).set_stride(2);
  EXPECT_THAT(text(compiled(hlo, {kSecret, kSecret})), HasSubstr("source has type f32[2]; expected [3]"));
}

TEST(Sort, RefusesADimensionThatIsNotThereAndComparatorsOfOtherTypes) {
  HloBuilder hlo;
  const auto less = hlo.computation("less");
  const auto a = hlo.parameter(f32({})), b = hlo.parameter(f32({}));
  hlo.compare("LT", a, b);
  hlo.computation("main");
  const auto x = hlo.parameter(f32({6}));
  hlo.call("sort", f32({6}), {x}, {less});
  hlo.last().add_dimensions(1);
  EXPECT_THAT(text(compiled(hlo, {kSecret})), HasSubstr("one shape for all that has the dimension 1"));
  hlo.last().set_dimensions(0, 0);
  EXPECT_THAT(text(compiled(hlo, {kSecret})), HasSubstr("sort dimensions=[0]"));
  hlo.last().add_operand_ids(x);
  EXPECT_THAT(text(compiled(hlo, {kSecret})), HasSubstr("computation 'less' is (f32, f32) to (pred)"));
}

TEST(TopK, RefusesMoreThanThereAre) {
  HloBuilder hlo;
  hlo.computation("main");
  const auto x = hlo.parameter(f32({6}));
  hlo.add("topk", std::vector{f32({7}), s32({7})}, {x});
  hlo.last().set_k(7);
  EXPECT_THAT(text(compiled(hlo, {kSecret})), HasSubstr("the first 7 of 1 operands"));
}

TEST(Cholesky, RefusesWhatIsNotSquare) {
  HloBuilder hlo;
  hlo.computation("main");
  const auto x = hlo.parameter(f32({3, 4}));
  hlo.add("cholesky", f32({3, 4}), {x});
  EXPECT_THAT(text(compiled(hlo, {kSecret})),
              HasSubstr("operand has type f32[3,4]; expected square matrices"));
}

TEST(SetDimensionSize, KnowsOnlyTheWholeSize) {
  HloBuilder hlo;
  hlo.computation("main");
  const auto x = hlo.parameter(f32({6})), size = hlo.constant(6);
  hlo.add("set-dimension-size", f32({6}), {x, size});
  hlo.last().add_dimensions(0);
  EXPECT_EQ(text(compiled(hlo, {kSecret})), "%0 = input in0 : f32[6] secret\nreturn %0\n");
  hlo.last().set_dimensions(0, 3);
  EXPECT_THAT(text(compiled(hlo, {kSecret})), HasSubstr("a dimension whose size is not known"));
}

}  // namespace
}  // namespace spud::compiler
