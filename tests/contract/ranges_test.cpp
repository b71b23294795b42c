// SPDX-License-Identifier: Apache-2.0
// Ranges that the compiler claims are never wrong, and comparisons that rely on them give what the wide ones
// give, for less.
#include "compiler/passes/ranges.hpp"

#include <random>

#include <gtest/gtest.h>

#include "alu/range.hpp"
#include "io/encode.hpp"
#include "ir/builder.hpp"
#include "ir/print.hpp"
#include "ir/verify.hpp"
#include "ring/map.hpp"
#include "system/crypto/random.hpp"
#include "tests/contract/harness.hpp"
#include "vm/run.hpp"

namespace spud::contract {
namespace {

using ir::ValueId;
using ir::ValueInfo;
using ir::Visibility;
using ops::Opcode;

constexpr std::int64_t kElements = 6;

ir::Plan plan_of(ir::RegionBuilder builder, const std::vector<ValueInfo>& parameters,
                 std::vector<ValueId> results, alu::NumberFormat format = {}) {
  ir::Plan plan;
  plan.compiler_version = "test";
  plan.ring_bits = format.ring_bits;
  plan.fraction_bits = format.fraction_bits;
  for (const auto& info : parameters)
    plan.inputs.push_back({"in" + std::to_string(plan.inputs.size()), info});
  plan.main = std::move(builder).finish(std::move(results));
  return plan;
}

void narrow(ir::Plan& plan) {
  compiler::infer_ranges(plan.main, {plan.ring_bits, plan.fraction_bits});
  for (std::size_t i = 0; i < plan.inputs.size(); ++i) plan.inputs[i].info = plan.main.values[i];
  auto status = ir::verify(plan);
  ASSERT_TRUE(status) << status.error().message() << "\n" << ir::to_text(plan);
}

/// What each party brings: of a secret, the value at party 0 and nothing at the others.
std::vector<std::vector<vm::Input>> inputs_of(const ir::Plan& plan, const std::vector<Literal>& values,
                                              unsigned parties) {
  std::vector<std::vector<vm::Input>> inputs(parties);
  for (std::size_t i = 0; i < values.size(); ++i) {
    const auto& info = plan.inputs[i].info;
    const auto held = alu::element_format(info.type.dtype, {plan.ring_bits, plan.fraction_bits});
    for (unsigned p = 0; p < parties; ++p) {
      if (info.visibility == Visibility::kPublic) {
        inputs[p].emplace_back(values[i]);
        continue;
      }
      auto encoded = io::encode(values[i], held, std::nullopt);
      EXPECT_TRUE(encoded) << encoded.error().message();
      Bytes mine(encoded->words.view().begin(), encoded->words.view().end());
      if (p > 0) mine.assign(mine.size(), std::byte{0});
      inputs[p].emplace_back(alu::StoredShare{info.type, held, std::move(mine)});
    }
  }
  return inputs;
}

/// The numbers of an output as they are held, its shares added up.
std::vector<__int128> numbers_of(const std::vector<std::vector<vm::Output>>& by_rank, std::size_t output) {
  std::vector<__int128> out;
  const auto* first = std::get_if<alu::StoredShare>(&by_rank[0][output]);
  if (first == nullptr) return out;
  if (first->format.boolean) {
    Bytes bits = first->data;
    for (std::size_t p = 1; p < by_rank.size(); ++p)
      for (std::size_t i = 0; i < bits.size(); ++i)
        bits[i] ^= std::get<alu::StoredShare>(by_rank[p][output]).data[i];
    for (std::int64_t i = 0; i < first->type.elements(); ++i)
      out.push_back(static_cast<int>(bits[static_cast<std::size_t>(i / 8)] >> (i % 8)) & 1);
    return out;
  }
  const unsigned k = first->format.ring_bits;
  ring::Tensor total = ring::Tensor::from_bytes(k, first->type.shape, first->data);
  for (std::size_t p = 1; p < by_rank.size(); ++p) {
    total = ring::map(
        [](auto a, auto b) { return decltype(a)(a + b); }, total,
        ring::Tensor::from_bytes(k, first->type.shape, std::get<alu::StoredShare>(by_rank[p][output]).data));
  }
  const Numbers numbers = Numbers::of(total);
  for (std::size_t i = 0; i < numbers.values.size(); ++i) out.push_back(numbers.at(i));
  return out;
}

/// Wide integers are below 2^40, so that they are floats of the device too.
Literal some_of(const ValueInfo& info, std::mt19937_64& rng) {
  Literal out(info.type);
  for (std::int64_t i = 0; i < out.elements(); ++i) {
    if (is_float(info.type.dtype)) {
      const double edges[] = {0, 1, -1, 0.5, -3.75, 100, -1000.25, 65504};
      out.set_float(i, rng() % 2 == 0 ? edges[rng() % 8]
                                      : static_cast<double>(static_cast<std::int32_t>(rng())) / (1u << 26));
    } else {
      out.set_int(i, rng() % 4 == 0 ? static_cast<std::int64_t>(rng() % 3) - 1
                                    : static_cast<std::int64_t>(rng()) >> 24);
    }
  }
  return out;
}

/// A straight program of random operations, every value of which is an output; each type has a pool to draw
/// operands from.
struct Random {
  explicit Random(unsigned seed) : rng(seed) {}
  std::mt19937_64 rng;

