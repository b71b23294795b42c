// SPDX-License-Identifier: Apache-2.0
// What the steps on bits and bounded numbers cost is what their cost functions say; and those say what
// protocols.md does, or less.
#include "tests/contract/measured_cost.hpp"

namespace spud::contract {
namespace {

using X = std::vector<Arith>;
using protocol::Shift;

static_assert(cost::negative_bounded(64) == cost::negative(64));
static_assert(cost::mask(32) + cost::negative_bounded(32) == Cost{3, 32 + 15, 159});
static_assert(cost::mask(8) + cost::look_up(2, 64, 8, 64) == Cost{2, 72, 382}, "the model's, less two bits");
static_assert(cost::mask(10) + cost::look_up_bits(10, 16) == Cost{2, 74, 276});
static_assert(cost::mask(8) + cost::look_up(3, 64, 8, 64) == Cost{2, 72, 256 + 2080});
static_assert(cost::widen_bounded_two(64, 128) == Cost{1, 1, 64});
static_assert(cost::widen_bounded_masked(64, 128) == Cost{0, 0, 192});
static_assert(cost::compose(64, 64) == Cost{1, 64, 2080});

TEST(StatedCosts, AreTheModelsOrLess) {
  // The model opens 49 and 38: bits that stand alone in a sum, or were opened already, are not opened here.
  EXPECT_EQ(cost::bits(64), (Cost{3, 43, 673}));
  EXPECT_EQ(cost::less_than_public(64, 63, {3}), (Cost{2, 33, 249 + 96}));
  EXPECT_EQ(cost::less_than_public(64, 63, {1, 3, 5, 7, 9, 11, 13, 15, 17, 19}), (Cost{2, 330, 249 + 960}));
  EXPECT_EQ(cost::less_than_public(64, 64, {-1, 1}), (Cost{2, 99, 256 + 3 * 96}));
  // What lies below a threshold's lowest one is opened once.
  EXPECT_EQ(cost::less_than_public(64, 63, {1 << 16, 5 << 16}).opened_bits, 33u + 33 - 7);
  EXPECT_EQ(cost::less_than_public(64, 63, {0, 0}), cost::less_than_public(64, 63, {0}));
}

class BitStepCosts : public CostsOfSteps {
 protected:
  std::vector<unsigned> widths() const {
    std::vector<unsigned> out;
    for (unsigned w :
         {1u, 2u, 4u, 5u, 8u, 9u, 12u, 16u, 17u, 20u, 21u, 24u, 32u, 33u, 48u, 63u, 64u, 100u, 127u, 128u})
      if (w <= k()) out.push_back(w);
    return out;
  }
};
INSTANTIATE_TEST_SUITE_P(Semi2k, BitStepCosts, testing::ValuesIn(cost_cases()), name_of_cost_case);

TEST_P(BitStepCosts, BoundedNumbersOpenTheirWidth) {
  for (unsigned width : widths()) {
    SCOPED_TRACE(width);
    const CostedStep negative = [width](Desk d, X x) -> Task<int> {
      auto z_task = d.protocol.negative(x[0], width);
      Boolean z = co_await z_task;
      co_return 0;
    };
    const CostedStep is_zero = [width](Desk d, X x) -> Task<int> {
      auto z_task = d.protocol.is_zero(x[0], width);
      Boolean z = co_await z_task;
      co_return 0;
    };
    expect(measured(n(), k(), 1, true, negative), cost::negative_bounded(width));
    expect(measured(n(), k(), 1, false, negative), cost::mask(width) + cost::negative_bounded(width));
    expect(measured(n(), k(), 1, true, is_zero), cost::is_zero_bounded(width));
    expect(measured(n(), k(), 1, false, is_zero), cost::mask(width) + cost::is_zero_bounded(width));
  }
}

TEST_P(BitStepCosts, PreparingIsAMask) {
  const CostedStep prepare = [](Desk d, X x) -> Task<int> {
    auto z_task = d.protocol.prepare(x[0]);
    Arith z = co_await z_task;
    auto again_task = d.protocol.prepare(x[0]);
    Arith again = co_await again_task;
    co_return 0;
  };
  expect(measured(n(), k(), 1, true, prepare), Cost{});
  expect(measured(n(), k(), 1, false, prepare), cost::mask(k()));
}

TEST_P(BitStepCosts, ThresholdsShareTables) {
  for (unsigned width : {1u, 7u, 16u, 31u, 32u, 63u, 64u, 127u, 128u}) {
    if (width > k()) continue;
    for (unsigned count : {1u, 5u}) {
      std::vector<__int128> thresholds{0, -1};
      for (unsigned j = 0; thresholds.size() < count; ++j)
        thresholds.push_back((__int128{j % 2 == 0 ? -1 : 1} << (5 * j + 3) % (width + 1)) >> 2);
      thresholds.resize(count);
      const CostedStep less = [width, thresholds](Desk d, X x) -> Task<int> {
        auto z_task = d.protocol.less_than_public(x[0], thresholds, width);
        std::vector<Boolean> z = co_await z_task;
        co_return 0;
      };
      const unsigned masked = width == k() ? k() : width + 1;
      expect(measured(n(), k(), 1, true, less), cost::less_than_public(k(), width, thresholds));
      expect(measured(n(), k(), 1, false, less),
             cost::mask(masked) + cost::less_than_public(k(), width, thresholds));
    }
  }
}

TEST_P(BitStepCosts, BitsAndBack) {
  for (unsigned width : widths()) {
    SCOPED_TRACE(width);
    const CostedStep bits = [width](Desk d, X x) -> Task<int> {
      auto z_task = d.protocol.bits(x[0], width);
      std::vector<Boolean> z = co_await z_task;
      co_return 0;
    };
    expect(measured(n(), k(), 1, true, bits), cost::bits(width));
    expect(measured(n(), k(), 1, false, bits), cost::mask(width) + cost::bits(width));
    expect(measured(n(), k(), 1, false,
                    [width, this](Desk d, X x) -> Task<int> {
                      std::vector<Boolean> b(width,
                                             d.protocol.constant_bits(ring::BitTensor::zeros(x[0].shape())));
                      auto z_task = d.protocol.compose(b, k());
                      Arith z = co_await z_task;
                      co_return 0;
                    }),
           cost::compose(k(), width));
  }
}

TEST_P(BitStepCosts, Shifts) {
  for (unsigned by : {1u, 3u, 4u, 8u, 16u, 17u, 18u, 31u, 63u, 100u}) {
    if (by >= k()) continue;
    SCOPED_TRACE(by);
    const CostedStep shift = [by](Desk d, X x) -> Task<int> {
      auto z_task = d.protocol.shift_right_full(x[0], by, true);
      Arith z = co_await z_task;
      co_return 0;
    };
    expect(measured(n(), k(), 1, true, shift), cost::shift_right_full(k(), by));
  }
}

TEST_P(BitStepCosts, Wraps) {
  for (unsigned width : {1u, 4u, 8u, 16u, 17u, 31u, 63u, 100u}) {
    if (width >= k()) continue;
    SCOPED_TRACE(width);
    const CostedStep wrap = [width](Desk d, X x) -> Task<int> {
      auto z_task = d.protocol.wrap(x[0], width, true);
      Arith z = co_await z_task;
      co_return 0;
    };
    expect(measured(n(), k(), 1, true, wrap), cost::wrap(k(), width));
    expect(measured(n(), k(), 1, false, wrap), cost::mask(width) + cost::wrap(k(), width));
  }
}

TEST_P(BitStepCosts, ShiftsBySecretPlaces) {
  for (Shift kind : {Shift::kLeft, Shift::kRightLogical, Shift::kRightArithmetic}) {
    expect(measured(n(), k(), 2, true,
                    [kind](Desk d, X x) -> Task<int> {
                      auto z_task = d.protocol.shift(x[0], x[1], kind);
                      Arith z = co_await z_task;
                      co_return 0;
                    }),
           kind == Shift::kLeft ? cost::shift_left_secret(n(), k()) : cost::shift_right_secret(k()));
  }
}

TEST_P(BitStepCosts, WideningBoundedNumbers) {
  for (unsigned wide : {64u, 128u}) {
    if (wide <= k()) continue;
    const CostedStep widen = [wide](Desk d, X x) -> Task<int> {
      auto z_task = d.protocol.widen_bounded(x[0], wide);
      Arith z = co_await z_task;
      co_return 0;
    };
    expect(measured(n(), k(), 1, true, widen), cost::widen_bounded_masked(k(), wide));
    expect(measured(n(), k(), 1, false, widen),
           n() == 2 ? cost::widen_bounded_two(k(), wide)
                    : cost::mask(k()) + cost::widen_bounded_masked(k(), wide));
  }
}

TEST_P(BitStepCosts, LookUps) {
  for (unsigned w : {1u, 4u, 8u, 9u, 10u, 12u}) {
    for (unsigned width : {1u, 3u, 16u, k()}) {
      SCOPED_TRACE(std::to_string(w) + " bits of index, " + std::to_string(width) + " of an entry");
      Numbers entries{k(), {}};
      for (unsigned i = 0; i < 1u << w; ++i) entries.values.push_back(Wide{1} << (width - 1));
      const ring::Tensor table = entries.tensor();
      expect(measured(n(), k(), 1, true,
                      [table, width](Desk d, X x) -> Task<int> {
                        auto z_task = d.protocol.look_up_bits(x[0], table, width);
                        std::vector<Boolean> z = co_await z_task;
                        co_return 0;
                      }),
             cost::look_up_bits(w, width));
      expect(measured(n(), k(), 1, false,
                      [table](Desk d, X x) -> Task<int> {
                        auto z_task = d.protocol.look_up(x[0], table);
                        Arith z = co_await z_task;
                        co_return 0;
                      }),
             cost::mask(w) + cost::look_up(n(), k(), w, width));
    }
  }
}

TEST_P(BitStepCosts, FunctionsInPieces) {
  if (n() > 2) return;  // made of look-ups and products, which are counted by themselves
  for (unsigned w : {1u, 4u, 8u}) {
    for (unsigned degree : {0u, 1u, 2u, 3u}) {
      SCOPED_TRACE(std::to_string(w) + " bits of place, degree " + std::to_string(degree));
      const std::vector<ring::Tensor> tables(degree + 1, ring::Tensor::zeros(k(), {std::int64_t{1} << w}));
      for (bool is_masked : {false, true}) {
        const Cost step = cost::interpolate_two(k(), w, degree);
        expect(measured(n(), k(), 1, is_masked,
                        [tables](Desk d, X x) -> Task<int> {
                          auto z_task = d.protocol.interpolate(x[0], 6, 2, tables);
                          Arith z = co_await z_task;
                          co_return 0;
                        }),
               is_masked ? step : cost::mask(6 + w) + step);
      }
    }
  }
}

/// Truncation of a masked value sends nothing, for every ring, number of parties and number of bits.
TEST_P(BitStepCosts, TruncationOfAMaskedValue) {
  for (unsigned by : {1u, 8u, 18u, k() - 3}) {
    expect(measured(n(), k(), 1, true,
                    [by](Desk d, X x) -> Task<int> {
                      auto z_task = d.protocol.truncate(x[0], by);
                      Arith z = co_await z_task;
                      co_return 0;
                    }),
           cost::truncate_masked(k(), by));
  }
}

}  // namespace
}  // namespace spud::contract
