// SPDX-License-Identifier: Apache-2.0
#include <limits>

#include <gmock/gmock.h>

#include "compiler/passes/common_subexpressions.hpp"
#include "compiler/passes/dead_code.hpp"
#include "compiler/passes/fold.hpp"
#include "compiler/passes/functions.hpp"
#include "compiler/passes/identities.hpp"
#include "compiler/passes/loop_constants.hpp"
#include "compiler/passes/mantissas.hpp"
#include "compiler/passes/pipeline.hpp"
#include "compiler/passes/program_for_tests.hpp"
#include "compiler/passes/remainders.hpp"
#include "compiler/passes/scaling.hpp"
#include "ir/canonical.hpp"

namespace spud::compiler {
namespace {

using namespace testing;
using ::testing::HasSubstr;
using ::testing::Not;

TEST(DeadCode, GoesAndTheRestIsRenumbered) {
  Program p({kX});
  p.add(Opcode::kExp, {0});
  auto y = p.add(Opcode::kNegate, {0});
  p.add(Opcode::kLog, {y});
  EXPECT_EQ(p.after({remove_dead_code}, {y}), "%1 = negate %0 : f32[2] secret\nreturn %1\n");
}

TEST(CommonSubexpressions, AreComputedOnceInEitherOrder) {
  Program p({kX, kX});
  auto a = p.add(Opcode::kMultiply, {0, 1});
  auto b = p.add(Opcode::kMultiply, {1, 0});
  auto c = p.add(Opcode::kSubtract, {0, 1});
  auto d = p.add(Opcode::kSubtract, {1, 0});
  EXPECT_EQ(p.after({merge_common_subexpressions}, {a, b, c, d}),
            "%2 = multiply %0, %1 : f32[2] secret\n%3 = subtract %0, %1 : f32[2] secret\n"
            "%4 = subtract %1, %0 : f32[2] secret\nreturn %2, %2, %3, %4\n");
}

TEST(CommonSubexpressions, DifferWhereOnlyTheResultTypeDoes) {
  Program p({{{DType::kF32, {}}, Visibility::kSecret}});
  auto a = p.add(Opcode::kBroadcast, {0}, {{DType::kF32, {2}}, Visibility::kSecret});
  auto b = p.add(Opcode::kBroadcast, {0}, {{DType::kF32, {3}}, Visibility::kSecret});
  EXPECT_THAT(p.after({merge_common_subexpressions}, {a, b}), HasSubstr("return %1, %2\n"));
}

TEST(Fold, EvaluatesConstants) {
  Program p({});
  auto sum = p.add(Opcode::kAdd, {p.constant(1, 2), p.constant(0.5f, 0.25f)}, kPlain);
  EXPECT_EQ(p.after({fold_constants, remove_dead_code}, {sum}),
            "%0 = constant {1.5, 2.25} : f32[2] public\nreturn %0\n");
}

TEST(Fold, WritesRepeatedElementsAsABroadcast) {
  Program p({});
  auto sum = p.add(Opcode::kAdd, {p.constant(1, 1), p.splat(2)}, kPlain);
  EXPECT_EQ(p.after({fold_constants, remove_dead_code}, {sum}),
            "%0 = constant {3} : f32[] public\n%1 = broadcast %0 : f32[2] public\nreturn %1\n");
}

TEST(Fold, NeverMakesALargeConstantOutOfASmallOne) {
  const ValueInfo large{{DType::kF32, {1 << 10, 1 << 10}}, Visibility::kPublic};
  const ValueInfo row{{DType::kF32, {1 << 10}}, Visibility::kPublic};
  ops::Attributes along;
  along.dimensions = {0};
  Program p({});
  auto counted = p.add(Opcode::kIota, {}, large, along);
  auto doubled = p.add(Opcode::kAdd, {counted, counted}, large);
  auto spread = p.add(Opcode::kBroadcast, {p.add(Opcode::kIota, {}, row, along)}, large, along);
  auto text = p.after({fold_constants, remove_dead_code}, {doubled, spread});
  EXPECT_THAT(text, HasSubstr("add %0, %0 : f32[1024,1024] public"));
  EXPECT_THAT(text, HasSubstr("broadcast dimensions=[0] %2 : f32[1024,1024] public"));
}

TEST(Fold, StopsAtItsBudget) {
  // Each step would evaluate 2^16 elements; a thousand of them pass the budget, and the rest is left as it
  // is.
  const ValueInfo info{{DType::kF32, {1 << 16}}, Visibility::kPublic};
  ops::Attributes along;
  along.dimensions = {0};
  Program p({});
  auto value = p.add(Opcode::kIota, {}, info, along);
  for (int i = 0; i < 1000; ++i) value = p.add(Opcode::kAdd, {value, value}, info);
  auto text = p.after({fold_constants, remove_dead_code}, {value});
  EXPECT_THAT(text, HasSubstr(" = constant {65536 elements"));
  EXPECT_THAT(text, HasSubstr(" = add "));
}

TEST(Identities, LeaveNothingBehind) {
  Program p({kX});
  auto x = p.add(Opcode::kAdd, {0, p.splat(0)});
  x = p.add(Opcode::kMultiply, {p.splat(1), x});
  x = p.add(Opcode::kReshape, {x});
  x = p.add(Opcode::kNegate, {p.add(Opcode::kNegate, {x})});
  x = p.add(Opcode::kMaximum, {x, p.splat(-std::numeric_limits<float>::infinity())});
  EXPECT_EQ(p.after({remove_identities, remove_dead_code}, {x}), "return %0\n");
}

TEST(Identities, MergeTransposesAndBroadcasts) {
  auto info = [](Shape shape) { return ValueInfo{{DType::kF32, std::move(shape)}, Visibility::kSecret}; };
  auto dims = [](std::vector<std::int64_t> list) {
    ops::Attributes attributes;
    attributes.dimensions = std::move(list);
    return attributes;
  };
  Program p({info({2, 3, 4})});
  auto once = p.add(Opcode::kTranspose, {0}, info({3, 4, 2}), dims({1, 2, 0}));
  auto back = p.add(Opcode::kTranspose, {once}, info({2, 3, 4}), dims({2, 0, 1}));
  auto wide = p.add(Opcode::kBroadcast, {0}, info({2, 3, 4, 5}), dims({0, 1, 2}));
  auto wider = p.add(Opcode::kBroadcast, {wide}, info({6, 2, 3, 4, 5}), dims({1, 2, 3, 4}));
  EXPECT_EQ(p.after({remove_identities, remove_identities, remove_dead_code}, {back, wider}),
            "%1 = broadcast dimensions=[1,2,3] %0 : f32[6,2,3,4,5] secret\nreturn %0, %1\n");
}

TEST(Identities, ASelectByAConstantIsItsChoice) {
  Program p({kX, kX});
  auto yes = p.constant(Literal::scalar<std::uint8_t>(DType::kPred, 1));
  auto chosen = p.add(Opcode::kSelect, {yes, 0, 1});
  EXPECT_EQ(p.after({remove_identities, remove_dead_code}, {chosen}), "return %0\n");
}

TEST(Identities, ASecretBitTimesANumberIsAChoice) {
  for (bool bit_first : {false, true}) {
    Program p({kBits, kX});
    auto number = p.add(Opcode::kConvert, {0});
    auto product = bit_first ? p.add(Opcode::kMultiply, {number, 1}) : p.add(Opcode::kMultiply, {1, number});
    EXPECT_EQ(p.after({remove_identities, remove_dead_code}, {product}),
              "%2 = constant {0} : f32[] public\n%3 = broadcast %2 : f32[2] public\n"
              "%4 = select %0, %1, %3 : f32[2] secret\nreturn %4\n");
  }
}

TEST(Identities, ARotationOfASecretIsASum) {
  const ValueInfo words{{DType::kU32, {2}}, Visibility::kSecret};
  auto rotation = [&](std::int64_t left, std::int64_t right, Visibility visibility) {
    ValueInfo info = words;
    info.visibility = visibility;
    Program p({info});
    auto places = [&](std::int64_t by) {
      Literal scalar(TensorType{DType::kU32, {}});
      scalar.set_int(0, by);
      return add_splat(p.builder(), scalar, {2}, "");
    };
    auto up = p.add(Opcode::kShiftLeft, {0, places(left)}, info);
    auto down = p.add(Opcode::kShiftRightLogical, {0, places(right)}, info);
    return p.after({remove_identities}, {p.add(Opcode::kOr, {down, up}, info)});
  };
  EXPECT_THAT(rotation(13, 19, Visibility::kSecret), HasSubstr("add"));
  EXPECT_THAT(rotation(13, 40, Visibility::kSecret), HasSubstr("add"));
  EXPECT_THAT(rotation(13, 18, Visibility::kSecret), Not(HasSubstr("add")));
  EXPECT_THAT(rotation(13, 19, Visibility::kPublic), Not(HasSubstr("add")));
}

TEST(Mantissas, OfASecretUnderAPublicExponentAreNumbers) {
  const ValueInfo words{{DType::kU32, {2}}, Visibility::kSecret};
  auto drawn = [&](std::int64_t places, std::int64_t exponent) {
    Program p({words});
    auto number = [&](std::int64_t value) {
      Literal scalar(TensorType{DType::kU32, {}});
      scalar.set_int(0, value);
      return add_splat(p.builder(), scalar, {2}, "");
    };
    auto mantissa = p.add(Opcode::kShiftRightLogical, {0, number(places)}, words);
    auto bits = p.add(Opcode::kOr, {number(exponent), mantissa}, words);
    ops::Attributes to_float;
    to_float.dtype = DType::kF32;
    return p.after({replace_mantissas, remove_dead_code},
                   {p.add(Opcode::kBitcastConvert, {bits}, kX, to_float)});
  };
  EXPECT_THAT(drawn(9, 0x3f800000), Not(HasSubstr("bitcast")));
  EXPECT_THAT(drawn(8, 0x3f800000), HasSubstr("bitcast"));
  EXPECT_THAT(drawn(9, 0x40000000), HasSubstr("bitcast"));
}

TEST(Remainders, OfADivisionThatIsDoneAnywayAreAProduct) {
  const ValueInfo words{{DType::kS32, {2}}, Visibility::kSecret};
  auto both = [&](bool other_divisor) {
    Program p({words, words});
    auto quotient = p.add(Opcode::kDivide, {0, 1}, words);
    auto rest = p.add(Opcode::kRemainder, {0, static_cast<ValueId>(other_divisor ? 0 : 1)}, words);
    return p.after({share_divisions}, {quotient, rest});
  };
  EXPECT_THAT(both(false), Not(HasSubstr("remainder")));
  EXPECT_THAT(both(true), HasSubstr("remainder"));
}

TEST(Identities, BitsAreMultipliedAsBits) {
  Program p({kBits, kBits});
  auto product = p.add(Opcode::kMultiply, {p.add(Opcode::kConvert, {0}), p.add(Opcode::kConvert, {1})});
  EXPECT_EQ(p.after({remove_identities, remove_dead_code}, {product}),
            "%2 = and %0, %1 : pred[2] secret\n%3 = convert %2 : f32[2] secret\nreturn %3\n");
}

TEST(Identities, APublicBitIsAFactorLikeAnyOther) {
  Program p({{{DType::kPred, {2}}, Visibility::kPublic}, kX});
  auto number = p.add(Opcode::kConvert, {0}, kPlain);
  EXPECT_THAT(p.after({remove_identities, remove_dead_code}, {p.add(Opcode::kMultiply, {number, 1})}),
              HasSubstr("multiply"));
}

TEST(Identities, ASecretIsNoNan) {
  Program p({kX});
  const ValueInfo bits{{DType::kPred, {2}}, Visibility::kSecret};
  ops::Attributes differs;
  differs.comparison = ops::Comparison::kNe;
  const auto is_nan = p.add(Opcode::kCompare, {0, 0}, bits, differs);
  const auto chosen = p.add(Opcode::kSelect, {is_nan, p.splat(std::numeric_limits<float>::quiet_NaN()), 0});
  EXPECT_EQ(p.after({remove_identities, remove_identities, remove_dead_code}, {chosen}), "return %0\n");
  const ValueInfo open{{DType::kF32, {2}}, Visibility::kPublic};
  Program q({open});
  EXPECT_THAT(q.after({remove_identities}, {q.add(Opcode::kIsFinite, {0}, bits)}), HasSubstr("is-finite"));
}

TEST(Functions, FindTheLogisticWithTermsInEitherOrder) {
  for (bool one_first : {false, true}) {
    Program p({kX});
    auto one = p.splat(1);
    auto exponential = p.add(Opcode::kExp, {p.add(Opcode::kNegate, {0})});
    auto sum = one_first ? p.add(Opcode::kAdd, {one, exponential}) : p.add(Opcode::kAdd, {exponential, one});
    auto y = p.add(Opcode::kDivide, {one, sum});
    EXPECT_EQ(p.after({find_functions, remove_dead_code}, {y}),
              "%1 = logistic %0 : f32[2] secret\nreturn %1\n");
  }
}

TEST(Functions, AreNotFoundWhereTheConstantIsAnother) {
  Program p({kX});
  auto two = p.splat(2);
  auto exponential = p.add(Opcode::kExp, {p.add(Opcode::kNegate, {0})});
  auto y = p.add(Opcode::kDivide, {two, p.add(Opcode::kAdd, {two, exponential})});
  EXPECT_THAT(p.after({find_functions, remove_dead_code}, {y}), HasSubstr("divide"));
}

TEST(Functions, TurnDivisionByARootIntoAProduct) {
  Program p({kX, kX});
  auto y = p.add(Opcode::kDivide, {0, p.add(Opcode::kSqrt, {1})});
  auto z = p.add(Opcode::kDivide, {p.splat(1), p.add(Opcode::kSqrt, {0})});
  EXPECT_EQ(p.after({find_functions, remove_dead_code}, {y, z}),
            "%2 = rsqrt %1 : f32[2] secret\n%3 = multiply %0, %2 : f32[2] secret\n"
            "%4 = rsqrt %0 : f32[2] secret\nreturn %3, %4\n");
}

TEST(Functions, TurnDivisionByAReshapedRootIntoAProduct) {
  const ValueInfo rows{{DType::kF32, {2}}, Visibility::kSecret},
      column{{DType::kF32, {2, 1}}, Visibility::kSecret}, wide{{DType::kF32, {2, 8}}, Visibility::kSecret};
  ops::Attributes along;
  along.dimensions = {0};
  Program p({wide, column});
  const ValueId root = p.add(Opcode::kReshape, {p.add(Opcode::kSqrt, {1}, column)}, rows);
  const ValueId y = p.add(Opcode::kDivide, {0, p.add(Opcode::kBroadcast, {root}, wide, along)}, wide);
  EXPECT_EQ(p.after({find_functions, remove_dead_code}, {y}),
            "%2 = rsqrt %1 : f32[2,1] secret\n%3 = reshape %2 : f32[2] secret\n"
            "%4 = broadcast dimensions=[0] %3 : f32[2,8] secret\n%5 = multiply %0, %4 : f32[2,8] secret\n"
            "return %5\n");
}

TEST(Functions, AreFoundInGelu) {
  for (bool half_first : {false, true}) {
    for (bool by_tanh : {false, true}) {
      Program p({kX});
      ir::ValueId inside;
      if (by_tanh) {
        auto cube = p.add(Opcode::kMultiply, {p.add(Opcode::kMultiply, {0, 0}), 0});
        auto sum = p.add(Opcode::kAdd, {0, p.add(Opcode::kMultiply, {p.splat(0.044715), cube})});
        inside = p.add(Opcode::kTanh, {p.add(Opcode::kMultiply, {sum, p.splat(0.7978846)})});
      } else {
        inside = p.add(Opcode::kErf, {p.add(Opcode::kMultiply, {0, p.splat(0.70710677)})});
      }
      auto one_more = p.add(Opcode::kAdd, {inside, p.splat(1)});
      auto y = half_first ? p.add(Opcode::kMultiply, {p.add(Opcode::kMultiply, {p.splat(0.5), 0}), one_more})
                          : p.add(Opcode::kMultiply, {0, p.add(Opcode::kMultiply, {one_more, p.splat(0.5)})});
      EXPECT_EQ(
          p.after({find_functions, remove_dead_code}, {y}),
          std::string("%1 = ") + (by_tanh ? "gelu-by-tanh" : "gelu") + " %0 : f32[2] secret\nreturn %1\n");
    }
  }
}

TEST(Functions, AreFoundInGeluWithItsPolynomialFactored) {
  Program p({kX});
  const ValueId square = p.add(Opcode::kMultiply, {p.add(Opcode::kMultiply, {0, p.splat(0.044715f)}), 0});
  const ValueId scaled = p.add(Opcode::kMultiply, {0, p.splat(0.7978846f)});
  const ValueId inside = p.add(Opcode::kMultiply, {scaled, p.add(Opcode::kAdd, {square, p.splat(1)})});
  const ValueId one_more = p.add(Opcode::kAdd, {p.add(Opcode::kTanh, {inside}), p.splat(1)});
  const ValueId y = p.add(Opcode::kMultiply, {p.add(Opcode::kMultiply, {0, p.splat(0.5f)}), one_more});
  EXPECT_EQ(p.after({find_functions, remove_dead_code}, {y}),
            "%1 = gelu-by-tanh %0 : f32[2] secret\nreturn %1\n");
}

TEST(Functions, AreFoundInErrorFunctionsByTheSign) {
  Program p({kX});
  ops::Attributes is_more;
  is_more.comparison = ops::Comparison::kGt;
  const ValueId size = p.add(Opcode::kErf, {p.add(Opcode::kAbs, {0})});
  const ValueId tail = p.add(Opcode::kSubtract, {p.splat(1), size});
  const ValueId test = p.add(Opcode::kCompare, {0, p.splat(0)}, kBits, is_more);
  const ValueId y = p.add(Opcode::kSelect, {test, p.add(Opcode::kSubtract, {p.splat(2), tail}), tail});
  const ValueId other = p.add(Opcode::kSelect, {test, p.add(Opcode::kSubtract, {p.splat(3), tail}), tail});
  const auto text = p.after({find_functions, remove_dead_code}, {y, other});
  EXPECT_THAT(text, HasSubstr("erf %0 : f32[2] secret"));
  EXPECT_THAT(text, HasSubstr("select"));
}

TEST(Functions, AreNotFoundInWhatIsNearlyGelu) {
  Program p({kX, kX});
  auto inside = p.add(Opcode::kErf, {p.add(Opcode::kMultiply, {0, p.splat(0.70710677)})});
  auto one_more = p.add(Opcode::kAdd, {inside, p.splat(1)});
  auto other = p.add(Opcode::kMultiply, {1, p.add(Opcode::kMultiply, {one_more, p.splat(0.5)})});
  auto no_half = p.add(Opcode::kMultiply, {0, one_more});
  EXPECT_THAT(p.after({find_functions, remove_dead_code}, {other, no_half}), Not(HasSubstr("gelu")));
}

TEST(Functions, DivideByWhatIsBroadcastOnce) {
  const ir::ValueInfo row{{DType::kF32, {}}, ir::Visibility::kSecret};
  Program p({kX, row});
  auto y = p.add(Opcode::kDivide, {0, p.add(Opcode::kBroadcast, {1})});
  auto z = p.add(Opcode::kDivide, {p.splat(1), p.add(Opcode::kBroadcast, {1})});
  auto text = p.after({find_functions, remove_dead_code}, {y, z});
  EXPECT_THAT(text, HasSubstr("divide-by-broadcast %0, %1 : f32[2] secret"));
  EXPECT_THAT(text, HasSubstr("reciprocal %1 : f32[] secret"));
}

TEST(Functions, TurnDivisionByConstantsIntoProducts) {
  Program p({kX});
  auto y = p.add(Opcode::kDivide, {0, p.splat(4)});
  auto z = p.add(Opcode::kDivide, {0, p.constant(2, 8)});
  auto one = p.add(Opcode::kDivide, {p.splat(1), 0});
  auto text = p.after({find_functions, remove_dead_code}, {y, z, one});
  EXPECT_THAT(text, HasSubstr("{0.25}"));
  EXPECT_THAT(text, HasSubstr("{0.5, 0.125}"));
  EXPECT_THAT(text, HasSubstr("reciprocal %0"));
  EXPECT_THAT(text, Not(HasSubstr("divide")));
}

TEST(Functions, LeaveDivisionByZeroAndIntegersAlone) {
  const ValueInfo integers{{DType::kS32, {}}, Visibility::kSecret};
  Program p({kX, integers});
  auto y = p.add(Opcode::kDivide, {0, p.splat(0)});
  auto z = p.add(Opcode::kDivide, {1, p.constant(Literal::scalar<std::int32_t>(DType::kS32, 4))}, integers);
  auto text = p.after({find_functions, remove_dead_code}, {y, z});
  EXPECT_THAT(text, HasSubstr("divide %0, "));
  EXPECT_THAT(text, HasSubstr("divide %1, "));
}

TEST(Functions, TurnAProductWithASecretBitIntoAChoice) {
  ops::Attributes to_float;
  to_float.dtype = DType::kF32;
  Program p({kX, kBits, kPlain});
  auto bit = p.add(Opcode::kConvert, {1}, kX, to_float);
  auto y = p.add(Opcode::kMultiply, {bit, 0});
  auto z = p.add(Opcode::kMultiply, {bit, 2});
  auto text = p.after({find_functions, remove_dead_code}, {y, z});
  EXPECT_THAT(text, HasSubstr("select %1, %0, "));
  EXPECT_THAT(text, HasSubstr("multiply "));
}

TEST(LoopConstants, AreSeenInsideAndKeepTheirPlace) {
  RegionBuilder condition({kCounter, kPlain, kX});
  auto limit = add_constant(condition, Literal::scalar<std::int32_t>(DType::kS32, 3), "");
  auto go_on = condition.add(Opcode::kCompare, {}, {0, limit}, {{DType::kPred, {}}, Visibility::kPublic}, "");
  RegionBuilder body({kCounter, kPlain, kX});
  auto quotient = body.add(Opcode::kDivide, {}, {2, 1}, kX, "");
  Program p({kX});
  ir::Instruction loop;
  loop.opcode = Opcode::kWhile;
  loop.operands = {p.constant(Literal::scalar<std::int32_t>(DType::kS32, 0)), p.splat(4), 0};
  loop.regions.push_back(std::move(condition).finish({go_on}));
  loop.regions.push_back(std::move(body).finish({0, 1, quotient}));
  auto first = p.builder().add(std::move(loop), {kCounter, kPlain, kX});
  auto text = p.after({expose_loop_constants, find_functions, remove_dead_code}, {first + 2});
  EXPECT_THAT(text, HasSubstr("constant {0.25} : f32[] public"));
  EXPECT_THAT(text, Not(HasSubstr("divide")));
  EXPECT_THAT(text, HasSubstr("    return %0, %1, "));
}

TEST(Pipeline, IsAFixedPointOfItself) {
  auto build = [] {
    Program p({kX, kX});
    auto one = p.splat(1);
    auto exponential = p.add(Opcode::kExp, {p.add(Opcode::kNegate, {0})});
    auto logistic = p.add(Opcode::kDivide, {one, p.add(Opcode::kAdd, {one, exponential})});
    auto scaled = p.add(Opcode::kDivide, {logistic, p.add(Opcode::kAdd, {p.splat(1), p.splat(2)})});
    return std::pair(std::move(p), scaled);
  };
  std::vector<void (*)(ir::Region&)> once, twice;
  for (const auto& pass : pipeline()) once.push_back(pass.run);
  twice = once;
  twice.insert(twice.end(), once.begin(), once.end());
  auto [first, first_result] = build();
  auto [second, second_result] = build();
  auto text = first.after(once, {first_result});
  EXPECT_EQ(text, second.after(twice, {second_result}));
  EXPECT_EQ(text,
            "%2 = logistic %0 : f32[2] secret\n%3 = constant {0.33333334} : f32[] public\n"
            "%4 = broadcast %3 : f32[2] public\n%5 = multiply %2, %4 : f32[2] secret\nreturn %5\n");
}

const ValueInfo kMatrix{{DType::kF32, {3, 2}}, Visibility::kSecret};
const ValueInfo kRow{{DType::kF32, {3}}, Visibility::kSecret};

ops::Attributes matrix_times_vector() {
  ops::Attributes attributes;
  attributes.dot = {.lhs_contracting = {1}, .rhs_contracting = {0}, .lhs_batch = {}, .rhs_batch = {}};
  return attributes;
}

TEST(Scaling, MovesFromAnOperandToAProductThatIsSmaller) {
  Program p({kMatrix, kX});
  auto tenth = add_splat(p.builder(), Literal::scalar(DType::kF32, 0.5f), {3, 2}, "");
  auto scaled = p.add(Opcode::kMultiply, {0, tenth}, kMatrix);
  auto y = p.add(Opcode::kDot, {scaled, 1}, kRow, matrix_times_vector());
  auto text = p.after({move_scaling, remove_dead_code}, {y});
  EXPECT_THAT(text, HasSubstr("dot lhs_contracting=[1] rhs_contracting=[0] %0, %1 : f32[3] secret"));
  EXPECT_THAT(text, HasSubstr(": f32[3] secret\nreturn"));
  EXPECT_THAT(text, Not(HasSubstr("f32[3,2]")));
}

TEST(Scaling, StaysWhereItIsLessWork) {
  // An outer product has more elements than its operands.
  Program p({kRow, kX});
  auto half = add_splat(p.builder(), Literal::scalar(DType::kF32, 0.5f), {3}, "");
  auto scaled = p.add(Opcode::kMultiply, {0, half}, kRow);
  auto y = p.add(Opcode::kDot, {scaled, 1}, kMatrix, {});
  EXPECT_THAT(p.after({move_scaling, remove_dead_code}, {y}), HasSubstr("multiply %0"));
}

TEST(Scaling, StaysWhereTheProductMightLeaveTheRing) {
  Program p({kMatrix, kX});
  auto tiny = add_splat(p.builder(), Literal::scalar(DType::kF32, 1e-6f), {3, 2}, "");
  auto scaled = p.add(Opcode::kMultiply, {0, tiny}, kMatrix);
  auto y = p.add(Opcode::kDot, {scaled, 1}, kRow, matrix_times_vector());
  EXPECT_THAT(p.after({move_scaling, remove_dead_code}, {y}), HasSubstr("multiply %0"));
}

TEST(Scaling, TwoInARowAreOne) {
  Program p({kX});
  auto once = p.add(Opcode::kMultiply, {0, p.splat(0.5f)});
  auto y = p.add(Opcode::kMultiply, {p.splat(0.25f), once});
  auto text = p.after({move_scaling, remove_dead_code}, {y});
  EXPECT_THAT(text, HasSubstr("{0.125}"));
  EXPECT_EQ(text.find("multiply"), text.rfind("multiply"));
}

}  // namespace
}  // namespace spud::compiler