  std::size_t below(std::size_t n) { return static_cast<std::size_t>(rng() % n); }

  ir::Plan program() {
    const DType types[] = {DType::kF32, DType::kF16, DType::kS8,  DType::kU8,  DType::kS16,
                           DType::kU16, DType::kS32, DType::kS64, DType::kU32, DType::kU64};
    std::vector<ValueInfo> parameters;
    for (DType dtype : types) {
      parameters.push_back({{dtype, {kElements}}, Visibility::kSecret});
      parameters.push_back({{dtype, {kElements}}, Visibility::kPublic});
    }
    parameters.push_back({{DType::kPred, {kElements}}, Visibility::kSecret});
    ir::RegionBuilder b(parameters);
    std::vector<ValueId> all;
    for (ValueId v = 0; v < parameters.size(); ++v) all.push_back(v);
    auto of_type = [&](DType dtype) {
      std::vector<ValueId> pool;
      for (auto v : all)
        if (b.info(v).type.dtype == dtype) pool.push_back(v);
      return pool[below(pool.size())];
    };
    auto add = [&](Opcode opcode, std::vector<ValueId> operands, DType dtype,
                   ops::Attributes attributes = {}) {
      ValueInfo info{{dtype, {kElements}}, Visibility::kPublic};
      for (auto v : operands) info.visibility = std::max(info.visibility, b.info(v).visibility);
      all.push_back(b.add(opcode, std::move(attributes), std::move(operands), info, ""));
    };
    auto constant = [&](DType dtype) {
      ops::Attributes attributes;
      attributes.literal = some_of({{dtype, {kElements}}, Visibility::kPublic}, rng);
      add(Opcode::kConstant, {}, dtype, attributes);
      return all.back();
    };
    for (int step = 0; step < 20; ++step) {
      const DType dtype = types[below(std::size(types))];
      const ValueId x = of_type(dtype);
      ValueId y = of_type(dtype);
      if (below(3) == 0) y = constant(dtype);
      ops::Attributes attributes;
      switch (below(is_float(dtype) ? 12 : 17)) {
        case 0:
          add(Opcode::kAdd, {x, y}, dtype);
          break;
        case 1:
          add(Opcode::kSubtract, {x, y}, dtype);
          break;
        case 2:
          add(Opcode::kMultiply, {x, y}, dtype);
          break;
        case 3:
          add(Opcode::kMaximum, {x, y}, dtype);
          break;
        case 4:
          add(Opcode::kMinimum, {x, y}, dtype);
          break;
        case 5: {
          ValueId low = constant(dtype), high = constant(dtype);
          add(Opcode::kClamp, {low, x, high}, dtype);
          break;
        }
        case 6:
          add(below(2) == 0 ? Opcode::kAbs : Opcode::kSign, {x}, dtype);
          break;
        case 7:
          attributes.comparison = static_cast<ops::Comparison>(below(6));
          add(Opcode::kCompare, {x, y}, DType::kPred, attributes);
          break;
        case 8:
          add(Opcode::kSelect, {of_type(DType::kPred), x, y}, dtype);
          break;
        case 9: {
          attributes.dtype = types[below(std::size(types))];
          add(Opcode::kConvert, {below(3) == 0 ? of_type(DType::kPred) : x}, attributes.dtype, attributes);
          break;
        }
        case 10:
          if (is_float(dtype)) {
            add(below(2) == 0 ? Opcode::kLogistic : Opcode::kTanh, {x}, dtype);
          } else {
            add(below(2) == 0 ? Opcode::kNegate : Opcode::kNot, {x}, dtype);
          }
          break;
        case 12:
          add(below(2) == 0 ? Opcode::kPopcnt : Opcode::kClz, {x}, dtype);
          break;
        case 13:
        case 14: {
          const Opcode logic[] = {Opcode::kAnd, Opcode::kOr, Opcode::kXor};
          add(logic[below(3)], {x, y}, dtype);
          break;
        }
        case 15:
        case 16: {
          const Opcode shifts[] = {Opcode::kShiftLeft, Opcode::kShiftRightLogical,
                                   Opcode::kShiftRightArithmetic};
          const Opcode opcode = shifts[below(3)];
          if (below(2) == 0) {
            attributes.literal = Literal({dtype, {kElements}});
            for (std::int64_t i = 0; i < kElements; ++i)
              attributes.literal->set_int(i, static_cast<std::int64_t>(below(bit_width(dtype) + 2)));
            add(Opcode::kConstant, {}, dtype, attributes);
            y = all.back();
          }
          add(opcode, {x, y}, dtype);
          break;
        }
        default:
          if (is_float(dtype)) {
            add(below(2) == 0 ? Opcode::kFloor : Opcode::kCeil, {x}, dtype);
          } else {
            add(below(2) == 0 ? Opcode::kDivide : Opcode::kRemainder, {x, y}, dtype);
          }
          break;
      }
    }
    return plan_of(std::move(b), parameters, all);
  }
};

std::vector<Literal> inputs_for(const ir::Plan& plan, std::mt19937_64& rng) {
  std::vector<Literal> values;
  for (const auto& input : plan.inputs) {
    if (input.info.type.dtype == DType::kPred) {
      Literal bits(input.info.type);
      for (std::int64_t i = 0; i < bits.elements(); ++i)
        bits.set_int(i, static_cast<std::int64_t>(rng() % 2));
      values.push_back(bits);
    } else {
      values.push_back(some_of(input.info, rng));
    }
  }
  return values;
}

TEST(Ranges, HoldEveryValueOfRandomPrograms) {
  unsigned claims = 0, runs = 0;
  for (unsigned seed = 0; seed < 1500; ++seed) {
    Random random(seed);
    ir::Plan plan = random.program();
    narrow(plan);
    const auto inputs = inputs_of(plan, inputs_for(plan, random.rng), 2);
    crypto::SeededRandom coins(seed);
    auto run = vm::run_all(plan, vm::ProtocolKind::kRef2k, 2, coins, inputs);
    if (!run) {
      // A number that left the ring is the program's own doing; a wrong width would be ours.
      EXPECT_EQ(run.error().message().find("outside the range it was said to have"), std::string::npos)
          << run.error().message() << "\n"
          << ir::to_text(plan);
      continue;
    }
    ++runs;
    std::vector<std::vector<vm::Output>> one{run->outputs_by_rank[0], run->outputs_by_rank[1]};
    for (std::size_t v = 0; v < plan.main.results.size(); ++v) {
      const auto& info = plan.main.values[plan.main.results[v]];
      if (info.signed_bits == 0) continue;
      ++claims;
      const auto range = alu::range_of_width(info.signed_bits, is_unsigned(info.type.dtype));
      for (const __int128 x : numbers_of(one, v)) {
        EXPECT_TRUE(range.low <= x && x <= range.high)
            << "value %" << plan.main.results[v] << " of seed " << seed << "\n"
            << ir::to_text(plan);
      }
    }
  }
  EXPECT_GT(runs, 500u);
  EXPECT_GT(claims, 10000u);
}

/// One operation of two secrets.
ir::Plan single(Opcode opcode, DType dtype, unsigned given,
                ops::Comparison comparison = ops::Comparison::kLt) {
  const ValueInfo x{{dtype, {kElements}}, Visibility::kSecret, given};
  const ValueInfo result{{opcode == Opcode::kCompare ? DType::kPred : dtype, {kElements}},
                         Visibility::kSecret};
  ops::Attributes attributes;
  if (opcode == Opcode::kCompare) attributes.comparison = comparison;
  ir::RegionBuilder b({x, x});
  std::vector<ValueId> operands{0, 1};
  if (opcode != Opcode::kCompare && opcode != Opcode::kMaximum && opcode != Opcode::kMinimum) operands = {0};
  auto y = b.add(opcode, attributes, operands, result, "");
  return plan_of(std::move(b), {x, x}, {y});
}

struct Cost {
  std::uint64_t rounds, opened_bits, dealt_bits;
};

class NarrowSteps : public testing::TestWithParam<unsigned> {};
INSTANTIATE_TEST_SUITE_P(Parties, NarrowSteps, testing::Values(2u, 3u), testing::PrintToStringParamName());

TEST_P(NarrowSteps, GiveTheSameForLess) {
  const unsigned parties = GetParam();
  struct Step {
    Opcode opcode;
    ops::Comparison comparison = ops::Comparison::kLt;
  };
  const Step steps[] = {{Opcode::kCompare, ops::Comparison::kLt},
                        {Opcode::kCompare, ops::Comparison::kGe},
                        {Opcode::kCompare, ops::Comparison::kEq},
                        {Opcode::kMaximum},
                        {Opcode::kMinimum},
                        {Opcode::kAbs},
                        {Opcode::kSign},
                        {Opcode::kLogistic},
                        {Opcode::kExp}};
  for (const auto& step : steps) {
    for (DType dtype : {DType::kS32, DType::kU32, DType::kS64, DType::kF32}) {
      const bool real = is_float(dtype);
      const bool function = step.opcode == Opcode::kLogistic || step.opcode == Opcode::kExp;
      if (function && !real) continue;
      if (step.opcode == Opcode::kAbs && dtype == DType::kU32) continue;
      const unsigned width = real ? 26 : 12;
      SCOPED_TRACE(std::string(to_string(step.opcode)) + " " + to_string(dtype));
      // Ends of the range and what lies between.
      const std::int64_t end = function ? 16
                               : real   ? 128
                                        : 1 << (width - 1),
                         low = is_unsigned(dtype) ? 0 : -end;
      const std::int64_t a[kElements] = {low, end - 1, 0, 5, end - 1, low + 1};
      const std::int64_t b[kElements] = {end - 1, low, 0, 5, end - 2, low};
      const TensorType type{dtype, {kElements}};
      std::vector<Literal> values{Literal(type), Literal(type)};
      for (std::int64_t i = 0; i < kElements; ++i) {
        real ? values[0].set_float(i, static_cast<double>(a[i])) : values[0].set_int(i, a[i]);
        real ? values[1].set_float(i, static_cast<double>(b[i])) : values[1].set_int(i, b[i]);
      }
      std::vector<std::vector<__int128>> results;
      std::vector<Cost> costs;
      for (unsigned given : {0u, width}) {
        const ir::Plan plan = single(step.opcode, dtype, given, step.comparison);
        ASSERT_TRUE(ir::verify(plan));
        const auto inputs = inputs_of(plan, values, parties);
        crypto::SeededRandom coins(1);
        auto run = vm::run_all(plan, vm::ProtocolKind::kSemi2k, parties, coins, inputs);
        ASSERT_TRUE(run) << run.error().message();
        results.push_back(numbers_of(run->outputs_by_rank, 0));
        auto forecast = vm::forecast(plan, vm::Seat{vm::ProtocolKind::kSemi2k, Rank{0}, parties}, inputs[0]);
        ASSERT_TRUE(forecast) << forecast.error().message();
        EXPECT_EQ(forecast->traffic.rounds, run->traffic[0].rounds);
        EXPECT_EQ(forecast->traffic.opened_bits, run->traffic[0].opened_bits);
        costs.push_back(
            {forecast->traffic.rounds, forecast->traffic.opened_bits, forecast->dealt.dealt_bits});
      }
      if (function) {
        for (std::size_t i = 0; i < results[0].size(); ++i) {
          const auto wide = static_cast<double>(results[0][i]);
          EXPECT_NEAR(static_cast<double>(results[1][i]), wide, 8 + 1e-4 * wide);
        }
      } else {
        EXPECT_TRUE(results[0] == results[1]);
      }
      EXPECT_LE(costs[1].rounds, costs[0].rounds);
      EXPECT_LT(costs[1].opened_bits, costs[0].opened_bits);
      EXPECT_LT(costs[1].dealt_bits, costs[0].dealt_bits);
    }
  }
}

TEST(NarrowSteps, AreRefusedByTheReferenceWhereAWidthIsWrong) {
  const ir::Plan plan = single(Opcode::kCompare, DType::kS32, 8);
  const TensorType type{DType::kS32, {kElements}};
  std::vector<Literal> values{Literal(type), Literal(type)};
  values[0].set_int(3, 1000);
  crypto::SeededRandom coins(1);
  auto run = vm::run_all(plan, vm::ProtocolKind::kRef2k, 2, coins, inputs_of(plan, values, 2));
  ASSERT_FALSE(run);
  EXPECT_NE(run.error().message().find("outside the range it was said to have"), std::string::npos)
      << run.error().message();
}

}  // namespace
}  // namespace spud::contract
