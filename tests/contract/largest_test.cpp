// SPDX-License-Identifier: Apache-2.0
// The largest of many numbers, with what goes with it, and conditions of many bits: against plain arithmetic,
// and at their stated costs.
#include "alu/alu.hpp"
#include "alu/fan_in.hpp"
#include "tests/contract/measured_cost.hpp"
#include "tests/contract/step_on_numbers.hpp"

namespace spud::contract {
namespace {

using alu::Alu;
using alu::Differences;
using alu::Fixed;
using protocol::Condition;
using ring::LinearMap;

class Largest : public StepsOnNumbers {};
INSTANTIATE_TEST_SUITE_P(Protocols, Largest, testing::ValuesIn(step_cases()), name_of_step_case);

constexpr std::int64_t kColumns = 12;

/// Edges, random numbers, and columns with few different values.
Numbers table(unsigned bits, std::int64_t rows, bool whole_ring, unsigned seed) {
  Numbers x{bits, {}};
  std::mt19937_64 rng(seed);
  const std::vector<Wide> special = edges(bits);
  for (std::int64_t i = 0; i < rows * kColumns; ++i) {
    const std::int64_t column = i % kColumns;
    Wide v = static_cast<Wide>(rng()) << 64 | rng();
    if (column % 3 == 0) v = special[rng() % special.size()];
    if (column % 3 == 1) v = v % 3 - 1;
    // Differences of numbers of k − 1 bits fit k.
    if (!whole_ring) v = static_cast<Wide>(Numbers::as_signed(v & Numbers{bits - 1, {}}.mask(), bits - 1));
    x.values.push_back(v & x.mask());
  }
  return x;
}

struct Question {
  std::int64_t rows;
  Differences differences;
  bool smallest;
};

/// Value, companion and place of the winners, in that order.
Task<ring::Tensor> answer(Desk desk, const Inputs& in, Question q) {
  auto x_task = desk.protocol.input(in.words(desk, 0));
  Arith x = co_await x_task;
  auto y_task = desk.protocol.input(in.words(desk, 1));
  Arith y = co_await y_task;
  Alu alu(desk.protocol, desk.executor, {64, 18});
  const Fixed keys(desk.protocol.linear(LinearMap::reshape({q.rows, kColumns}), {x}), 0);
  std::vector<Fixed> companions;
  companions.emplace_back(desk.protocol.linear(LinearMap::reshape({q.rows, kColumns}), {y}), 0);
  auto value_task = q.smallest ? alu.smallest(keys, q.differences) : alu.largest(keys, q.differences);
  Fixed value = co_await value_task;
  auto winner_task = q.smallest ? alu.first_smallest(keys, companions, q.differences)
                                : alu.first_largest(keys, companions, q.differences);
  alu::Winner winner = co_await winner_task;
  co_return desk.protocol.output(desk.protocol.linear(
      LinearMap::concatenate(0),
      {value.share, winner.value.share, winner.companions.at(0).share, winner.place.share}));
}

TEST_P(Largest, OfAnyNumberOfRowsWithTheFirstOfEquals) {
  for (std::int64_t rows : {1, 2, 3, 4, 5, 7, 8, 9, 19}) {
    for (bool whole_ring : {false, true}) {
      for (bool is_signed : {true, false}) {
        if (!whole_ring && !is_signed) continue;
        const Numbers x = table(bits(), rows, whole_ring, 31), y = table(bits(), rows, true, 32);
        Inputs in = inputs();
        in.add(x);
        in.add(y);
        for (bool smallest : {false, true}) {
          const Question q{rows, {bits() + (whole_ring ? 1 : 0), is_signed}, smallest};
          auto body = [&](Desk desk) -> Task<ring::Tensor> { return answer(desk, in, q); };
          const Numbers out = sum(run<ring::Tensor>(GetParam().kind, GetParam().parties, 13, body).shares);
          for (std::size_t c = 0; c < kColumns; ++c) {
            std::size_t best = c;
            for (std::size_t i = c; i < x.values.size(); i += kColumns) {
              const std::size_t low = smallest ? i : best, high = smallest ? best : i;
              if (is_signed ? x.at(low) < x.at(high) : x.values[low] < x.values[high]) best = i;
            }
            SCOPED_TRACE(std::to_string(rows) + " rows, column " + std::to_string(c));
            ASSERT_TRUE(out.values[c] == x.values[best]);
            ASSERT_TRUE(out.values[c + kColumns] == x.values[best]);
            ASSERT_TRUE(out.values[c + 2 * kColumns] == y.values[best]);
            ASSERT_TRUE(out.values[c + 3 * kColumns] == ((best / kColumns) & x.mask()));
          }
        }
      }
    }
  }
}

/// All and any of the first rows of bits, and two conditions that share a row.
Task<ring::BitTensor> conditions(Desk desk, const Inputs& in, std::int64_t rows) {
  auto b_task = desk.protocol.input_bits(in.bits(desk, 0));
  Boolean b = co_await b_task;
  b = desk.protocol.move_bits(LinearMap::reshape({rows, kColumns}), {b});
  Alu alu(desk.protocol, desk.executor, {64, 18});
  auto all_task = alu.all_of(b);
  Boolean all = co_await all_task;
  auto any_task = alu.any_of(b);
  Boolean any = co_await any_task;
  std::vector<Condition> few(2);
  few[0].set = {0};
  few[0].clear = {rows - 1};
  few[1].clear = {rows - 1};
  auto few_task = desk.protocol.all_hold(b, few);
  Boolean found = co_await few_task;
  found = desk.protocol.move_bits(LinearMap::reshape({2 * kColumns}), {found});
  co_return desk.protocol.output_bits(desk.protocol.move_bits(LinearMap::concatenate(0), {all, any, found}));
}

TEST_P(Largest, ConditionsOfManyBits) {
  for (std::int64_t rows : {2, 3, 4, 5, 13}) {
    std::mt19937_64 rng(7);
    std::vector<std::uint8_t> bits;
    for (std::int64_t i = 0; i < rows * kColumns; ++i) {
      const auto column = i % kColumns;
      bits.push_back(column == 0 ? 0 : column == 1 ? 1 : column < 6 ? rng() % 8 != 0 : rng() % 2);
    }
    Inputs in = inputs();
    in.add_bits(bits);
    auto body = [&](Desk desk) -> Task<ring::BitTensor> { return conditions(desk, in, rows); };
    const auto out = sum(run<ring::BitTensor>(GetParam().kind, GetParam().parties, 13, body).shares);
    for (std::size_t c = 0; c < kColumns; ++c) {
      bool all = true, any = false;
      for (std::size_t i = c; i < bits.size(); i += kColumns) {
        all &= bits[i] != 0;
        any |= bits[i] != 0;
      }
      const bool first = bits[c] != 0, last = bits[bits.size() - kColumns + c] != 0;
      EXPECT_EQ(out[c], all);
      EXPECT_EQ(out[c + kColumns], any);
      EXPECT_EQ(out[c + 2 * kColumns], first && !last);
      EXPECT_EQ(out[c + 3 * kColumns], !last);
    }
  }
}

// ---- costs
// ---------------------------------------------------------------------------------------------

static_assert(cost::largest(64, 2) == cost::mask(64) + cost::negative(64) + cost::mux(64), "as of a pair");
static_assert(cost::largest(64, 4) == Cost{5, 3 * 64 + 6 * 34 + 3, 6 * 345 + 12 + 3 * 128});
static_assert(cost::largest_full(32, 2) == Cost{5, 64 + 3 * 15 + 2 + 1, 3 * 159 + 1 + 64});
static_assert(cost::all_hold(4, 1, 4) == Cost{1, 4, 11});

class LargestCosts : public CostsOfSteps {};
INSTANTIATE_TEST_SUITE_P(Semi2k, LargestCosts, testing::ValuesIn(cost_cases()), name_of_cost_case);

Fixed stacked(Desk d, const std::vector<Arith>& x) {
  std::vector<Arith> rows;
  for (const auto& one : x) rows.push_back(d.protocol.linear(LinearMap::reshape({1, kElements}), {one}));
  return Fixed(d.protocol.linear(LinearMap::concatenate(0), rows), 0);
}

/// One level of the tree, for every fan-in.
TEST_P(LargestCosts, OfOneLevel) {
  for (unsigned rows = 2; rows <= alu::kFanIn; ++rows) {
    SCOPED_TRACE(rows);
    ASSERT_EQ(alu::plan_tree(rows, kElements, {k(), true}).size(), 1u);
    for (bool whole_ring : {false, true}) {
      const Differences differences{k() + (whole_ring ? 1 : 0)};
      const CostedStep largest = [differences](Desk d, std::vector<Arith> x) -> Task<int> {
        Alu alu(d.protocol, d.executor, {64, 18});
        auto z_task = alu.largest(stacked(d, x), differences);
        Fixed z = co_await z_task;
        co_return 0;
      };
      expect(measured(n(), k(), rows, false, largest),
             whole_ring ? cost::largest_full(k(), rows) : cost::largest(k(), rows));
    }
    const CostedStep first = [this](Desk d, std::vector<Arith> x) -> Task<int> {
      Alu alu(d.protocol, d.executor, {64, 18});
      std::vector<Fixed> companions(1, stacked(d, x));
      auto z_task = alu.first_largest(stacked(d, x), companions, Differences{k()});
      alu::Winner z = co_await z_task;
      co_return 0;
    };
    expect(measured(n(), k(), rows, false, first), cost::first_largest(k(), rows, 1));
  }
}

TEST_P(LargestCosts, AMaskServesEveryUse) {
  expect(measured(n(), k(), 4, true,
                  [this](Desk d, std::vector<Arith> x) -> Task<int> {
                    Alu alu(d.protocol, d.executor, {64, 18});
                    auto z_task = alu.largest(stacked(d, x), Differences{k()});
                    Fixed z = co_await z_task;
                    co_return 0;
                  }),
         cost::winner(k(), 4) + cost::times(3, cost::mux(k())));
}

TEST_P(LargestCosts, OneBitServesManyNumbers) {
  const CostedStep choose = [](Desk d, std::vector<Arith> x) -> Task<int> {
    Boolean b = d.protocol.constant_bits(ring::BitTensor::zeros(x[0].shape()));
    auto z_task = d.protocol.choose(b, x);
    protocol::Chosen z = co_await z_task;
    co_return 0;
  };
  expect(measured(n(), k(), 3, true, choose), cost::choose(k(), 3));
  expect(measured(n(), k(), 3, false, choose), cost::times(3, cost::mask(k())) | cost::choose(k(), 3));
}

TEST_P(LargestCosts, ConditionsOpenTheirRowsOnce) {
  expect(measured(n(), k(), 1, true,
                  [](Desk d, std::vector<Arith> x) -> Task<int> {
                    Boolean b = d.protocol.constant_bits(ring::BitTensor::zeros({9, kElements}));
                    std::vector<Condition> wanted(2);
                    wanted[0].set = {0, 1, 2};
                    wanted[0].clear = {4};
                    wanted[1].clear = {4, 5, 6, 8};
                    auto z_task = d.protocol.all_hold(b, wanted);
                    Boolean z = co_await z_task;
                    co_return static_cast<int>(x.size());
                  }),
         cost::all_hold(7, 2, 4));
}

}  // namespace
}  // namespace spud::contract
