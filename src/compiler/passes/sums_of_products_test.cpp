// SPDX-License-Identifier: Apache-2.0
#include "compiler/passes/sums_of_products.hpp"

#include <gmock/gmock.h>

#include "compiler/passes/dead_code.hpp"
#include "compiler/passes/program_for_tests.hpp"

namespace spud::compiler {
namespace {

using namespace testing;
using ::testing::HasSubstr;
using ::testing::Not;
using Dimensions = std::vector<std::int64_t>;

ValueInfo secret(Shape shape) {
  return {{DType::kF32, std::move(shape)}, Visibility::kSecret};
}

ops::Attributes at(Dimensions dimensions) {
  ops::Attributes out;
  out.dimensions = std::move(dimensions);
  return out;
}

ValueId zero(Program& p) {
  return p.constant(Literal::scalar(DType::kF32, 0.0f));
}

TEST(SumsOfProducts, AreDotProductsByRow) {
  Program p({secret({3, 4})});
  const ValueId square = p.add(Opcode::kMultiply, {0, 0}, secret({3, 4}));
  EXPECT_EQ(
      p.after({find_sums_of_products, remove_dead_code},
              {p.add(Opcode::kReduce, {square, zero(p)}, secret({3}), at({1}))}),
      "%1 = dot lhs_batch=[0] lhs_contracting=[1] rhs_batch=[0] rhs_contracting=[1] %0, %0 : f32[3] secret\n"
      "return %1\n");
}

TEST(SumsOfProducts, OfBroadcastsAreMatrixProducts) {
  // Σ over k of x[i, k] · y[j, k], as [j, i].
  Program p({secret({3, 4}), secret({2, 4})});
  const ValueInfo whole = secret({2, 3, 4});
  const ValueId x = p.add(Opcode::kBroadcast, {0}, whole, at({1, 2})),
                y = p.add(Opcode::kBroadcast, {1}, whole, at({0, 2}));
  const ValueId product = p.add(Opcode::kMultiply, {x, y}, whole);
  EXPECT_EQ(p.after({find_sums_of_products, remove_dead_code},
                    {p.add(Opcode::kReduce, {product, zero(p)}, secret({2, 3}), at({2}))}),
            "%2 = dot lhs_contracting=[1] rhs_contracting=[1] %0, %1 : f32[3,2] secret\n"
            "%3 = transpose dimensions=[1,0] %2 : f32[2,3] secret\nreturn %3\n");
}

TEST(SumsOfProducts, ByOneNumberAreScaledAfterwards) {
  Program p({secret({3, 4})});
  const ValueId half = add_splat(p.builder(), Literal::scalar(DType::kF32, 0.5f), {3, 4}, "");
  const ValueId product = p.add(Opcode::kMultiply, {half, 0}, secret({3, 4}));
  const auto text = p.after({find_sums_of_products, remove_dead_code},
                            {p.add(Opcode::kReduce, {product, zero(p)}, secret({3}), at({1}))});
  EXPECT_THAT(text, HasSubstr("reduce dimensions=[1] by add %0"));
  EXPECT_THAT(text, HasSubstr("multiply %2, %4 : f32[3] secret"));
}

TEST(SumsOfProducts, StayWhereTheProductIsWantedOrTheSumStartsElsewhere) {
  Program p({secret({3, 4})});
  const ValueId wanted = p.add(Opcode::kMultiply, {0, 0}, secret({3, 4}));
  const ValueId other = p.add(Opcode::kMultiply, {0, 0}, secret({3, 4}));
  const ValueId one = p.constant(Literal::scalar(DType::kF32, 1.0f));
  const auto text = p.after({find_sums_of_products, remove_dead_code},
                            {p.add(Opcode::kReduce, {wanted, zero(p)}, secret({3}), at({1})), wanted,
                             p.add(Opcode::kReduce, {other, one}, secret({3}), at({1}))});
  EXPECT_THAT(text, Not(HasSubstr("dot")));
}

TEST(SumsOfProducts, StayWhereAFactorIsNotSummed) {
  Program p({secret({3, 4}), secret({3})});
  const ValueId wide = p.add(Opcode::kBroadcast, {1}, secret({3, 4}), at({0}));
  const ValueId product = p.add(Opcode::kMultiply, {0, wide}, secret({3, 4}));
  EXPECT_THAT(p.after({find_sums_of_products, remove_dead_code},
                      {p.add(Opcode::kReduce, {product, zero(p)}, secret({3}), at({1}))}),
              Not(HasSubstr("dot")));
}

}  // namespace
}  // namespace spud::compiler
