// SPDX-License-Identifier: Apache-2.0
// Element-wise operations of ops/machine.hpp on every mix of public and secret operands.
#include "tests/contract/operations.hpp"

namespace spud::contract {
namespace {

constexpr std::int64_t kS32Low = INT32_MIN, kS32High = INT32_MAX, kS64Low = INT64_MIN, kS64High = INT64_MAX;

class Elementwise : public Operations {};
INSTANTIATE_TEST_SUITE_P(Devices, Elementwise, testing::ValuesIn(machineries()), name_of_machinery);

TensorType pred_like(const Literal& x) {
  return {DType::kPred, x.shape()};
}

/// Two equally long integer tensors with every pair of the type's edges.
std::pair<Literal, Literal> edge_pairs(DType dtype) {
  std::vector<std::int64_t> edges{0, 1, 2, 5};
  switch (dtype) {
    case DType::kS32:
      edges.insert(edges.end(), {-1, -2, kS32Low, kS32Low + 1, kS32High, 1 << 30});
      break;
    case DType::kU32:
      edges.insert(edges.end(), {0xffffffff, 0x80000000, 0x7fffffff, 0xfffffffe});
      break;
    case DType::kS64:
      edges.insert(edges.end(), {-1, -2, kS64Low, kS64Low + 1, kS64High, 1ll << 40});
      break;
    case DType::kU64:
      edges.insert(edges.end(), {-1, kS64Low, kS64High, -2});
      break;  // as s64 would wrap
    default:
      break;
  }
  std::vector<std::int64_t> a, b;
  for (auto x : edges) {
    for (auto y : edges) {
      a.push_back(x);
      b.push_back(y);
    }
  }
  return {integers(dtype, a), integers(dtype, b)};
}
constexpr DType kWide[] = {DType::kS32, DType::kU32, DType::kS64, DType::kU64};
constexpr DType kNarrow[] = {DType::kS8, DType::kS16, DType::kU8, DType::kU16};

TEST_P(Elementwise, LocalAndRoundingFunctionsOfFloatsAreExact) {
  const Literal x = reals({0, 1, -1, 0.5, -0.5, 2.25, -2.75, 100, -100, 1 / 256.0, -1 / 256.0, 1.99609375});
  for (Opcode opcode :
       {Opcode::kNegate, Opcode::kAbs, Opcode::kSign, Opcode::kFloor, Opcode::kCeil, Opcode::kPrepare}) {
    expect_same_type(opcode, {x});
    expect_same_type(opcode, {reals({-3.5}, {})});
    expect_same_type(opcode, {reals({}, {0, 4})});
  }
}

TEST_P(Elementwise, FunctionsOfFloatsComeNear) {
  const Literal any = reals({0, 0.5, -0.5, 1, -1, 3.25, -4, 5, -7.5, 1 / 256.0}),
                positive = reals({0.25, 1, 2, 3, 10, 600.5});
  const Slack near{4, 1e-4, 1e-5};
  for (Opcode opcode : {Opcode::kExp, Opcode::kExpm1, Opcode::kTanh, Opcode::kLogistic}) {
    expect_same_type(opcode, {any}, {6, 1e-4, 1e-5});
  }
  for (Opcode opcode : {Opcode::kLog, Opcode::kLog1p, Opcode::kSqrt, Opcode::kRsqrt, Opcode::kReciprocal}) {
    expect_same_type(opcode, {positive}, near);
  }
  expect_same_type(Opcode::kReciprocal, {reals({-0.5, -3, 4})}, near);
}

TEST_P(Elementwise, UnaryFunctionsOfIntegersAreExactToTheEdgesOfTheType) {
  for (DType dtype : kWide) {
    const Literal x = edge_pairs(dtype).first;
    for (Opcode opcode : {Opcode::kNegate, Opcode::kAbs, Opcode::kSign, Opcode::kNot, Opcode::kPrepare})
      expect_same_type(opcode, {x});
  }
  for (DType dtype : {DType::kS8, DType::kS16}) {
    for (Opcode opcode : {Opcode::kNegate, Opcode::kAbs, Opcode::kSign, Opcode::kNot}) {
      expect_same_type(opcode, {integers(dtype, {0, 1, -1, 100, -100})});
    }
  }
  expect_same_type(Opcode::kNot, {preds({0, 1, 1})});
}

TEST_P(Elementwise, SumsAndProductsOfIntegersWrapAsTheirTypeDoes) {
  for (DType dtype : kWide) {
    auto [a, b] = edge_pairs(dtype);
    for (Opcode opcode : {Opcode::kAdd, Opcode::kSubtract, Opcode::kMultiply})
      expect_same_type(opcode, {a, b});
  }
  for (DType dtype : kNarrow) {
    for (Opcode opcode : {Opcode::kAdd, Opcode::kMultiply}) {
      expect_same_type(opcode, {integers(dtype, {0, 5, 7}), integers(dtype, {3, 2, 11})});
    }
  }
}

TEST_P(Elementwise, LargerAndSmallerOfIntegersOverTheWholeType) {
  for (DType dtype : kWide) {
    auto [a, b] = edge_pairs(dtype);
    for (Opcode opcode : {Opcode::kMaximum, Opcode::kMinimum}) expect_same_type(opcode, {a, b});
  }
}

TEST_P(Elementwise, ArithmeticOfFloats) {
  const Literal a = reals({0, 1, -1, 2.5, -3.75, 100, 7, -0.25}),
                b = reals({1, 1, 2, -2.5, 0.5, 3, -100, 16});
  for (Opcode opcode : {Opcode::kAdd, Opcode::kSubtract, Opcode::kMaximum, Opcode::kMinimum}) {
    expect_same_type(opcode, {a, b});
  }
  expect_same_type(Opcode::kMultiply, {a, b}, {1, 0});
  expect_same_type(Opcode::kDivide, {a, b}, {4, 3e-3});
  expect_same_type(Opcode::kAdd, {reals({1.5}, {}), reals({2}, {})});
  expect_same_type(Opcode::kMultiply, {reals({}, {3, 0}), reals({}, {3, 0})});
}

TEST_P(Elementwise, DivisionByPublicNumbersOfAllMagnitudes) {
  if (GetParam().format.ring_bits == 32) return;  // too few bits for these
  const Literal a = reals({1000, -2000, 30000, 0.25}), like = reals({5000, 4000, 7000, 6000}),
                unlike = reals({0.25, 4000, 20000, 1});
  expect_same_type(Opcode::kDivide, {a, like}, {4, 1e-4});
  expect_same_type(Opcode::kDivide, {a, unlike}, {4, 1e-4});
}

TEST_P(Elementwise, LogicOfPreds) {
  const Literal a = preds({0, 0, 1, 1}), b = preds({0, 1, 0, 1});
  for (Opcode opcode : {Opcode::kAnd, Opcode::kOr, Opcode::kXor, Opcode::kMaximum, Opcode::kMinimum,
                        Opcode::kAdd, Opcode::kMultiply}) {
    expect_same_type(opcode, {a, b});
  }
}

constexpr ops::Comparison kComparisons[] = {ops::Comparison::kEq, ops::Comparison::kNe, ops::Comparison::kGe,
                                            ops::Comparison::kGt, ops::Comparison::kLe, ops::Comparison::kLt};

TEST_P(Elementwise, ComparisonsOfEveryType) {
  std::vector<std::pair<Literal, Literal>> pairs;
  for (DType dtype : kWide) pairs.push_back(edge_pairs(dtype));
  pairs.emplace_back(integers(DType::kU8, {0, 200, 200, 7}), integers(DType::kU8, {0, 100, 255, 7}));
  pairs.emplace_back(integers(DType::kS8, {0, -100, 100, 7}), integers(DType::kS8, {0, 100, -100, 7}));
  pairs.emplace_back(reals({0, 1, -1, 2.5, -1000, 1000, 1 / 256.0}),
                     reals({0, 1.5, -1, -2.5, 1000, -1000, 0}));
  pairs.emplace_back(preds({0, 0, 1, 1}), preds({0, 1, 0, 1}));
  for (const auto& [a, b] : pairs) {
    for (auto comparison : kComparisons) {
      SCOPED_TRACE(to_string(comparison));
      Attributes attributes;
      attributes.comparison = comparison;
      expect_plain(Opcode::kCompare, {a, b}, pred_like(a), attributes);
    }
  }
}

TEST_P(Elementwise, ComparisonsWithInfinity) {
  Attributes less;
  less.comparison = ops::Comparison::kLt;
  const Literal x = reals({-1000, 0, 1000}), infinity = reals({HUGE_VAL, HUGE_VAL, -HUGE_VAL});
  auto got = perform(GetParam(), Opcode::kCompare, less, {x, infinity}, {true, false}, pred_like(x));
  ASSERT_TRUE(got.has_value()) << got.error().message();
  expect_near(got->result, preds({1, 1, 0}), {});
}

TEST_P(Elementwise, SelectionsOfEveryTypeByTensorsAndScalars) {
  const Literal which = preds({1, 0, 0, 1}), yes = preds({1}, {}), no = preds({0}, {});
  const std::vector<std::pair<Literal, Literal>> choices{
      {reals({1.5, -2, 100, 0}), reals({-7, 0.25, 3, 9})},
      {integers(DType::kS32, {kS32Low, 1, -1, kS32High}), integers(DType::kS32, {kS32High, 0, 7, kS32Low})},
      {integers(DType::kU64, {-1, 1, 2, kS64Low}), integers(DType::kU64, {0, kS64High, 3, 4})},
      {preds({0, 1, 0, 1}), preds({1, 1, 0, 0})}};
  for (const auto& [a, b] : choices) {
    for (const auto& condition : {which, yes, no}) expect_plain(Opcode::kSelect, {condition, a, b}, a.type());
  }
}

TEST_P(Elementwise, ClampsToTensorsAndScalars) {
  const Literal x = reals({-5, -1, 0, 0.5, 2, 99});
  expect_plain(Opcode::kClamp, {reals({-1}, {}), x, reals({1.5}, {})}, x.type());
  expect_plain(Opcode::kClamp, {reals({-9, 0, 0, 0, 0, 0}), x, reals({-8, 1, 1, 1, 1, 1})}, x.type());
  const Literal n = integers(DType::kU32, {0, 5, 0x80000000, 0xffffffff});
  expect_plain(Opcode::kClamp, {integers(DType::kU32, {4}, {}), n, integers(DType::kU32, {0xfffffff0}, {})},
               n.type());
}

TEST_P(Elementwise, ConversionsBetweenAllSupportedTypes) {
  const DType types[] = {DType::kPred, DType::kS8,  DType::kS16, DType::kS32, DType::kS64,
                         DType::kU8,   DType::kU16, DType::kU32, DType::kU64, DType::kF16,
                         DType::kBF16, DType::kF32, DType::kF64};
  for (DType from : types) {
    Literal x = is_float(from)         ? reals({0, 1, 2.75, 100, 0.25, 7.5}, {6}, from)
                : from == DType::kPred ? preds({0, 1, 1, 0})
                                       : integers(from, {0, 1, 2, 100, 7});
    const bool negative = is_float(from) || is_signed(from);
    for (DType to : types) {
      Attributes attributes;
      attributes.dtype = to;
      expect_plain(Opcode::kConvert, {x}, {to, x.shape()}, attributes);
      if (!negative) continue;
      Literal below =
          is_float(from) ? reals({-1, -2.75, -100, -0.25}, {4}, from) : integers(from, {-1, -100});
      expect_plain(Opcode::kConvert, {below}, {to, below.shape()}, attributes);
    }
  }
}

TEST_P(Elementwise, IntegerConversionsKeepTheEdges) {
  for (DType from : kWide) {
    for (DType to : kWide) {
      const Literal x = edge_pairs(from).first;
      Attributes attributes;
      attributes.dtype = to;
      expect_plain(Opcode::kConvert, {x}, {to, x.shape()}, attributes);
    }
  }
}

TEST_P(Elementwise, WhatIsNotSupportedIsRefusedByName) {
  const Literal n = integers(DType::kS32, {1, 2, 3}), b = preds({0, 1, 1});
  for (Opcode opcode : {Opcode::kExp, Opcode::kSqrt, Opcode::kFloor})
    expect_unsupported(opcode, {n}, n.type());
  for (Opcode opcode : {Opcode::kSubtract, Opcode::kDivide}) expect_unsupported(opcode, {b, b}, b.type());
  expect_unsupported(Opcode::kNegate, {b}, b.type());
}

TEST_P(Elementwise, NotANumberIsRefusedWhereItMeetsASecret) {
  const Literal x = reals({1, 2}), nan = reals({0, NAN});
  for (Opcode opcode : {Opcode::kAdd, Opcode::kMultiply, Opcode::kMaximum}) {
    auto got = perform(GetParam(), opcode, {}, {x, nan}, {true, false}, x.type());
    ASSERT_FALSE(got.has_value());
    EXPECT_EQ(got.error().code, ErrorCode::kBadInput);
    EXPECT_NE(got.error().message().find(kOrigin), std::string::npos) << got.error().message();
  }
}

TEST_P(Elementwise, ASecretChoiceBesideAPublicNumberTakesOneRound) {
  const Literal x = reals({1.5, -2}), none = reals({0, 0.25}), condition = preds({1, 0});
  for (const auto& [secret, on_true, on_false] :
       {std::tuple(std::vector<bool>{true, true, false}, x, none), {{true, false, true}, none, x}}) {
    auto got = perform(GetParam(), Opcode::kSelect, {}, {condition, on_true, on_false}, secret, x.type());
    ASSERT_TRUE(got.has_value());
    EXPECT_LE(got->traffic.rounds, rounds_of_inputs() + 1);
  }
}

TEST_P(Elementwise, PublicOperandsOpenNothing) {
  auto rounds = [&](Opcode opcode, const Literal& x, const Literal& y) {
    auto got = perform(GetParam(), opcode, {}, {x, y}, {true, false}, x.type());
    EXPECT_TRUE(got.has_value());
    return got ? got->traffic.rounds : 99;
  };
  const Literal n = integers(DType::kS32, {1, 2}), x = reals({1.5, 2});
  for (Opcode opcode : {Opcode::kAdd, Opcode::kSubtract, Opcode::kMultiply}) {
    EXPECT_EQ(rounds(opcode, n, integers(DType::kS32, {7, -9})), rounds_of_inputs()) << to_string(opcode);
    EXPECT_EQ(rounds(opcode, x, reals({3, -8})), rounds_of_inputs()) << to_string(opcode);
  }
  for (Opcode opcode : {Opcode::kAnd, Opcode::kOr, Opcode::kXor}) {
    EXPECT_EQ(rounds(opcode, preds({0, 1}), preds({1, 1})), rounds_of_inputs()) << to_string(opcode);
  }
  // One truncation, however the factor looks.
  EXPECT_LE(rounds(Opcode::kMultiply, x, reals({0.1, 3.7})), rounds_of_inputs() + 1);
  EXPECT_LE(rounds(Opcode::kDivide, x, reals({3, 7})), rounds_of_inputs() + 1);
}

}  // namespace
}  // namespace spud::contract
