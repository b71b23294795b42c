// SPDX-License-Identifier: Apache-2.0
// Secret permutations of rows: all columns move alike, each batch for itself, and every order comes about.
#include <algorithm>
#include <map>

#include "tests/contract/measured_cost.hpp"
#include "tests/contract/step_on_numbers.hpp"

namespace spud::contract {
namespace {

using ring::LinearMap;

struct Column {
  unsigned bits;
  Shape row;    ///< what follows [batch, rows]
  bool masked;  ///< before it is shuffled
};

/// Shares of the shuffled columns, one tensor of 128 bits a column, flat, one after the other.
Task<ring::Tensor> shuffled(Desk d, const Inputs& in, std::int64_t batch, std::int64_t rows,
                            const std::vector<Column>& columns) {
  std::vector<Arith> x;
  for (std::size_t i = 0; i < columns.size(); ++i) {
    auto column_task = d.protocol.input(in.words(d, i));
    Arith column = co_await column_task;
    if (columns[i].masked) {
      auto masked_task = d.protocol.prepare(column);
      column = co_await masked_task;
    }
    Shape shape{batch, rows};
    shape.insert(shape.end(), columns[i].row.begin(), columns[i].row.end());
    x.push_back(d.protocol.linear(LinearMap::reshape(shape), {column}));
  }
  auto out_task = d.protocol.shuffle(x);
  std::vector<Arith> out = co_await out_task;
  std::vector<ring::Tensor> parts;
  for (std::size_t i = 0; i < out.size(); ++i) {
    EXPECT_EQ(out[i].shape(), x[i].shape());
    EXPECT_EQ(out[i].ring_bits(), x[i].ring_bits());
    ring::Tensor share = ring::cast(d.protocol.output(out[i]), 128);
    parts.push_back(ring::apply_linear(LinearMap::reshape({share.elements()}), std::span(&share, 1)));
  }
  co_return ring::apply_linear(LinearMap::concatenate(0), parts);
}

class Shuffles : public testing::TestWithParam<StepCase> {
 protected:
  unsigned n() const { return GetParam().parties; }
  unsigned k() const { return GetParam().bits; }

