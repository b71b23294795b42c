// SPDX-License-Identifier: Apache-2.0
// Operations on secret integers of every width, on the edges of their types: exactly what plain evaluation
// gives.
#include <set>

#include "tests/contract/operations.hpp"

namespace spud::contract {
namespace {

class Integers : public Operations {};
std::vector<Machinery> few_machineries() {
  return {{ProtocolKind::kRef2k, 2, {64, 18}},
          {ProtocolKind::kSemi2k, 2, {64, 18}},
          {ProtocolKind::kSemi2k, 3, {64, 18}}};
}
INSTANTIATE_TEST_SUITE_P(Devices, Integers, testing::ValuesIn(few_machineries()), name_of_machinery);

constexpr DType kTypes[] = {DType::kS8, DType::kS16, DType::kS32, DType::kS64,
                            DType::kU8, DType::kU16, DType::kU32, DType::kU64};

std::int64_t in_type(DType dtype, std::uint64_t x) {
  Literal one(TensorType{dtype, {}});
  one.set_int(0, static_cast<std::int64_t>(x));
  return one.int_at(0);
}
std::vector<std::int64_t> distinct(DType dtype, const std::vector<std::uint64_t>& x) {
  std::set<std::int64_t> out;
  for (auto v : x) out.insert(in_type(dtype, v));
  return {out.begin(), out.end()};
}
/// 0, ±1, both ends and every power of two, and their neighbours.
std::vector<std::int64_t> all_edges(DType dtype) {
  std::vector<std::uint64_t> x{0, 1, ~std::uint64_t{0}, 10, 100, 0x5555555555555555ull};
  for (unsigned i = 0; i < bit_width(dtype); ++i) {
    const std::uint64_t power = std::uint64_t{1} << i;
    x.insert(x.end(), {power, power - 1, power + 1, -power});
  }
  return distinct(dtype, x);
}
std::vector<std::int64_t> few_edges(DType dtype) {
  const std::uint64_t top = std::uint64_t{1} << (bit_width(dtype) - 1);
  return distinct(dtype, {0, 1, 2, 3, 7, 10, 100, ~0ull, ~0ull - 1, ~0ull - 6, top, top - 1, top + 1,
                          top >> 1, top >> 4, (top >> 4) + 5, 0x5555555555555555ull});
}
std::pair<Literal, Literal> pairs(DType dtype, const std::vector<std::int64_t>& left,
                                  const std::vector<std::int64_t>& right) {
  std::vector<std::int64_t> a, b;
  for (auto x : left) {
    for (auto y : right) {
      a.push_back(x);
      b.push_back(y);
    }
  }
  return {integers(dtype, a), integers(dtype, b)};
}

TEST_P(Integers, WrapAtTheirOwnWidth) {
  for (DType dtype : kTypes) {
    const auto [a, b] = pairs(dtype, few_edges(dtype), few_edges(dtype));
    for (Opcode opcode :
         {Opcode::kAdd, Opcode::kSubtract, Opcode::kMultiply, Opcode::kMaximum, Opcode::kMinimum})
      expect_same_type(opcode, {a, b});
    const Literal x = integers(dtype, all_edges(dtype));
    for (Opcode opcode : {Opcode::kNegate, Opcode::kAbs, Opcode::kSign, Opcode::kNot})
      expect_same_type(opcode, {x});
  }
}

TEST_P(Integers, SumsAndProductsWrapAtTheirOwnWidth) {
  for (DType dtype : kTypes) {
    const auto edges = few_edges(dtype);
    const Literal x = integers(dtype, edges), start = integers(dtype, {edges.back()}, {});
    for (auto reducer : {ops::Reducer::kAdd, ops::Reducer::kMultiply, ops::Reducer::kMaximum,
                         ops::Reducer::kMinimum, ops::Reducer::kAnd, ops::Reducer::kOr}) {
      SCOPED_TRACE(to_string(reducer));
      Attributes attributes;
      attributes.dimensions = {0};
      attributes.reducer = reducer;
      expect_plain(Opcode::kReduce, {x, start}, {dtype, {}}, attributes);
    }
    Attributes dot;
    dot.dot.lhs_contracting = dot.dot.rhs_contracting = {0};
    expect_plain(Opcode::kDot, {x, x}, {dtype, {}}, dot);
  }
}

TEST_P(Integers, CompareInTheirOwnWidth) {
  for (DType dtype : {DType::kS8, DType::kU8, DType::kU16, DType::kS16}) {
    const auto [a, b] = pairs(dtype, few_edges(dtype), few_edges(dtype));
    for (auto comparison : {ops::Comparison::kLt, ops::Comparison::kGe, ops::Comparison::kEq}) {
      Attributes attributes;
      attributes.comparison = comparison;
      expect_plain(Opcode::kCompare, {a, b}, {DType::kPred, a.shape()}, attributes);
    }
  }
}

TEST_P(Integers, LogicOfBits) {
  for (DType dtype : kTypes) {
    const auto [a, b] = pairs(dtype, few_edges(dtype), few_edges(dtype));
    for (Opcode opcode : {Opcode::kAnd, Opcode::kOr, Opcode::kXor}) expect_same_type(opcode, {a, b});
  }
}

TEST_P(Integers, LogicWithOnePublicMask) {
  for (DType dtype : kTypes) {
    const auto edges = few_edges(dtype);
    for (auto mask : all_edges(dtype)) {
      SCOPED_TRACE(mask);
      const Literal x = integers(dtype, edges),
                    m = integers(dtype, std::vector<std::int64_t>(edges.size(), mask));
      for (Opcode opcode : {Opcode::kAnd, Opcode::kOr, Opcode::kXor})
        expect_plain(opcode, {x, m}, x.type(), {}, {}, 1);
    }
  }
}

TEST_P(Integers, CountsOfBits) {
  for (DType dtype : kTypes) {
    const Literal x = integers(dtype, all_edges(dtype));
    for (Opcode opcode : {Opcode::kPopcnt, Opcode::kClz}) expect_same_type(opcode, {x});
  }
}

constexpr Opcode kShifts[] = {Opcode::kShiftLeft, Opcode::kShiftRightLogical, Opcode::kShiftRightArithmetic};

TEST_P(Integers, ShiftsByPlacesThatDiffer) {
  for (DType dtype : kTypes) {
    const auto w = static_cast<std::int64_t>(bit_width(dtype));
    const auto [a, b] =
        pairs(dtype, few_edges(dtype), {0, 1, 3, w - 2, w - 1, w, w + 1, in_type(dtype, ~0ull)});
    for (Opcode opcode : kShifts) expect_same_type(opcode, {a, b});
  }
}

TEST_P(Integers, ShiftsByOnePublicNumberOfPlaces) {
  for (DType dtype : kTypes) {
    const auto w = static_cast<std::int64_t>(bit_width(dtype));
    const auto edges = few_edges(dtype);
    const Literal x = integers(dtype, edges);
    for (std::int64_t places :
         {std::int64_t{0}, std::int64_t{1}, std::int64_t{5}, w - 1, w, in_type(dtype, ~0ull)}) {
      const Literal by = integers(dtype, std::vector<std::int64_t>(edges.size(), places));
      for (Opcode opcode : kShifts) expect_plain(opcode, {x, by}, x.type(), {}, {}, 1);
    }
  }
}

TEST_P(Integers, QuotientsAndRemaindersAreExact) {
  for (DType dtype : kTypes) {
    const auto [a, b] = pairs(dtype, few_edges(dtype), few_edges(dtype));
    for (Opcode opcode : {Opcode::kDivide, Opcode::kRemainder}) expect_same_type(opcode, {a, b});
    const auto [c, d] = pairs(dtype, all_edges(dtype), {all_edges(dtype)});
    auto some = [](const Literal& x, DType type) {
      std::vector<std::int64_t> out;
      for (std::int64_t i = 0; i < x.elements(); i += 7) out.push_back(x.int_at(i));
      return integers(type, out);
    };
    for (Opcode opcode : {Opcode::kDivide, Opcode::kRemainder})
      expect_same_type(opcode, {some(c, dtype), some(d, dtype)});
  }
}

TEST_P(Integers, QuotientsAndRemaindersOfRandomNumbers) {
  std::mt19937_64 rng(7);
  for (DType dtype : kTypes) {
    std::vector<std::int64_t> a, b;
    for (int i = 0; i < 1500; ++i) {
      const unsigned shift = static_cast<unsigned>(rng() % bit_width(dtype));
      const std::uint64_t d = (rng() & (~0ull >> (64 - bit_width(dtype)))) >> shift;
      std::uint64_t n = rng();
      // Next to a multiple, where a quotient is off first.
      if (i % 3 == 0 && d != 0)
        n = (n & (~0ull >> (64 - bit_width(dtype)))) / d * d - static_cast<std::uint64_t>(i % 2);
      a.push_back(in_type(dtype, n));
      b.push_back(in_type(dtype, i % 2 == 0 ? d : 0 - d));
    }
    for (Opcode opcode : {Opcode::kDivide, Opcode::kRemainder})
      expect_same_type(opcode, {integers(dtype, a), integers(dtype, b)});
  }
}

TEST_P(Integers, QuotientsByPublicNumbers) {
  for (DType dtype : kTypes) {
    const auto edges = all_edges(dtype);
    for (auto by : all_edges(dtype)) {
      SCOPED_TRACE(by);
      const Literal x = integers(dtype, edges),
                    d = integers(dtype, std::vector<std::int64_t>(edges.size(), by));
      for (Opcode opcode : {Opcode::kDivide, Opcode::kRemainder})
        expect_plain(opcode, {x, d}, x.type(), {}, {}, 1);
    }
  }
}

TEST_P(Integers, PowersOfEveryExponent) {
  for (DType dtype : kTypes) {
    std::vector<std::int64_t> exponents{
        0, 1, 2, 3, 7, 31, 100, in_type(dtype, ~0ull), in_type(dtype, ~0ull - 1)};
    const auto [a, b] = pairs(dtype, few_edges(dtype), exponents);
    expect_same_type(Opcode::kPower, {a, b});
    for (auto exponent : exponents) {
      const Literal x = integers(dtype, few_edges(dtype)),
                    e = integers(dtype, std::vector<std::int64_t>(few_edges(dtype).size(), exponent));
      expect_plain(Opcode::kPower, {x, e}, x.type(), {}, {}, 1);
    }
  }
}

TEST_P(Integers, ConvertToEveryWidth) {
  for (DType from : kTypes) {
    const Literal x = integers(from, all_edges(from));
    for (DType to : kTypes) {
      Attributes attributes;
      attributes.dtype = to;
      expect_plain(Opcode::kConvert, {x}, {to, x.shape()}, attributes);
    }
  }
}

TEST_P(Integers, AreReadAsOtherTypes) {
  for (DType from : kTypes) {
    Literal x = integers(from, few_edges(from));
    std::vector<std::int64_t> even = few_edges(from);
    even.resize(16);
    x = integers(from, even);
    for (DType to : kTypes) {
      Attributes attributes;
      attributes.dtype = to;
      const auto wide = static_cast<std::int64_t>(byte_width(from)),
                 narrow = static_cast<std::int64_t>(byte_width(to));
      if (wide >= narrow) {
        Shape shape{16};
        if (wide > narrow) shape.push_back(wide / narrow);
        expect_plain(Opcode::kBitcastConvert, {x}, {to, shape}, attributes);
      } else {
        const std::int64_t parts = narrow / wide;
        expect_plain(Opcode::kBitcastConvert, {x.reshaped({16 / parts, parts})}, {to, {16 / parts}},
                     attributes);
      }
    }
  }
}

TEST_P(Integers, AreNotReadAsFloats) {
  Attributes attributes;
  attributes.dtype = DType::kF32;
  expect_unsupported(Opcode::kBitcastConvert, {integers(DType::kS32, {1})}, {DType::kF32, {1}}, attributes);
  attributes.dtype = DType::kS32;
  expect_unsupported(Opcode::kBitcastConvert, {reals({1})}, {DType::kS32, {1}}, attributes);
}

class Conversions : public Operations {};
INSTANTIATE_TEST_SUITE_P(Devices, Conversions, testing::ValuesIn(machineries()), name_of_machinery);

/// Floats of which the device holds every one: multiples of 1/256 up to a quarter of its ring.
TEST_P(Conversions, OfFloatsAreHeldAtTheEndsOfTheType) {
  const auto& format = GetParam().format;
  std::vector<double> x{0, 0.25, -0.25, 1, -1, 1.75, -1.75, 100.5, -100.5};
  for (unsigned i : {7u, 8u, 15u, 16u, 21u, 31u, 32u, 43u, 63u, 64u}) {
    if (i >= format.ring_bits - 2 - format.fraction_bits) continue;
    for (double by : {0.0, 1.0, -1.0, 0.5, -0.5, 1.25})
      x.insert(x.end(),
               {std::ldexp(1.0, static_cast<int>(i)) + by, -std::ldexp(1.0, static_cast<int>(i)) + by});
  }
  const Literal from = reals(x, {-1}, DType::kF64);
  for (DType to : kTypes) {
    Attributes attributes;
    attributes.dtype = to;
    expect_plain(Opcode::kConvert, {from}, {to, from.shape()}, attributes);
  }
}

/// Beyond what the device holds, as public numbers are encoded: held at a quarter of its ring.
TEST_P(Conversions, ToFloatsAreHeldAtAQuarterOfTheRing) {
  const auto& format = GetParam().format;
  const double end = std::ldexp(1.0, static_cast<int>(format.ring_bits - 2 - format.fraction_bits));
  for (DType from : kTypes) {
    const Literal x = integers(from, all_edges(from));
    Attributes attributes;
    attributes.dtype = DType::kF64;
    Literal want =
        ops::plain::evaluate(Opcode::kConvert, attributes, std::vector<Literal>{x}, {DType::kF64, x.shape()})
            ->at(0);
    Literal held(want.type());
    for (std::int64_t i = 0; i < want.elements(); ++i)
      held.set_float(i, std::clamp(want.float_at(i), -end, end));
    auto got = perform(GetParam(), Opcode::kConvert, attributes, {x}, {true}, held.type());
    ASSERT_TRUE(got.has_value()) << got.error().message();
    SCOPED_TRACE(to_string(from));
    expect_near(got->result, held, {});
  }
}

}  // namespace
}  // namespace spud::contract
