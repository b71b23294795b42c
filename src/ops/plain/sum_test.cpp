// SPDX-License-Identifier: Apache-2.0
// dot and reduce.
#include <cmath>
#include <limits>
#include <random>

#include <gmock/gmock.h>

#include "ops/plain/evaluate_for_tests.hpp"

namespace spud::ops::plain {
namespace {

using testing::ElementsAre;

TEST(Dot, MultipliesMatrices) {
  Attributes attributes{.dot = {.lhs_contracting = {1}, .rhs_contracting = {0}}};
  auto out = run(Opcode::kDot, {floats({2, 2}, {1, 2, 3, 4}), floats({2, 2}, {5, 6, 7, 8})},
                 {DType::kF32, {2, 2}}, attributes);
  EXPECT_THAT(elements<float>(out), ElementsAre(19, 22, 43, 50));
}

TEST(Dot, InnerProductOfVectorsIsAScalar) {
  Attributes attributes{.dot = {.lhs_contracting = {0}, .rhs_contracting = {0}}};
  EXPECT_EQ(run(Opcode::kDot, {line({1, 2, 3}), line({4, 5, 6})}, {DType::kF32, {}}, attributes).float_at(0),
            32);
}

TEST(Dot, AgreesWithItsDefinitionOverBatchesAndMixedDimensions) {
  // lhs [k1, b, m, k2], rhs [n, k2, b, k1]
  const int k1 = 3, b = 2, m = 4, k2 = 2, n = 5;
  std::mt19937 bits(3);
  Literal lhs(TensorType{DType::kS64, {k1, b, m, k2}}), rhs(TensorType{DType::kS64, {n, k2, b, k1}});
  for (auto* x : {&lhs, &rhs}) {
    for (auto& v : x->writable<std::int64_t>()) v = static_cast<std::int64_t>(bits()) << 20;
  }
  Attributes attributes{
      .dot = {.lhs_contracting = {0, 3}, .rhs_contracting = {3, 1}, .lhs_batch = {1}, .rhs_batch = {2}}};
  auto out = run(Opcode::kDot, {lhs, rhs}, {DType::kS64, {b, m, n}}, attributes);
  for (int ib = 0; ib < b; ++ib) {
    for (int im = 0; im < m; ++im) {
      for (int in = 0; in < n; ++in) {
        std::uint64_t sum = 0;
        for (int i1 = 0; i1 < k1; ++i1) {
          for (int i2 = 0; i2 < k2; ++i2) {
            sum += static_cast<std::uint64_t>(lhs.int_at(((i1 * b + ib) * m + im) * k2 + i2)) *
                   static_cast<std::uint64_t>(rhs.int_at(((in * k2 + i2) * b + ib) * k1 + i1));
          }
        }
        EXPECT_EQ(out.int_at((ib * m + im) * n + in), static_cast<std::int64_t>(sum));
      }
    }
  }
}

TEST(Dot, NarrowIntegersWrap) {
  Attributes attributes{.dot = {.lhs_contracting = {0}, .rhs_contracting = {0}}};
  auto x = tensor<std::int8_t>(DType::kS8, {3}, {100, 100, 1});
  EXPECT_EQ(run(Opcode::kDot, {x, x}, {DType::kS8, {}}, attributes).int_at(0),
            static_cast<std::int8_t>(20001));
}

TEST(Dot, PredIsWhetherAnyPairIsTrue) {
  Attributes attributes{.dot = {.lhs_contracting = {0}, .rhs_contracting = {0}}};
  auto x = tensor<std::uint8_t>(DType::kPred, {2}, {1, 1});
  auto y = tensor<std::uint8_t>(DType::kPred, {2}, {0, 0});
  EXPECT_EQ(run(Opcode::kDot, {x, x}, {DType::kPred, {}}, attributes).int_at(0), 1);
  EXPECT_EQ(run(Opcode::kDot, {x, y}, {DType::kPred, {}}, attributes).int_at(0), 0);
}

TEST(Dot, FloatsAreSummedInDoubleAndRoundedOnce) {
  Attributes attributes{.dot = {.lhs_contracting = {0}, .rhs_contracting = {0}}};
  EXPECT_EQ(
      run(Opcode::kDot, {line({16777216, 1, -16777216}), line({1, 1, 1})}, {DType::kF32, {}}, attributes)
          .float_at(0),
      1);
}

TEST(Dot, EmptyContractionIsZeroAndEmptyResultIsEmpty) {
  Attributes attributes{.dot = {.lhs_contracting = {1}, .rhs_contracting = {0}}};
  auto out = run(Opcode::kDot, {floats({2, 0}, {}), floats({0, 2}, {})}, {DType::kF32, {2, 2}}, attributes);
  EXPECT_THAT(elements<float>(out), ElementsAre(0, 0, 0, 0));
  EXPECT_EQ(
      run(Opcode::kDot, {floats({0, 2}, {}), floats({2, 2}, {1, 2, 3, 4})}, {DType::kF32, {0, 2}}, attributes)
          .elements(),
      0);
}

Literal reduced(const Literal& x, const Literal& initial, std::vector<std::int64_t> dimensions, Shape shape,
                Reducer reducer) {
  return run(Opcode::kReduce, {x, initial}, {x.dtype(), std::move(shape)},
             {.dimensions = std::move(dimensions), .reducer = reducer});
}

TEST(Reduce, KeepsTheOtherDimensions) {
  auto x = ints({2, 3}, {1, 2, 3, 4, 5, 6});
  auto ten = Literal::scalar<std::int32_t>(DType::kS32, 10);
  EXPECT_THAT(elements<std::int32_t>(reduced(x, ten, {0}, {3}, Reducer::kAdd)), ElementsAre(15, 17, 19));
  EXPECT_THAT(elements<std::int32_t>(reduced(x, ten, {1}, {2}, Reducer::kAdd)), ElementsAre(16, 25));
  EXPECT_THAT(elements<std::int32_t>(reduced(x, ten, {0, 1}, {}, Reducer::kAdd)), ElementsAre(31));
  EXPECT_THAT(elements<std::int32_t>(reduced(x, ten, {}, {2, 3}, Reducer::kMinimum)),
              ElementsAre(1, 2, 3, 4, 5, 6));
}

TEST(Reduce, EveryReducer) {
  auto x = ints({3}, {6, 3, 5});
  auto from = [](int v) { return Literal::scalar<std::int32_t>(DType::kS32, v); };
  EXPECT_EQ(reduced(x, from(1), {0}, {}, Reducer::kMultiply).int_at(0), 90);
  EXPECT_EQ(reduced(x, from(0), {0}, {}, Reducer::kMaximum).int_at(0), 6);
  EXPECT_EQ(reduced(x, from(9), {0}, {}, Reducer::kMinimum).int_at(0), 3);
  EXPECT_EQ(reduced(x, from(-1), {0}, {}, Reducer::kAnd).int_at(0), 0);
  EXPECT_EQ(reduced(x, from(0), {0}, {}, Reducer::kOr).int_at(0), 7);
  auto p = tensor<std::uint8_t>(DType::kPred, {2}, {0, 1});
  EXPECT_EQ(reduced(p, Literal::scalar<std::uint8_t>(DType::kPred, 0), {0}, {}, Reducer::kOr).int_at(0), 1);
  EXPECT_EQ(reduced(p, Literal::scalar<std::uint8_t>(DType::kPred, 1), {0}, {}, Reducer::kAnd).int_at(0), 0);
}

TEST(Reduce, FloatSumsRoundOnceAndMaximaPassNanOn) {
  auto zero = Literal::scalar<float>(DType::kF32, 0);
  EXPECT_EQ(reduced(line({16777216, 1, -16777216}), zero, {0}, {}, Reducer::kAdd).float_at(0), 1);
  auto x = line({1, std::numeric_limits<float>::quiet_NaN(), 2});
  EXPECT_TRUE(std::isnan(reduced(x, zero, {0}, {}, Reducer::kMaximum).float_at(0)));
}

TEST(Reduce, EmptyGivesTheInitialValue) {
  auto seven = Literal::scalar<float>(DType::kF32, 7);
  EXPECT_THAT(elements<float>(reduced(floats({0, 2}, {}), seven, {0}, {2}, Reducer::kAdd)),
              ElementsAre(7, 7));
}

}  // namespace
}  // namespace spud::ops::plain