  /// Column by column the numbers, of columns whose elements are their flat places.
  std::vector<std::vector<Wide>> shuffle(std::int64_t batch, std::int64_t rows,
                                         const std::vector<Column>& columns, unsigned seed = 3) {
    Inputs in(n(), GetParam().sharing, seed);
    std::vector<std::size_t> sizes;
    for (const auto& column : columns) {
      sizes.push_back(static_cast<std::size_t>(batch * rows * element_count(column.row)));
      Numbers x{column.bits, {}};
      for (std::size_t i = 0; i < sizes.back(); ++i) x.values.push_back(i);
      in.add(x);
    }
    auto outcome = run<ring::Tensor>(GetParam().kind, n(), seed, [&](Desk d) -> Task<ring::Tensor> {
      return shuffled(d, in, batch, rows, columns);
    });
    Numbers all = sum(outcome.shares);
    std::vector<std::vector<Wide>> out;
    std::size_t at = 0;
    for (std::size_t c = 0; c < columns.size(); ++c) {
      const Wide mask = Numbers{columns[c].bits, {}}.mask();
      auto& column = out.emplace_back();
      for (std::size_t i = 0; i < sizes[c]; ++i) column.push_back(all.values.at(at++) & mask);
    }
    return out;
  }
};
INSTANTIATE_TEST_SUITE_P(Protocols, Shuffles, testing::ValuesIn(step_cases()), name_of_step_case);

TEST_P(Shuffles, MoveAllColumnsAlikeAndEachBatchByItself) {
  const std::int64_t batch = k() == 4 ? 1 : 3, rows = k() == 4 ? 3 : 20;
  const std::vector<Column> columns{
      {k(), {}, false}, {k(), {2}, true}, {k() == 32 ? 64u : k(), {1, 2}, false}, {k(), {}, true}};
  const auto out = shuffle(batch, rows, columns);
  std::vector<std::vector<Wide>> orders;
  for (std::int64_t b = 0; b < batch; ++b) {
    std::vector<Wide> order(out[0].begin() + b * rows, out[0].begin() + (b + 1) * rows);
    for (auto& place : order) place -= static_cast<Wide>(b * rows);
    for (std::size_t c = 0; c < columns.size(); ++c) {
      const std::int64_t width = element_count(columns[c].row);
      for (std::int64_t i = 0; i < rows * width; ++i) {
        const auto row = static_cast<std::size_t>(i / width);
        const Wide want = (static_cast<Wide>(b * rows) + order[row]) * static_cast<Wide>(width) +
                          static_cast<Wide>(i % width);
        ASSERT_TRUE(out[c][static_cast<std::size_t>(b * rows * width + i)] == want) << "column " << c;
      }
    }
    orders.push_back(order);
    std::sort(order.begin(), order.end());
    for (std::size_t i = 0; i < order.size(); ++i) ASSERT_TRUE(order[i] == i) << "every row once";
  }
  if (k() == 4) return;
  EXPECT_NE(orders[0], orders[1]) << "batches move apart";
  EXPECT_FALSE(std::is_sorted(orders[0].begin(), orders[0].end()));
}

TEST_P(Shuffles, OfNothingAndOfOneRow) {
  const std::vector<Column> columns{{k(), {}, false}};
  EXPECT_TRUE(shuffle(1, 0, columns)[0].empty());
  EXPECT_TRUE(shuffle(2, 1, columns)[0] == (std::vector<Wide>{0, 1}));
}

TEST(ShufflesOfTwoParties, BringAboutEveryOrderAlike) {
  std::map<std::vector<Wide>, int> count;
  constexpr std::int64_t kBatch = 60'000;
  Inputs in(2, Sharing::kRandom, 3);
  Numbers x{32, {}};
  for (std::int64_t i = 0; i < 3 * kBatch; ++i) x.values.push_back(static_cast<Wide>(i % 3));
  in.add(x);
  const std::vector<Column> columns{{32, {}, false}};
  auto outcome = run<ring::Tensor>(ProtocolKind::kSemi2k, 2, 5, [&](Desk d) -> Task<ring::Tensor> {
    return shuffled(d, in, kBatch, 3, columns);
  });
  const Numbers out = sum(outcome.shares);
  for (std::size_t b = 0; b < kBatch; ++b)
    ++count[{out.values[3 * b] & 3, out.values[3 * b + 1] & 3, out.values[3 * b + 2] & 3}];
  ASSERT_EQ(count.size(), 6u);
  for (const auto& [order, times] : count) EXPECT_LT(std::abs(times - 10'000), 5 * 92) << "5σ";
}

static_assert(cost::shuffle(2, 64, false) == Cost{2, 128, 128});
static_assert(cost::shuffle(2, 64, true) == Cost{1, 64, 128});

class ShuffleCosts : public CostsOfSteps {};
INSTANTIATE_TEST_SUITE_P(Semi2k, ShuffleCosts, testing::ValuesIn(cost_cases()), name_of_cost_case);

TEST_P(ShuffleCosts, AreAMaskAndADealtShareAParty) {
  for (bool masked : {false, true}) {
    const CostedStep one = [](Desk d, std::vector<Arith> x) -> Task<int> {
      auto z_task = d.protocol.shuffle({d.protocol.linear(LinearMap::reshape({4, 16}), {x[0]})});
      std::vector<Arith> z = co_await z_task;
      co_return 0;
    };
    expect(measured(n(), k(), 1, masked, one), cost::shuffle(n(), k(), masked));
    const CostedStep two = [](Desk d, std::vector<Arith> x) -> Task<int> {
      std::vector<Arith> columns{d.protocol.linear(LinearMap::reshape({1, 64}), {x[0]}),
                                 d.protocol.linear(LinearMap::reshape({1, 64}), {x[1]})};
      auto z_task = d.protocol.shuffle(columns);
      std::vector<Arith> z = co_await z_task;
      co_return 0;
    };
    expect(measured(n(), k(), 2, masked, two),
           cost::shuffle(n(), k(), masked) | cost::shuffle(n(), k(), masked));
  }
}

TEST_P(ShuffleCosts, DropTheMask) {
  expect(
      measured(n(), k(), 1, true,
               [](Desk d, std::vector<Arith> x) -> Task<int> {
                 auto z_task = d.protocol.shuffle({d.protocol.linear(LinearMap::reshape({1, 64}), {x[0]})});
                 std::vector<Arith> z = co_await z_task;
                 auto square_task = d.protocol.multiply(z[0], z[0]);
                 Arith square = co_await square_task;
                 co_return 0;
               }),
      cost::shuffle(n(), k(), true) + cost::mask(k()) + cost::product(k()));
}

TEST_P(ShuffleCosts, TakingRowsIsLocalAndDropsTheMask) {
  expect(measured(n(), k(), 1, true,
                  [](Desk d, std::vector<Arith> x) -> Task<int> {
                    Arith column = d.protocol.linear(LinearMap::reshape({1, 64}), {x[0]});
                    Arith taken = d.protocol.take_rows(column, ring::Tensor::zeros(32, {1, 64}));
                    auto z_task = d.protocol.prepare(taken);
                    Arith z = co_await z_task;
                    co_return 0;
                  }),
         cost::mask(k()));
}

TEST_P(ShuffleCosts, ARevealedBitIsOneBit) {
  expect(measured(n(), k(), 1, true,
                  [](Desk d, std::vector<Arith> x) -> Task<int> {
                    auto sign_task = d.protocol.negative(x[0]);
                    Boolean sign = co_await sign_task;
                    auto order_task = d.protocol.reveal_order(sign);
                    ring::BitTensor order = co_await order_task;
                    co_return 0;
                  }),
         cost::negative(k()) + cost::reveal_order());
}

}  // namespace
}  // namespace spud::contract
