// SPDX-License-Identifier: Apache-2.0
// Operations that move, multiply and reduce tensors, on every mix of public and secret operands.
#include "tests/contract/operations.hpp"

namespace spud::contract {
namespace {

class ShapeOperations : public Operations {};
INSTANTIATE_TEST_SUITE_P(Devices, ShapeOperations, testing::ValuesIn(machineries()), name_of_machinery);

constexpr DType kElements[] = {DType::kF32, DType::kS32, DType::kS64, DType::kPred};

Literal start(std::int64_t at, DType dtype = DType::kS32) {
  return integers(dtype, {at}, {});
}

TEST_P(ShapeOperations, Broadcasts) {
  for (DType dtype : kElements) {
    Attributes attributes;
    expect_plain(Opcode::kBroadcast, {ramp(dtype, {})}, {dtype, {2, 3}}, attributes);
    attributes.dimensions = {1};
    expect_plain(Opcode::kBroadcast, {ramp(dtype, {3})}, {dtype, {2, 3, 2}}, attributes);
    attributes.dimensions = {0, 2};
    expect_plain(Opcode::kBroadcast, {ramp(dtype, {2, 3})}, {dtype, {2, 0, 3}}, attributes);
    expect_plain(Opcode::kBroadcast, {ramp(dtype, {2, 3})}, {dtype, {2, 4, 3}}, attributes);
  }
}

TEST_P(ShapeOperations, ReshapesTransposesAndReverses) {
  for (DType dtype : kElements) {
    Attributes attributes;
    const Literal x = ramp(dtype, {2, 3, 4});
    expect_plain(Opcode::kReshape, {x}, {dtype, {4, 6}}, attributes);
    expect_plain(Opcode::kReshape, {ramp(dtype, {1, 1})}, {dtype, {}}, attributes);
    expect_plain(Opcode::kReshape, {ramp(dtype, {0, 3})}, {dtype, {5, 0}}, attributes);
    attributes.dimensions = {2, 0, 1};
    expect_plain(Opcode::kTranspose, {x}, {dtype, {4, 2, 3}}, attributes);
    attributes.dimensions = {0, 2};
    expect_plain(Opcode::kReverse, {x}, x.type(), attributes);
    attributes.dimensions = {};
    expect_plain(Opcode::kReverse, {x}, x.type(), attributes);
  }
}

TEST_P(ShapeOperations, SlicesAndConcatenations) {
  for (DType dtype : kElements) {
    Attributes slice;
    slice.start = {1, 0};
    slice.limit = {5, 7};
    slice.stride = {2, 3};
    expect_plain(Opcode::kSlice, {ramp(dtype, {6, 7})}, {dtype, {2, 3}}, slice);
    slice.limit = {1, 7};
    expect_plain(Opcode::kSlice, {ramp(dtype, {6, 7})}, {dtype, {0, 3}}, slice);
    Attributes along;
    along.dimensions = {1};
    expect_plain(Opcode::kConcatenate, {ramp(dtype, {2, 1}), ramp(dtype, {2, 3}, 40), ramp(dtype, {2, 0})},
                 {dtype, {2, 4}}, along);
  }
}

TEST_P(ShapeOperations, PaddingWithInteriorNegativeEdgesAndAnyValue) {
  for (DType dtype : kElements) {
    const Literal x = ramp(dtype, {3, 4}),
                  value = dtype == DType::kPred ? preds({1}, {}) : ramp(dtype, {}, 9);
    Attributes pad;
    pad.low = {1, 0};
    pad.high = {2, 1};
    pad.interior = {0, 2};
    expect_plain(Opcode::kPad, {x, value}, {dtype, {6, 11}}, pad);
    pad.low = {-1, 2};
    pad.high = {0, -1};
    pad.interior = {0, 0};
    expect_plain(Opcode::kPad, {x, value}, {dtype, {2, 5}}, pad);
    pad.low = {-2, -1};
    pad.high = {1, -3};
    pad.interior = {1, 3};
    expect_plain(Opcode::kPad, {x, value}, {dtype, {4, 9}}, pad);
    pad.low = {2, 0};
    pad.high = {0, 0};
    pad.interior = {0, 0};
    expect_plain(Opcode::kPad, {ramp(dtype, {0, 2}), value}, {dtype, {2, 2}}, pad);
  }
}

TEST_P(ShapeOperations, DynamicSlicesClampTheirStarts) {
  for (DType dtype : kElements) {
    const Literal x = ramp(dtype, {5, 4});
    Attributes sizes;
    sizes.sizes = {2, 3};
    for (auto [row, column] : {std::pair{0, 0}, {1, 1}, {-7, 0}, {4, 3}, {INT32_MAX, INT32_MIN}}) {
      expect_plain(Opcode::kDynamicSlice, {x, start(row), start(column)}, {dtype, {2, 3}}, sizes, {}, 1);
      expect_plain(Opcode::kDynamicUpdateSlice, {x, ramp(dtype, {2, 3}, 50), start(row), start(column)},
                   x.type(), {}, {}, 2);
    }
    expect_plain(Opcode::kDynamicSlice, {x, start(-1, DType::kU64), start(2, DType::kU8)}, {dtype, {2, 3}},
                 sizes, {}, 1);
    expect_plain(Opcode::kDynamicUpdateSlice, {x, ramp(dtype, {0, 4}), start(1), start(0)}, x.type(), {}, {},
                 2);
  }
}

TEST_P(ShapeOperations, SecretStartsAreRefusedByName) {
  Attributes sizes;
  sizes.sizes = {2};
  expect_unsupported(Opcode::kDynamicSlice, {ramp(DType::kF32, {5}), start(1)}, {DType::kF32, {2}}, sizes);
  expect_unsupported(Opcode::kDynamicUpdateSlice, {ramp(DType::kF32, {5}), ramp(DType::kF32, {2}), start(1)},
                     {DType::kF32, {5}});
}

struct DotCase {
  Shape left, right, result;
  ops::DotDimensions dimensions;
};
const std::vector<DotCase>& dot_cases() {
  static const std::vector<DotCase> cases{
      {{3, 4}, {4, 2}, {3, 2}, {{1}, {0}, {}, {}}},
      {{4}, {4}, {}, {{0}, {0}, {}, {}}},
      {{4, 3}, {2, 4}, {3, 2}, {{0}, {1}, {}, {}}},
      {{2}, {3}, {2, 3}, {}},                                               // outer product
      {{4, 2, 3}, {2, 5, 3}, {3, 2, 4, 5}, {{}, {}, {2, 1}, {2, 0}}},       // batch only
      {{3, 4, 2}, {2, 3, 4}, {4, 2, 2}, {{0}, {1}, {1}, {2}}},              // batch in the middle and last
      {{2, 3, 4, 2}, {4, 2, 3, 2}, {2, 2, 2}, {{1, 2}, {2, 0}, {3}, {3}}},  // two contracted
      {{2, 0}, {0, 3}, {2, 3}, {{1}, {0}, {}, {}}},                         // nothing to sum
      {{0, 4}, {4, 3}, {0, 3}, {{1}, {0}, {}, {}}},
      {{0, 2, 3}, {0, 3, 1}, {0, 2, 1}, {{2}, {1}, {0}, {0}}}};
  return cases;
}

TEST_P(ShapeOperations, DotsWithBatchesAnywhere) {
  for (const auto& c : dot_cases()) {
    Attributes attributes;
    attributes.dot = c.dimensions;
    for (DType dtype : {DType::kS32, DType::kU32, DType::kS64}) {
      expect_plain(Opcode::kDot, {ramp(dtype, c.left), ramp(dtype, c.right)}, {dtype, c.result}, attributes);
    }
    expect_plain(Opcode::kDot, {ramp(DType::kF32, c.left), ramp(DType::kF32, c.right)},
                 {DType::kF32, c.result}, attributes, {2, 1e-6});
  }
}

TEST_P(ShapeOperations, IntegerDotsWrap) {
  Attributes attributes;
  attributes.dot = {{1}, {0}, {}, {}};
  const Literal a = integers(DType::kS32, {INT32_MAX, 2, INT32_MIN, 3}, {2, 2}),
                b = integers(DType::kS32, {INT32_MAX, 5, -7, INT32_MIN}, {2, 2});
  expect_plain(Opcode::kDot, {a, b}, a.type(), attributes);
}

TEST_P(ShapeOperations, DotsOfPredsAreRefusedByName) {
  Attributes attributes;
  attributes.dot = {{0}, {0}, {}, {}};
  expect_unsupported(Opcode::kDot, {preds({1, 0}), preds({1, 1})}, {DType::kPred, {}}, attributes);
}

struct ReduceCase {
  ops::Reducer reducer;
  double neutral, other;
};

/// Products of many of these stay small.
Literal near_one(const Shape& shape) {
  Literal out(TensorType{DType::kF32, shape});
  for (std::int64_t i = 0; i < out.elements(); ++i)
    out.set_float(i, (i % 2 == 0 ? 0.75 : -1.25) + 0.125 * (i % 3));
  return out;
}

/// The ends of each type, which a maximum or minimum leaves out, and others.
const std::vector<std::pair<DType, std::vector<std::int64_t>>>& integer_initials() {
  static const std::vector<std::pair<DType, std::vector<std::int64_t>>> initials{
      {DType::kS32, {0, INT32_MIN, INT32_MAX}}, {DType::kU32, {0, -1}}, {DType::kS64, {1, INT64_MIN}}};
  return initials;
}

TEST_P(ShapeOperations, ReductionsOfOddLengthsAndSeveralDimensions) {
  const std::vector<std::pair<Shape, std::vector<std::int64_t>>> shapes{
      {{7}, {0}},          {{1}, {0}},  {{5, 3}, {0}}, {{5, 3}, {1}}, {{3, 2, 3}, {0, 2}},
      {{3, 2, 3}, {2, 0}}, {{21}, {0}}, {{2, 3}, {}},  {{0, 3}, {0}}, {{3, 0}, {0}}};
  for (const auto& [shape, dimensions] : shapes) {
    Shape kept;
    for (std::size_t d = 0; d < shape.size(); ++d) {
      if (std::find(dimensions.begin(), dimensions.end(), static_cast<std::int64_t>(d)) == dimensions.end()) {
        kept.push_back(shape[d]);
      }
    }
    Attributes attributes;
    attributes.dimensions = dimensions;
    for (auto c : {ReduceCase{ops::Reducer::kAdd, 0, 5},
                   {ops::Reducer::kMultiply, 1, 3},
                   {ops::Reducer::kMaximum, -HUGE_VAL, 1},
                   {ops::Reducer::kMinimum, HUGE_VAL, -1}}) {
      attributes.reducer = c.reducer;
      SCOPED_TRACE(to_string(c.reducer));
      const Literal x = near_one(shape);
      expect_plain(Opcode::kReduce, {x, reals({c.other}, {})}, {DType::kF32, kept}, attributes, {64, 1e-4});
      // The neutral value, where there is something to reduce: an infinity alone has no fixed-point value.
      if (x.elements() > 0) {
        auto got = perform(GetParam(), Opcode::kReduce, attributes, {x, reals({c.neutral}, {})},
                           {true, false}, {DType::kF32, kept});
        ASSERT_TRUE(got.has_value()) << got.error().message();
        auto want = ops::plain::evaluate(Opcode::kReduce, attributes, std::vector{x, reals({c.neutral}, {})},
                                         {DType::kF32, kept});
        expect_near(got->result, want->at(0), {64, 1e-4});
      }
      for (const auto& [dtype, initials] : integer_initials()) {
        for (std::int64_t initial : initials) {
          expect_plain(Opcode::kReduce, {ramp(dtype, shape, -5), integers(dtype, {initial}, {})},
                       {dtype, kept}, attributes);
        }
      }
    }
    for (auto reducer : {ops::Reducer::kAnd, ops::Reducer::kOr}) {
      attributes.reducer = reducer;
      for (std::int64_t initial : {0, 1}) {
        expect_plain(Opcode::kReduce, {ramp(DType::kPred, shape), preds({initial}, {})}, {DType::kPred, kept},
                     attributes);
      }
    }
  }
}

TEST_P(ShapeOperations, FewNumbersAreReducedInOneWideStep) {
  if (GetParam().kind != ProtocolKind::kSemi2k) return;
  Attributes attributes;
  attributes.dimensions = {0};
  auto rounds = [&](ops::Reducer reducer, const Literal& x, const Literal& initial) {
    attributes.reducer = reducer;
    auto got = perform(GetParam(), Opcode::kReduce, attributes, {x, initial}, {true, false}, {x.dtype(), {}});
    EXPECT_TRUE(got.has_value());
    return got ? got->traffic.rounds : 99;
  };
  EXPECT_EQ(rounds(ops::Reducer::kMaximum, ramp(DType::kF32, {8}), reals({-HUGE_VAL}, {})), 5u);
  EXPECT_EQ(rounds(ops::Reducer::kMinimum, ramp(DType::kF32, {7}), reals({1}, {})), 5u);
  EXPECT_EQ(rounds(ops::Reducer::kMaximum, ramp(DType::kS32, {8}), integers(DType::kS32, {INT32_MIN}, {})),
            6u);
  EXPECT_EQ(rounds(ops::Reducer::kAnd, ramp(DType::kPred, {16}), preds({1}, {})), 2u);
  EXPECT_EQ(rounds(ops::Reducer::kOr, ramp(DType::kPred, {4}), preds({1}, {})), 1u);
}

TEST_P(ShapeOperations, MovingASecretOpensNothing) {
  Attributes attributes;
  attributes.dimensions = {1, 0};
  auto got = perform(GetParam(), Opcode::kTranspose, attributes, {ramp(DType::kF32, {2, 3})}, {true},
                     {DType::kF32, {3, 2}});
  ASSERT_TRUE(got.has_value());
  EXPECT_EQ(got->traffic.rounds, rounds_of_inputs());
  attributes.dimensions = {0};
  attributes.reducer = ops::Reducer::kAdd;
  got = perform(GetParam(), Opcode::kReduce, attributes, {ramp(DType::kF32, {5}), reals({0}, {})},
                {true, false}, {DType::kF32, {}});
  ASSERT_TRUE(got.has_value());
  EXPECT_EQ(got->traffic.rounds, rounds_of_inputs());
}

}  // namespace
}  // namespace spud::contract
