// SPDX-License-Identifier: Apache-2.0
#include <bit>
#include <cmath>
#include <limits>

#include <gmock/gmock.h>

#include "ops/plain/evaluate_for_tests.hpp"

namespace spud::ops::plain {
namespace {

using testing::ElementsAre;

constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
constexpr float kInfinity = std::numeric_limits<float>::infinity();
constexpr std::int32_t kLeast = std::numeric_limits<std::int32_t>::min();

TEST(Elementwise, IntegersWrapAtTheirOwnWidth) {
  auto bytes = tensor<std::int8_t>(DType::kS8, {2}, {127, -128});
  EXPECT_THAT(elements<std::int8_t>(run_like(Opcode::kAdd, {bytes, bytes})), ElementsAre(-2, 0));
  EXPECT_THAT(elements<std::int8_t>(run_like(Opcode::kNegate, {bytes})), ElementsAre(-127, -128));
  EXPECT_THAT(elements<std::int8_t>(run_like(Opcode::kAbs, {bytes})), ElementsAre(127, -128));
  auto shorts = tensor<std::uint16_t>(DType::kU16, {1}, {65535});
  EXPECT_THAT(elements<std::uint16_t>(run_like(Opcode::kMultiply, {shorts, shorts})), ElementsAre(1));
  auto longs = tensor<std::uint64_t>(DType::kU64, {1}, {0});
  auto one = tensor<std::uint64_t>(DType::kU64, {1}, {1});
  EXPECT_THAT(elements<std::uint64_t>(run_like(Opcode::kSubtract, {longs, one})), ElementsAre(~0ull));
}

TEST(Elementwise, IntegerDivisionHasXlasCornerCases) {
  auto a = ints({5}, {7, -7, kLeast, 7, 0});
  auto b = ints({5}, {-2, 2, -1, 0, 0});
  EXPECT_THAT(elements<std::int32_t>(run_like(Opcode::kDivide, {a, b})), ElementsAre(-3, -3, kLeast, -1, -1));
  EXPECT_THAT(elements<std::int32_t>(run_like(Opcode::kRemainder, {a, b})), ElementsAre(1, -1, 0, 7, 0));
  auto u = tensor<std::uint8_t>(DType::kU8, {2}, {200, 200});
  auto v = tensor<std::uint8_t>(DType::kU8, {2}, {3, 0});
  EXPECT_THAT(elements<std::uint8_t>(run_like(Opcode::kDivide, {u, v})), ElementsAre(66, 255));
  EXPECT_THAT(elements<std::uint8_t>(run_like(Opcode::kRemainder, {u, v})), ElementsAre(2, 200));
}

TEST(Elementwise, IntegerPowersWrapAndTruncate) {
  auto base = ints({6}, {3, -2, 2, 1, -1, 0});
  auto exponent = ints({6}, {4, 31, -1, -5, -5, 0});
  EXPECT_THAT(elements<std::int32_t>(run_like(Opcode::kPower, {base, exponent})),
              ElementsAre(81, kLeast, 0, 1, -1, 1));
}

TEST(Elementwise, FloatsComputeInTheirOwnPrecision) {
  auto big = line({16777216});
  EXPECT_EQ(elements<float>(run_like(Opcode::kAdd, {big, line({1})}))[0], 16777216);
  auto half = tensor<std::uint16_t>(DType::kF16, {1}, {double_to_half(2048)});
  auto one = tensor<std::uint16_t>(DType::kF16, {1}, {double_to_half(1)});
  EXPECT_EQ(run_like(Opcode::kAdd, {half, one}).float_at(0), 2048);
  auto brain = tensor<std::uint16_t>(DType::kBF16, {1}, {double_to_bfloat(3)});
  EXPECT_EQ(run_like(Opcode::kReciprocal, {brain}).float_at(0), 0.333984375);
}

TEST(Elementwise, TotalOrderTellsZerosApartAndPlacesNan) {
  const auto ordered = line({-kNan, -kInfinity, -1.5f, -0.0f, 0.0f, 1e-40f, kInfinity, kNan});
  ASSERT_TRUE(std::signbit(ordered.as<float>()[0]));
  for (std::int64_t i = 0; i < ordered.elements(); ++i) {
    for (std::int64_t j = 0; j < ordered.elements(); ++j) {
      const auto a = line({ordered.as<float>()[static_cast<std::size_t>(i)]});
      const auto b = line({ordered.as<float>()[static_cast<std::size_t>(j)]});
      const auto holds = [&](Comparison comparison) {
        Attributes attributes;
        attributes.comparison = comparison;
        return evaluate(Opcode::kCompare, attributes, std::vector<Literal>{a, b}, {DType::kPred, {1}})
            ->front()
            .int_at(0);
      };
      EXPECT_EQ(holds(Comparison::kTotalLt), i < j) << i << " " << j;
      EXPECT_EQ(holds(Comparison::kTotalLe), i <= j) << i << " " << j;
      EXPECT_EQ(holds(Comparison::kTotalGt), i > j) << i << " " << j;
      EXPECT_EQ(holds(Comparison::kTotalGe), i >= j) << i << " " << j;
      EXPECT_EQ(holds(Comparison::kTotalEq), i == j) << i << " " << j;
      EXPECT_EQ(holds(Comparison::kTotalNe), i != j) << i << " " << j;
    }
  }
}

TEST(Elementwise, FloatCornerCases) {
  auto a = line({1, -1, 0, -7.5f, kInfinity});
  auto b = line({0, 0, 0, 2, 2});
  auto divided = elements<float>(run_like(Opcode::kDivide, {a, b}));
  EXPECT_EQ(divided[0], kInfinity);
  EXPECT_EQ(divided[1], -kInfinity);
  EXPECT_TRUE(std::isnan(divided[2]));
  auto rest = elements<float>(run_like(Opcode::kRemainder, {a, b}));
  EXPECT_TRUE(std::isnan(rest[0]));
  EXPECT_EQ(rest[3], -1.5f);
  EXPECT_TRUE(std::isnan(rest[4]));
  auto signs = elements<float>(run_like(Opcode::kSign, {line({-3, 0, -0.0f, 2, kNan})}));
  EXPECT_EQ(signs[0], -1);
  EXPECT_FALSE(std::signbit(signs[1]));
  EXPECT_TRUE(std::signbit(signs[2]));
  EXPECT_EQ(signs[3], 1);
  EXPECT_TRUE(std::isnan(signs[4]));
}

TEST(Elementwise, EveryNanIsThePositiveQuietOne) {
  auto bits = [](const Literal& x) { return std::bit_cast<std::uint32_t>(x.as<float>()[0]); };
  EXPECT_EQ(bits(run_like(Opcode::kSubtract, {line({kInfinity}), line({kInfinity})})), 0x7fc00000u);
  EXPECT_EQ(bits(run_like(Opcode::kSqrt, {line({-1})})), 0x7fc00000u);
  EXPECT_EQ(bits(run_like(Opcode::kNegate, {line({kNan})})), 0x7fc00000u);
  EXPECT_EQ(bits(run_like(Opcode::kLog, {line({-1})})), 0x7fc00000u);
}

TEST(Elementwise, MaximumAndMinimumPassNanOnAndOrderZeros) {
  auto a = line({1, kNan, 1, 0.0f, -0.0f});
  auto b = line({2, 1, kNan, -0.0f, 0.0f});
  auto most = elements<float>(run_like(Opcode::kMaximum, {a, b}));
  auto least = elements<float>(run_like(Opcode::kMinimum, {a, b}));
  EXPECT_EQ(most[0], 2);
  EXPECT_EQ(least[0], 1);
  for (int i : {1, 2}) EXPECT_TRUE(std::isnan(most[i]) && std::isnan(least[i]));
  for (int i : {3, 4}) EXPECT_TRUE(!std::signbit(most[i]) && std::signbit(least[i]));
}

TEST(Elementwise, ElementaryFunctionsRoundToTheElementType) {
  auto x = line({0.5f, 2, 3});
  auto close = [&](Opcode opcode, double (*f)(double)) {
    auto got = elements<float>(run_like(opcode, {x}));
    for (int i = 0; i < 3; ++i) EXPECT_EQ(got[i], static_cast<float>(f(x.float_at(i))));
  };
  close(Opcode::kExp, std::exp);
  close(Opcode::kExpm1, std::expm1);
  close(Opcode::kLog, std::log);
  close(Opcode::kLog1p, std::log1p);
  close(Opcode::kTanh, std::tanh);
  close(Opcode::kSqrt, std::sqrt);
  close(Opcode::kRsqrt, [](double v) { return 1 / std::sqrt(v); });
  close(Opcode::kReciprocal, [](double v) { return 1 / v; });
  close(Opcode::kLogistic, [](double v) { return 1 / (1 + std::exp(-v)); });
  close(Opcode::kFloor, std::floor);
  close(Opcode::kCeil, std::ceil);
  EXPECT_THAT(elements<float>(run_like(Opcode::kPower, {x, line({2, -1, 3})})), ElementsAre(0.25f, 0.5f, 27));
}

TEST(Elementwise, PredAddsAsOrAndMultipliesAsAnd) {
  auto a = tensor<std::uint8_t>(DType::kPred, {4}, {0, 0, 1, 1});
  auto b = tensor<std::uint8_t>(DType::kPred, {4}, {0, 1, 0, 1});
  EXPECT_THAT(elements<std::uint8_t>(run_like(Opcode::kAdd, {a, b})), ElementsAre(0, 1, 1, 1));
  EXPECT_THAT(elements<std::uint8_t>(run_like(Opcode::kMultiply, {a, b})), ElementsAre(0, 0, 0, 1));
  EXPECT_THAT(elements<std::uint8_t>(run_like(Opcode::kXor, {a, b})), ElementsAre(0, 1, 1, 0));
  EXPECT_THAT(elements<std::uint8_t>(run_like(Opcode::kNot, {a})), ElementsAre(1, 1, 0, 0));
}

TEST(Elementwise, BitwiseOnIntegers) {
  auto a = ints({1}, {12});
  auto b = ints({1}, {10});
  EXPECT_EQ(run_like(Opcode::kAnd, {a, b}).int_at(0), 8);
  EXPECT_EQ(run_like(Opcode::kOr, {a, b}).int_at(0), 14);
  EXPECT_EQ(run_like(Opcode::kXor, {a, b}).int_at(0), 6);
  EXPECT_EQ(run_like(Opcode::kNot, {a}).int_at(0), -13);
}

TEST(Elementwise, RefusesAnElementTypeWithoutMeaningAndNamesTheOperation) {
  auto refused = evaluate(Opcode::kExp, {}, std::vector{ints({1}, {1})}, {DType::kS32, {1}});
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().code, ErrorCode::kUnsupported);
  EXPECT_THAT(refused.error().message(), testing::HasSubstr("exponential"));
  EXPECT_FALSE(evaluate(Opcode::kAnd, {}, std::vector{line({1}), line({1})}, {DType::kF32, {1}}));
}

TEST(Elementwise, ComparesWithNanAsXla) {
  auto a = line({1, 2, kNan});
  auto b = line({2, 2, kNan});
  auto compare = [&](Comparison comparison) {
    return elements<std::uint8_t>(
        run(Opcode::kCompare, {a, b}, {DType::kPred, {3}}, {.comparison = comparison}));
  };
  EXPECT_THAT(compare(Comparison::kEq), ElementsAre(0, 1, 0));
  EXPECT_THAT(compare(Comparison::kNe), ElementsAre(1, 0, 1));
  EXPECT_THAT(compare(Comparison::kLt), ElementsAre(1, 0, 0));
  EXPECT_THAT(compare(Comparison::kLe), ElementsAre(1, 1, 0));
  EXPECT_THAT(compare(Comparison::kGt), ElementsAre(0, 0, 0));
  EXPECT_THAT(compare(Comparison::kGe), ElementsAre(0, 1, 0));
}

TEST(Elementwise, UnsignedCompareIsUnsigned) {
  auto a = tensor<std::uint32_t>(DType::kU32, {1}, {0xffffffff});
  auto b = tensor<std::uint32_t>(DType::kU32, {1}, {1});
  EXPECT_EQ(run(Opcode::kCompare, {a, b}, {DType::kPred, {1}}, {.comparison = Comparison::kGt}).int_at(0), 1);
}

TEST(Elementwise, FloatsConvertTowardsZeroAndSaturate) {
  auto x = line({1.9f, -1.9f, 3e9f, -3e9f, kNan, kInfinity});
  auto to = [&](DType dtype) { return run(Opcode::kConvert, {x}, {dtype, {6}}, {.dtype = dtype}); };
  EXPECT_THAT(elements<std::int32_t>(to(DType::kS32)), ElementsAre(1, -1, 2147483647, kLeast, 0, 2147483647));
  EXPECT_THAT(elements<std::uint8_t>(to(DType::kU8)), ElementsAre(1, 0, 255, 0, 0, 255));
  EXPECT_EQ(to(DType::kU64).as<std::uint64_t>()[5], ~0ull);
  EXPECT_THAT(elements<std::uint8_t>(to(DType::kPred)), ElementsAre(1, 1, 1, 1, 1, 1));
}

TEST(Elementwise, IntegersConvertByWrapping) {
  auto x = ints({4}, {300, -1, 0, 65536});
  auto to = [&](DType dtype) { return run(Opcode::kConvert, {x}, {dtype, {4}}, {.dtype = dtype}); };
  EXPECT_THAT(elements<std::uint8_t>(to(DType::kU8)), ElementsAre(44, 255, 0, 0));
  EXPECT_THAT(elements<std::uint64_t>(to(DType::kU64)), ElementsAre(300, ~0ull, 0, 65536));
  EXPECT_THAT(elements<std::uint8_t>(to(DType::kPred)), ElementsAre(1, 1, 0, 1));
  EXPECT_THAT(elements<float>(to(DType::kF32)), ElementsAre(300, -1, 0, 65536));
  EXPECT_EQ(to(DType::kF16).float_at(3), kInfinity);
  auto huge = tensor<std::uint64_t>(DType::kU64, {1}, {~0ull});
  EXPECT_EQ(run(Opcode::kConvert, {huge}, {DType::kF64, {1}}).float_at(0), 0x1p64);
}

TEST(Elementwise, SelectsByAScalarOrByElement) {
  auto a = line({1, 2});
  auto b = line({3, 4});
  auto by_element = tensor<std::uint8_t>(DType::kPred, {2}, {0, 1});
  EXPECT_THAT(elements<float>(run(Opcode::kSelect, {by_element, a, b}, a.type())), ElementsAre(3, 2));
  auto yes = Literal::scalar<std::uint8_t>(DType::kPred, 1);
  EXPECT_THAT(elements<float>(run(Opcode::kSelect, {yes, a, b}, a.type())), ElementsAre(1, 2));
}

TEST(Elementwise, ClampsByScalarsOrByElement) {
  auto x = ints({3}, {-5, 3, 9});
  auto low = Literal::scalar<std::int32_t>(DType::kS32, 0);
  auto high = ints({3}, {4, 2, 7});
  EXPECT_THAT(elements<std::int32_t>(run(Opcode::kClamp, {low, x, high}, x.type())), ElementsAre(0, 2, 7));
}

TEST(Elementwise, EmptyTensorsStayEmpty) {
  auto empty = floats({2, 0}, {});
  EXPECT_EQ(run_like(Opcode::kExp, {empty}).elements(), 0);
  EXPECT_EQ(run_like(Opcode::kAdd, {empty, empty}).elements(), 0);
  EXPECT_EQ(run(Opcode::kConvert, {empty}, {DType::kS8, {2, 0}}).elements(), 0);
}

}  // namespace
}  // namespace spud::ops::plain
