// SPDX-License-Identifier: Apache-2.0
// What every step of semi2k costs, as it is counted on the channel and on the tape, is exactly what its cost
// function says; and those say what protocols.md does.
#include "tests/contract/measured_cost.hpp"

namespace spud::contract {
namespace {

using protocol::ExpWindow;

static_assert(cost::mask(64) == Cost{1, 64, 0});
static_assert(cost::product(64) == Cost{0, 0, 64});
static_assert(cost::truncate_two(18) == Cost{1, 1, 18});
static_assert(cost::truncate_masked(64, 18) == Cost{0, 0, 64 + 18});
static_assert(cost::negative(64) == Cost{2, 33, 345});
static_assert(cost::negative(32) == Cost{2, 15, 159});
static_assert(cost::is_zero(64) == Cost{2, 20, 311});
static_assert(cost::to_arith(64) == Cost{1, 1, 64});
static_assert(cost::mux(64) == Cost{1, 1, 128});
static_assert(cost::logical_and() == Cost{1, 2, 1});
static_assert(cost::mask(64) + cost::negative(64) + cost::mux(64) == Cost{4, 98, 473}, "ReLU");
static_assert(cost::exp(2, ExpWindow{}) == Cost{2, 24, 554});

/// Normaliser: weight 2^(w − 1 − j) at position j.
constexpr unsigned normaliser_bits(unsigned k, unsigned width) {
  unsigned bits = 0;
  for (unsigned j = 0; j < width; ++j) bits += k - (width - 1 - j);
  return bits;
}
// The model opens 66 and 29 bits: what stands alone in a sum, or was opened already, is not opened here.
TEST(StatedCosts, OfNormalisersAreTheModelsOrLess) {
  EXPECT_EQ(cost::leading_one(32, normaliser_bits(64, 32)), (Cost{6, 62, 2150}));
  EXPECT_EQ(cost::leading_one(16, normaliser_bits(64, 16)), (Cost{5, 27, 1105}));
}

class Costs : public CostsOfSteps {};
INSTANTIATE_TEST_SUITE_P(Semi2k, Costs, testing::ValuesIn(cost_cases()), name_of_cost_case);

TEST_P(Costs, LocalStepsAreFree) {
  for (bool masked : {false, true}) {
    expect(measured(n(), k(), 2, masked,
                    [](Desk d, std::vector<Arith> x) -> Task<int> {
                      auto& p = d.protocol;
                      ring::Tensor two = ring::Tensor::zeros(x[0].ring_bits(), x[0].shape());
                      Arith sum = p.linear(ring::LinearMap::of(ring::LinearMap::Kind::kAdd), {x[0], x[1]});
                      Arith moved = p.linear(ring::LinearMap::reshape({8, 8}), {p.add_public(sum, two)});
                      Arith times = p.multiply_public(p.linear(ring::LinearMap::shift_left(1), {sum}), two);
                      (void)p.output(times);
                      (void)p.output(moved);
                      co_return 0;
                    }),
           Cost{});
  }
}

TEST_P(Costs, ProductsOpenTheirMasksOnly) {
  const CostedStep product = [](Desk d, std::vector<Arith> x) -> Task<int> {
    auto z_task = d.protocol.multiply(x[0], x[1]);
    Arith z = co_await z_task;
    co_return 0;
  };
  expect(measured(n(), k(), 2, true, product), cost::product(k()));
  expect(measured(n(), k(), 2, false, product), (cost::mask(k()) | cost::mask(k())) + cost::product(k()));
}

TEST_P(Costs, MatrixProductsAreDealtAnOutputElement) {
  expect(measured(n(), k(), 2, true,
                  [](Desk d, std::vector<Arith> x) -> Task<int> {
                    Arith a = d.protocol.linear(ring::LinearMap::reshape({1, 4, 16}), {x[0]});
                    Arith b = d.protocol.linear(ring::LinearMap::reshape({1, 16, 4}), {x[1]});
                    auto z_task = d.protocol.matmul(a, b);
                    Arith z = co_await z_task;  // 16 elements of 64
                    auto again_task = d.protocol.matmul(a, b);
                    Arith again = co_await again_task;
                    auto third_task = d.protocol.matmul(a, b);
                    Arith third = co_await third_task;
                    auto fourth_task = d.protocol.matmul(a, b);
                    Arith fourth = co_await fourth_task;
                    co_return 0;
                  }),
         cost::product(k()));
}

TEST_P(Costs, Truncation) {
  const CostedStep truncate = [this](Desk d, std::vector<Arith> x) -> Task<int> {
    auto z_task = d.protocol.truncate(x[0], f());
    Arith z = co_await z_task;
    co_return 0;
  };
  expect(measured(n(), k(), 1, true, truncate), cost::truncate_masked(k(), f()));
  expect(measured(n(), k(), 1, false, truncate),
         n() == 2 ? cost::truncate_two(f()) : cost::mask(k()) + cost::truncate_masked(k(), f()));
}

TEST_P(Costs, ShiftRight) {
  expect(measured(n(), k(), 1, true,
                  [this](Desk d, std::vector<Arith> x) -> Task<int> {
                    auto z_task = d.protocol.shift_right(x[0], f());
                    Arith z = co_await z_task;
                    co_return 0;
                  }),
         cost::shift_right(k(), f()));
}

TEST_P(Costs, Signs) {
  expect(measured(n(), k(), 1, true,
                  [](Desk d, std::vector<Arith> x) -> Task<int> {
                    auto z_task = d.protocol.negative(x[0]);
                    Boolean z = co_await z_task;
                    co_return 0;
                  }),
         cost::negative(k()));
}

TEST_P(Costs, Less) {
  expect(measured(n(), k(), 2, true,
                  [](Desk d, std::vector<Arith> x) -> Task<int> {
                    auto z_task = d.protocol.less(x[0], x[1], true);
                    Boolean z = co_await z_task;
                    co_return 0;
                  }),
         cost::less(k()));
}

TEST_P(Costs, IsZero) {
  expect(measured(n(), k(), 1, true,
                  [](Desk d, std::vector<Arith> x) -> Task<int> {
                    auto z_task = d.protocol.is_zero(x[0]);
                    Boolean z = co_await z_task;
                    co_return 0;
                  }),
         cost::is_zero(k()));
}

TEST_P(Costs, StepsOnBits) {
  const Cost both = cost::negative(k()) | cost::negative(k());
  expect(measured(n(), k(), 2, true,
                  [](Desk d, std::vector<Arith> x) -> Task<int> {
                    Started<Boolean> a(d.executor, d.protocol.negative(x[0]));
                    Started<Boolean> b(d.executor, d.protocol.negative(x[1]));
                    Boolean left = co_await a;
                    Boolean right = co_await b;
                    auto z_task = d.protocol.logical_and(left, right);
                    Boolean z = co_await z_task;
                    co_return 0;
                  }),
         both + cost::logical_and());
  expect(measured(n(), k(), 1, true,
                  [this](Desk d, std::vector<Arith> x) -> Task<int> {
                    auto a_task = d.protocol.negative(x[0]);
                    Boolean a = co_await a_task;
                    auto z_task = d.protocol.to_arith(a, k());
                    Arith z = co_await z_task;
                    co_return 0;
                  }),
         cost::negative(k()) + cost::to_arith(k()));
}

TEST_P(Costs, MuxMasksItsNumberInTheRoundOfItsBit) {
  const CostedStep mux = [](Desk d, std::vector<Arith> x) -> Task<int> {
    Boolean b = d.protocol.constant_bits(ring::BitTensor::zeros(x[0].shape()));
    auto z_task = d.protocol.mux(b, x[0]);
    Arith z = co_await z_task;
    co_return 0;
  };
  expect(measured(n(), k(), 1, true, mux), cost::mux(k()));
  expect(measured(n(), k(), 1, false, mux), cost::mask(k()) | cost::mux(k()));
}

TEST_P(Costs, ReluMasksOnce) {
  expect(measured(n(), k(), 1, false,
                  [](Desk d, std::vector<Arith> x) -> Task<int> {
                    auto below_task = d.protocol.negative(x[0]);
                    Boolean below = co_await below_task;
                    auto z_task = d.protocol.mux(d.protocol.logical_not(below), x[0]);
                    Arith z = co_await z_task;
                    co_return 0;
                  }),
         cost::mask(k()) + cost::negative(k()) + cost::mux(k()));
}

TEST_P(Costs, Widen) {
  if (k() == 128) return;  // there is no larger ring
  for (bool is_signed : {false, true}) {
    expect(measured(n(), k(), 1, true,
                    [this, is_signed](Desk d, std::vector<Arith> x) -> Task<int> {
                      auto z_task = d.protocol.widen(x[0], 2 * k(), is_signed);
                      Arith z = co_await z_task;
                      co_return 0;
                    }),
           cost::widen(k(), 2 * k()));
  }
}

TEST_P(Costs, ExpOfEveryWindow) {
  for (int high : {-3, 0, 3, 8, 14}) {
    for (unsigned relative : {64u, 18u}) {
      const ExpWindow window{f(), f(), high, relative};
      expect(measured(n(), k(), 1, false,
                      [window](Desk d, std::vector<Arith> x) -> Task<int> {
                        auto z_task = d.protocol.exp(x[0], window);
                        Arith z = co_await z_task;
                        co_return 0;
                      }),
             cost::exp(n(), window));
    }
  }
}

TEST_P(Costs, LeadingOneOfEveryWidth) {
  for (unsigned width : {8u, 12u, 16u, 20u, 32u, 44u, 48u, 52u, 60u, 64u}) {
    if (width > k()) continue;
    // The normaliser, and next to it a list whose weights are odd.
    for (bool with_odd : {false, true}) {
      std::vector<std::vector<std::int64_t>> weights(1);
      for (unsigned j = 0; j < width; ++j)
        weights[0].push_back(static_cast<std::int64_t>(std::uint64_t{1} << (width - 1 - j)));
      if (with_odd) weights.emplace_back(width, 3);
      expect(measured(n(), k(), 1, true,
                      [width, weights](Desk d, std::vector<Arith> x) -> Task<int> {
                        auto z_task = d.protocol.leading_one(x[0], width, weights);
                        std::vector<Arith> z = co_await z_task;
                        co_return static_cast<int>(z.size());
                      }),
             cost::leading_one(width, with_odd ? width * k() : normaliser_bits(k(), width)));
    }
  }
}

TEST_P(Costs, IndependentStepsShareRounds) {
  const Cost all = cost::negative(k()) | cost::is_zero(k());
  expect(measured(n(), k(), 1, true,
                  [](Desk d, std::vector<Arith> x) -> Task<int> {
                    Started<Boolean> a(d.executor, d.protocol.negative(x[0]));
                    Started<Boolean> b(d.executor, d.protocol.is_zero(x[0]));
                    Boolean left = co_await a;
                    Boolean right = co_await b;
                    co_return 0;
                  }),
         all);
}

}  // namespace
}  // namespace spud::contract
