// SPDX-License-Identifier: Apache-2.0
#include "compiler/passes/ranges.hpp"

#include <limits>

#include <gmock/gmock.h>

#include "compiler/passes/constants.hpp"
#include "ir/builder.hpp"
#include "ir/print.hpp"
#include "ir/verify.hpp"

namespace spud::compiler {
namespace {

using ir::ValueId;
using ir::ValueInfo;
using ir::Visibility;
using ops::Opcode;

ValueInfo secret(DType dtype, Shape shape = {4}) {
  return {{dtype, std::move(shape)}, Visibility::kSecret};
}
ValueInfo open(DType dtype, Shape shape = {4}) {
  return {{dtype, std::move(shape)}, Visibility::kPublic};
}
const ValueInfo kX = secret(DType::kF32);
const ValueInfo kBits = secret(DType::kPred);

ops::Attributes to(DType dtype) {
  ops::Attributes attributes;
  attributes.dtype = dtype;
  return attributes;
}
ops::Attributes by(ops::Reducer reducer) {
  ops::Attributes attributes;
  attributes.reducer = reducer;
  attributes.dimensions = {0};
  return attributes;
}

/// A region under way; widths are asked of the finished one.
class Program {
 public:
  explicit Program(std::vector<ValueInfo> parameters, alu::NumberFormat format = {})
      : parameters_(parameters), builder_(std::move(parameters)), format_(format) {}

  ValueId add(Opcode opcode, std::vector<ValueId> operands, ValueInfo result = kX,
              ops::Attributes attributes = {}) {
    return builder_.add(opcode, std::move(attributes), std::move(operands), std::move(result), "");
  }
  ValueId splat(double value, DType dtype = DType::kF32) {
    Literal scalar(TensorType{dtype, {}});
    is_float(dtype) ? scalar.set_float(0, value) : scalar.set_int(0, static_cast<std::int64_t>(value));
    return add_splat(builder_, scalar, {4}, "");
  }
  ir::RegionBuilder& builder() { return builder_; }

  std::vector<unsigned> widths(std::vector<ValueId> values) {
    ir::Plan plan;
    plan.ring_bits = format_.ring_bits;
    plan.fraction_bits = format_.fraction_bits;
    plan.main = std::move(builder_).finish(values);
    infer_ranges(plan.main, format_);
    for (std::size_t i = 0; i < parameters_.size(); ++i)
      plan.inputs.push_back({"in" + std::to_string(i), plan.main.values[i]});
    auto status = ir::verify(plan);
    EXPECT_TRUE(status) << status.error().message() << "\n" << ir::to_text(plan);
    std::vector<unsigned> out;
    for (auto v : values) out.push_back(plan.main.values[v].signed_bits);
    return out;
  }

 private:
  std::vector<ValueInfo> parameters_;
  ir::RegionBuilder builder_;
  alu::NumberFormat format_;
};

using Widths = std::vector<unsigned>;

TEST(Ranges, StartFromElementTypes) {
  Program p({secret(DType::kS8), secret(DType::kU8), secret(DType::kS16), secret(DType::kU16),
             secret(DType::kS32), secret(DType::kU32), secret(DType::kS64), secret(DType::kF16),
             secret(DType::kF32), kBits, open(DType::kS8)});
  EXPECT_EQ(p.widths({0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10}), (Widths{8, 9, 16, 17, 0, 0, 0, 35, 0, 0, 0}));
}

TEST(Ranges, FollowArithmeticOfIntegersUntilItMayWrap) {
  Program p({secret(DType::kS8), secret(DType::kU8)});
  const ValueInfo word = secret(DType::kS32), bare = secret(DType::kU32);
  auto to = [](DType dtype) {
    ops::Attributes attributes;
    attributes.dtype = dtype;
    return attributes;
  };
  auto x = p.add(Opcode::kConvert, {0}, word, to(DType::kS32));
  auto y = p.add(Opcode::kConvert, {1}, bare, to(DType::kU32));
  auto sum = p.add(Opcode::kAdd, {x, x}, word);
  auto product = p.add(Opcode::kMultiply, {sum, sum}, word);
  auto wide = p.add(Opcode::kMultiply, {product, product}, word);
  auto difference = p.add(Opcode::kSubtract, {y, y}, bare);
  auto total = p.add(Opcode::kReduce,
                     {x, p.add(Opcode::kConstant, {}, open(DType::kS32, {}),
                               [] {
                                 ops::Attributes zero;
                                 zero.literal = Literal(TensorType{DType::kS32, {}});
                                 return zero;
                               }())},
                     secret(DType::kS32, {}), by(ops::Reducer::kAdd));
  // 256² needs 18 bits, its square does not fit 32; below 0 an unsigned number wraps.
  EXPECT_EQ(p.widths({x, y, sum, product, wide, difference, total}), (Widths{8, 9, 9, 18, 0, 0, 10}));
}

TEST(Ranges, OfNarrowIntegersAreTheirTypes) {
  const ValueInfo byte = secret(DType::kS8), bare = secret(DType::kU8);
  Program p({byte, bare});
  auto sum = p.add(Opcode::kAdd, {0, 0}, byte);
  auto difference = p.add(Opcode::kSubtract, {1, 1}, bare);
  auto sign = p.add(Opcode::kSign, {sum}, byte);
  auto signs = p.add(Opcode::kAdd, {sign, sign}, byte);
  EXPECT_EQ(p.widths({sum, difference, sign, signs}), (Widths{8, 9, 2, 3}));
}

TEST(Ranges, KnowWhatBitsAndDivisionsGive) {
  const ValueInfo word = secret(DType::kU32), whole = secret(DType::kS32);
  Program p({word, secret(DType::kU8), whole});
  ops::Attributes to;
  to.dtype = DType::kU32;
  auto x = p.add(Opcode::kConvert, {1}, word, to);
  auto count = p.add(Opcode::kPopcnt, {0}, word);
  auto zeros = p.add(Opcode::kClz, {0}, word);
  auto both = p.add(Opcode::kAnd, {0, x}, word);
  auto either = p.add(Opcode::kXor, {x, count}, word);
  auto left = p.add(Opcode::kShiftLeft, {count, zeros}, word);
  auto right = p.add(Opcode::kShiftRightLogical, {x, zeros}, word);
  auto quotient = p.add(Opcode::kDivide, {x, count}, word);  // by 0 all bits are set
  auto rest = p.add(Opcode::kRemainder, {x, count}, word);
  auto turned = p.add(Opcode::kRemainder, {2, 2}, whole);
  EXPECT_EQ(p.widths({count, zeros, both, either, left, right, quotient, rest, turned}),
            (Widths{7, 7, 9, 9, 0, 9, 0, 9, 0}));
}

TEST(Ranges, StayWithWhatIsMaskedAhead) {
  const ValueInfo byte = secret(DType::kS8);
  Program p({byte});
  EXPECT_EQ(p.widths({p.add(Opcode::kPrepare, {0}, byte)}), (Widths{8}));
}

TEST(Ranges, KnowWhatAFunctionGives) {
  Program p({kX});
  auto sigma = p.add(Opcode::kLogistic, {0});
  auto tangent = p.add(Opcode::kTanh, {0});
  auto sign = p.add(Opcode::kSign, {0});
  auto exponential = p.add(Opcode::kExp, {0});
  auto decay = p.add(Opcode::kExp, {p.add(Opcode::kMinimum, {0, p.splat(0)})});
  auto clamped = p.add(Opcode::kClamp, {p.splat(-6), 0, p.splat(6)});
  auto positive = p.add(Opcode::kMaximum, {0, p.splat(0)});
  auto capped = p.add(Opcode::kMinimum, {positive, p.splat(7.5)});
  auto size = p.add(Opcode::kAbs, {clamped});
  auto bit = p.add(Opcode::kConvert, {p.add(Opcode::kCompare, {0, sigma}, kBits)}, kX, to(DType::kF32));
  auto chosen = p.add(Opcode::kSelect, {p.add(Opcode::kCompare, {0, sigma}, kBits), sigma, clamped});
  auto whole = p.add(Opcode::kConvert, {clamped}, secret(DType::kS32), to(DType::kS32));
  EXPECT_EQ(p.widths({sigma, tangent, sign, exponential, decay, clamped, positive, capped, size, bit, chosen,
                      whole}),
            (Widths{20, 20, 20, 44, 20, 22, 0, 22, 22, 20, 22, 4}));
}

TEST(Ranges, KnowThatATruncationTakesNumbersBelowAQuarterOfTheRing) {
  Program p({kX, kX});
  auto product = p.add(Opcode::kMultiply, {0, 1});
  auto sum = p.add(Opcode::kAdd, {product, product});
  auto half = p.add(Opcode::kMultiply, {0, p.splat(0.5)});
  auto tenth = p.add(Opcode::kMultiply, {0, p.splat(0.1)});
  auto twice = p.add(Opcode::kMultiply, {0, p.splat(2)});
  auto squares = p.add(Opcode::kMultiply, {0, 0});
  auto rooted = p.add(Opcode::kMinimum, {squares, p.splat(1)});
  // The square of a number without bound may have wrapped. The product by 0.5 is shifted by one bit, that by
  // 0.1 by more than eighteen; 2 needs no shift.
  EXPECT_EQ(p.widths({product, sum, half, tenth, twice, squares, rooted}),
            (Widths{45, 46, 0, 42, 0, 45, 45}));
}

TEST(Ranges, SumUpProductsOfBoundedNumbers) {
  ops::Attributes along;
  along.dot.lhs_contracting = {1};
  along.dot.rhs_contracting = {0};
  Program p({secret(DType::kF32, {2, 100}), secret(DType::kF32, {100, 3})});
  auto a = p.add(Opcode::kTanh, {0}, secret(DType::kF32, {2, 100}));
  auto b = p.add(Opcode::kTanh, {1}, secret(DType::kF32, {100, 3}));
  auto dot = p.add(Opcode::kDot, {a, b}, secret(DType::kF32, {2, 3}), along);
  // A hundred and some more for the margins.
  EXPECT_EQ(p.widths({dot}), (Widths{26}));
}

TEST(Ranges, DependOnTheFormat) {
  auto widths = [](alu::NumberFormat format) {
    Program p({kX, kX}, format);
    auto sigma = p.add(Opcode::kLogistic, {0});
    auto product = p.add(Opcode::kMultiply, {0, 1});
    return p.widths({0, sigma, product});
  };
  EXPECT_EQ(widths({32, 8}), (Widths{0, 10, 23}));
  EXPECT_EQ(widths({64, 18}), (Widths{0, 20, 45}));
  EXPECT_EQ(widths({128, 26}), (Widths{0, 28, 101}));
}

TEST(Ranges, OfPublicFloatsAllowForTheirRounding) {
  // 2049 is 2048 in bf16, but what is known is that it is no more than the next power of two.
  const ValueInfo half = open(DType::kBF16);
  Program p({kX});
  auto sum = p.add(Opcode::kAdd, {p.splat(2040, DType::kBF16), p.splat(10, DType::kBF16)}, half);
  auto x = p.add(Opcode::kConvert, {0}, secret(DType::kBF16), to(DType::kBF16));
  auto y =
      p.add(Opcode::kMinimum, {p.add(Opcode::kAbs, {x}, secret(DType::kBF16)), sum}, secret(DType::kBF16));
  auto endless = p.add(Opcode::kMultiply, {p.splat(std::numeric_limits<float>::infinity()), p.splat(0.5)},
                       open(DType::kF32));
  auto z = p.add(Opcode::kMinimum, {p.add(Opcode::kAbs, {0}), endless});
  EXPECT_EQ(p.widths({y, z}), (Widths{32, 0}));
}

/// A loop of three turns over a counter and one secret, which `step` maps.
Widths of_loop(ValueId (*step)(Program&, ValueId), bool starts_public = false) {
  const ValueInfo counter = open(DType::kS32, {});
  auto number = [](std::int32_t value) {
    ops::Attributes attributes;
    attributes.literal = Literal::scalar<std::int32_t>(DType::kS32, value);
    return attributes;
  };
  ops::Attributes less;
  less.comparison = ops::Comparison::kLt;
  Program condition({counter, kX});
  auto limit = condition.add(Opcode::kConstant, {}, counter, number(3));
  auto go_on = condition.add(Opcode::kCompare, {0, limit}, open(DType::kPred, {}), less);
  Program body({counter, kX});
  auto next = body.add(Opcode::kAdd, {0, body.add(Opcode::kConstant, {}, counter, number(1))}, counter);
  auto changed = step(body, 1);
  Program p({kX});
  ir::Instruction loop;
  loop.opcode = Opcode::kWhile;
  loop.operands = {p.add(Opcode::kConstant, {}, counter, number(0)),
                   starts_public ? p.splat(0.25) : p.add(Opcode::kLogistic, {0})};
  loop.regions.push_back(std::move(condition.builder()).finish({go_on}));
  loop.regions.push_back(std::move(body.builder()).finish({next, changed}));
  auto first = p.builder().add(std::move(loop), {counter, kX});
  return p.widths({first, first + 1});
}

TEST(Ranges, OfCarriedValuesHoldForEveryTurn) {
  EXPECT_EQ(of_loop([](Program& b, ValueId x) { return b.add(Opcode::kTanh, {x}); }), (Widths{0, 20}));
  EXPECT_EQ(of_loop([](Program& b, ValueId x) { return b.add(Opcode::kNegate, {x}); }), (Widths{0, 20}));
  EXPECT_EQ(of_loop([](Program& b, ValueId x) { return b.add(Opcode::kAdd, {x, x}); }), (Widths{0, 0}));
  // What grows is given up, not what bounds it.
  EXPECT_EQ(
      of_loop([](Program& b, ValueId x) {
        return b.add(Opcode::kClamp, {b.splat(-1), b.add(Opcode::kAdd, {x, b.splat(0.125)}), b.splat(1)});
      }),
      (Widths{0, 20}));
}

TEST(Ranges, OfWhatALoopEntersPubliclyFollowTheRulesOfBothKinds) {
  // A product of public floats is not truncated, so only the cap of 2^30 bounds it.
  auto step = [](Program& b, ValueId x) {
    auto large = b.add(Opcode::kAdd, {x, b.splat(5000)});
    return b.add(Opcode::kMinimum, {b.add(Opcode::kMultiply, {large, large}), b.splat(1 << 30)});
  };
  EXPECT_EQ(of_loop(step), (Widths{0, 45}));
  EXPECT_EQ(of_loop(step, true), (Widths{0, 50}));
}

TEST(Ranges, OfSoftmaxAreBoundedByTheLengthOfARow) {
  const ValueInfo table = secret(DType::kF32, {4, 100}), rows = secret(DType::kF32, {4});
  ops::Attributes most = by(ops::Reducer::kMaximum), sum = by(ops::Reducer::kAdd), along;
  most.dimensions = sum.dimensions = {1};
  along.dimensions = {0};
  Program p({table});
  const auto scalar = [&](float x) { return add_constant(p.builder(), Literal::scalar(DType::kF32, x), ""); };
  const ValueId largest =
      p.add(Opcode::kReduce, {0, scalar(-std::numeric_limits<float>::infinity())}, rows, most);
  const ValueId below =
      p.add(Opcode::kSubtract, {0, p.add(Opcode::kBroadcast, {largest}, table, along)}, table);
  const ValueId power = p.add(Opcode::kExp, {below}, table);
  const ValueId total = p.add(Opcode::kReduce, {power, scalar(0)}, rows, sum);
  // 1 and a margin with 18 bits behind the point and a sign; a hundred of them.
  EXPECT_EQ(p.widths({power, total}), (Widths{20, 26}));
}

}  // namespace
}  // namespace spud::compiler
