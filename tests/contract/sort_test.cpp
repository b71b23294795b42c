// SPDX-License-Identifier: Apache-2.0
// Sorting against std::stable_sort, for every protocol, ring and number of parties; and that what is opened
// on the way has nothing to do with the numbers.
#include "alu/sort.hpp"

#include <algorithm>
#include <map>
#include <numeric>

#include "alu/order.hpp"
#include "tests/contract/lockstep.hpp"
#include "tests/contract/measured_cost.hpp"
#include "tests/contract/step_on_numbers.hpp"

namespace spud::contract {
namespace {

using alu::SortKey;
using ring::LinearMap;

struct KeySpec {
  unsigned bits;
  bool is_signed = true;
  bool is_descending = false;
  unsigned width = 0;
};

/// Row numbers of the shuffled and sorted rows, then the keys, as one list of 128 bits.
Task<ring::Tensor> sorted(Desk d, const Inputs& in, std::int64_t batch, std::int64_t rows,
                          std::vector<KeySpec> keys, std::int64_t keep) {
  alu::Alu alu(d.protocol, d.executor, {});
  std::vector<SortKey> by;
  std::vector<Arith> columns;
  for (std::size_t i = 0; i < keys.size(); ++i) {
    auto x_task = d.protocol.input(in.words(d, i));
    Arith x = co_await x_task;
    by.emplace_back(d.protocol.linear(LinearMap::reshape({batch, rows}), {x}));
    by.back().is_signed = keys[i].is_signed;
    by.back().is_descending = keys[i].is_descending;
    by.back().width = keys[i].width;
    columns.push_back(by.back().values);
  }
  columns.push_back(
      d.protocol.linear(LinearMap::reshape({batch, rows, 1}), {alu::row_numbers(alu, batch, rows, 32)}));
  auto sorted_task = alu::sort(alu, by, columns, keep);
  std::vector<Arith> out = co_await sorted_task;
  std::vector<ring::Tensor> parts;
  for (std::size_t i = out.size(); i-- > 0;) {
    EXPECT_EQ(out[i].shape()[1], keep < 0 ? rows : keep);
    EXPECT_EQ(out[i].ring_bits(), columns[i].ring_bits());
    ring::Tensor share = ring::cast(d.protocol.output(out[i]), 128);
    parts.push_back(ring::apply_linear(LinearMap::reshape({share.elements()}), std::span(&share, 1)));
  }
  co_return ring::apply_linear(LinearMap::concatenate(0), parts);
}

class Sorts : public testing::TestWithParam<StepCase> {
 protected:
  /// Sorts, and expects what std::stable_sort does.
  void expect_sorted(std::int64_t batch, std::int64_t rows, const std::vector<KeySpec>& specs,
                     const std::vector<Numbers>& keys, std::int64_t keep = -1) {
    const unsigned n = GetParam().parties;
    Inputs in(n, GetParam().sharing, 3);
    for (const auto& key : keys) in.add(key);
    auto outcome = run<ring::Tensor>(GetParam().kind, n, 5, [&](Desk d) -> Task<ring::Tensor> {
      return sorted(d, in, batch, rows, specs, keep);
    });
    ASSERT_FALSE(outcome.shares.empty());
    const Numbers got = sum(outcome.shares);
    const std::int64_t kept = keep < 0 ? rows : keep;
    ASSERT_EQ(got.values.size(), static_cast<std::size_t>(batch * kept) * (1 + keys.size()));
    auto number = [&](std::size_t k, std::size_t at) {
      const unsigned bits =
          specs[k].width > 0 && specs[k].width <= 32 ? std::min(32u, keys[k].bits) : keys[k].bits;
      const Wide mask = Numbers{bits, {}}.mask();
      Wide value = keys[k].values[at] & mask;
      if (specs[k].is_signed) value = (value + (Wide{1} << (bits - 1))) & mask;
      return specs[k].is_descending ? mask - value : value;
    };
    for (std::int64_t b = 0; b < batch; ++b) {
      std::vector<std::size_t> order(static_cast<std::size_t>(rows));
      std::iota(order.begin(), order.end(), static_cast<std::size_t>(b * rows));
      std::stable_sort(order.begin(), order.end(), [&](std::size_t x, std::size_t y) {
        for (std::size_t k = 0; k < keys.size(); ++k) {
          if (number(k, x) != number(k, y)) return number(k, x) < number(k, y);
        }
        return false;
      });
      for (std::int64_t i = 0; i < kept; ++i) {
        const auto at = static_cast<std::size_t>(b * kept + i);
        const std::size_t from = order[static_cast<std::size_t>(i)];
        ASSERT_TRUE((got.values[at] & 0xffffffff) == from - static_cast<std::size_t>(b * rows))
            << "batch " << b << ", row " << i;
        for (std::size_t k = 0; k < keys.size(); ++k) {
          const auto column = static_cast<std::size_t>(batch * kept) * (keys.size() - k);
          const Wide mask = Numbers{keys[k].bits, {}}.mask();
          ASSERT_TRUE((got.values[column + at] & mask) == (keys[k].values[from] & mask)) << "key " << k;
        }
      }
    }
  }
};
INSTANTIATE_TEST_SUITE_P(Protocols, Sorts, testing::ValuesIn(step_cases()), name_of_step_case);

TEST_P(Sorts, AnyNumbersOfARing) {
  const unsigned k = GetParam().bits;
  for (bool is_signed : {true, false}) {
    for (bool is_descending : {false, true}) {
      expect_sorted(3, 20, {{k, is_signed, is_descending}}, {sample(k, 60, 7)});
    }
  }
}

TEST_P(Sorts, EqualRowsKeepTheirOrder) {
  const unsigned k = GetParam().bits;
  Numbers few{k, {}};
  for (unsigned i = 0; i < 50; ++i) few.values.push_back(i * i % 3);
  expect_sorted(1, 50, {{k}}, {few});
  expect_sorted(1, 50, {{k, true, true}}, {few});
  expect_sorted(1, 50, {{k}}, {Numbers{k, std::vector<Wide>(50, 2)}});
}

TEST_P(Sorts, BySeveralKeys) {
  const unsigned k = GetParam().bits;
  Numbers first{k, {}};
  for (unsigned i = 0; i < 40; ++i) first.values.push_back(i * i % 4);
  expect_sorted(2, 20, {{k, true, true}, {k, false}}, {first, sample(k, 40, 9)});
  expect_sorted(2, 20, {{k}, {32, true, true, 20}, {k}}, {first, sample(32, 40, 9), sample(k, 40, 10)});
}

TEST_P(Sorts, FewRowsAndNone) {
  const unsigned k = GetParam().bits;
  expect_sorted(1, 1, {{k}}, {Numbers{k, {5}}});
  expect_sorted(4, 1, {{k}}, {Numbers{k, {3, 2, 1, 0}}});
  expect_sorted(1, 0, {{k}}, {Numbers{k, {}}});
  expect_sorted(0, 3, {{k}}, {Numbers{k, {}}});
  expect_sorted(2, 2, {{k}}, {Numbers{k, {3, 2, 2, 3}}});
}

TEST_P(Sorts, KeepAsManyAsAreWanted) {
  const unsigned k = GetParam().bits;
  for (std::int64_t keep : {0, 1, 5, 20}) expect_sorted(3, 20, {{k, true, true}}, {sample(k, 60, 7)}, keep);
}

TEST_P(Sorts, NumbersOutsideTheirStatedWidthByTheirLowBits) {
  const unsigned k = GetParam().bits;
  if (k == 4) return;
  expect_sorted(3, 20, {{k, true, false, 9}}, {sample(k, 60, 7)});
}

TEST_P(Sorts, ManyRows) {
  const unsigned k = GetParam().bits;
  if (k != 64 || GetParam().sharing != Sharing::kRandom) return;
  expect_sorted(1, 1'500, {{k}}, {sample(k, 1'500, 7)});
  Numbers few{k, {}};
  for (unsigned i = 0; i < 1'500; ++i) few.values.push_back(i * i % 7);
  expect_sorted(1, 1'500, {{k}}, {few});
  expect_sorted(20, 100, {{k, true, false, 20}}, {Numbers{k, std::vector<Wide>(2'000, 1)}});
}

// ---- what it costs
// --------------------------------------------------------------------------------------------

/// Rows, and times as many bits as rows are compared.
class SortCosts : public testing::TestWithParam<unsigned> {};
INSTANTIATE_TEST_SUITE_P(Parties, SortCosts, testing::Values(2u, 3u, 5u));

TEST_P(SortCosts, AreTheShufflesAndTheComparisons) {
  const unsigned n = GetParam();
  for (unsigned k : {64u, 128u}) {
    for (std::int64_t rows : {40, 1'000}) {
      const auto elements = static_cast<std::uint64_t>(rows);
      Inputs in(n, Sharing::kRandom, 3);
      in.add(sample(k, static_cast<unsigned>(rows), 7));
      auto outcome = run<ring::Tensor>(ProtocolKind::kSemi2k, n, 5, [&](Desk d) -> Task<ring::Tensor> {
        return sorted(d, in, 1, rows, std::vector<KeySpec>(1, KeySpec{k}), -1);
      });
      const unsigned width = 64 + (rows == 40 ? 6 : 10) + 1;
      // The key, masked once, as a number of the larger ring, or its halves as two; then these, the key and
      // the row's number are shuffled.
      Cost a_row, compared;
      if (k == 64) {
        const Cost moved =
            cost::shuffle(n, 128, false) | cost::shuffle(n, 64, true) | cost::shuffle(n, 32, false);
        a_row = cost::mask(64) + cost::widen(64, 128) + moved;
        compared = cost::opened_comparison(width);
      } else {
        const Cost half = cost::mask(64) + cost::widen(64, 128);
        const Cost moved = cost::shuffle(n, 128, false) | cost::shuffle(n, 128, false) |
                           cost::shuffle(n, 128, true) | cost::shuffle(n, 32, false);
        a_row = cost::mask(128) + cost::shift_right_full(128, 64) + (half | half) + moved;
        compared =
            ((cost::mask(65) + cost::negative_bounded(65)) | (cost::mask(65) + cost::is_zero_bounded(65)) |
             (cost::mask(width) + cost::negative_bounded(width))) +
            cost::logical_and() + cost::reveal_order();
      }
      Cost total{a_row.rounds, elements * a_row.opened_bits, elements * a_row.dealt_bits};
      for (const auto& stage : alu::plan_order(1, rows)) {
        for (std::int64_t count : stage.levels) {
          const auto times = static_cast<std::uint64_t>(count);
          total = total + Cost{compared.rounds, times * compared.opened_bits, times * compared.dealt_bits};
        }
      }
      expect(Cost{outcome.traffic.rounds, outcome.traffic.opened_bits, outcome.dealt.dealt_bits}, total);
    }
  }
}

// ---- what it shows
// -------------------------------------------------------------------------------------------

using Compare = std::function<Task<int>(Desk, Arith)>;

/// How often the outcomes of the three comparisons of three rows, (1, 0), (2, 0) and (2, 1), are each thing,
/// over many batches of the same three numbers.
std::map<unsigned, int> outcomes(unsigned parties, std::array<std::uint64_t, 3> numbers,
                                 const Compare& compare) {
  constexpr std::int64_t kBatch = 30'000;
  Inputs in(parties, Sharing::kRandom, 9);
  Numbers x{64, {}};
  for (std::int64_t i = 0; i < 3 * kBatch; ++i) x.values.push_back(numbers[static_cast<std::size_t>(i % 3)]);
  in.add(x);
  StreamsOfAll streams;
  for (unsigned p = 0; p < parties; ++p)
    streams.push_back(std::make_shared<correlation::SeedStreams>(seed_of(700 + p)));
  auto played = play<int>(streams, [&](Desk desk) -> Task<int> {
    return [](Desk d, const Inputs& inputs, const Compare& step) -> Task<int> {
      auto x_task = d.protocol.input(inputs.words(d, 0));
      Arith value = co_await x_task;
      auto done_task = step(d, d.protocol.linear(LinearMap::reshape({kBatch, 3}), {value}));
      int done = co_await done_task;
      co_return done;
    }(desk, in, compare);
  });
  Bytes opened;
  for (const auto& sent : played.sent) {
    unsigned results = 0;
    for (const auto& one : sent) {
      if (!one.is_result) continue;
      ++results;
      opened.resize(one.bytes.size());
      for (std::size_t i = 0; i < opened.size(); ++i) opened[i] ^= one.bytes[i];
    }
    EXPECT_EQ(results, 1u);
  }
  std::map<unsigned, int> count;
  for (std::size_t b = 0; b < kBatch; ++b) {
    unsigned bits = 0;
    for (std::size_t i = 0; i < 3; ++i)
      bits |= (std::to_integer<unsigned>(opened[(3 * b + i) / 8]) >> ((3 * b + i) % 8) & 1) << i;
    ++count[bits];
  }
  return count;
}

Task<int> sorting(Desk d, Arith x) {
  alu::Alu alu(d.protocol, d.executor, {});
  std::vector<SortKey> keys(1, SortKey(x));
  std::vector<Arith> columns(1, x);
  auto sorted_task = alu::sort(alu, keys, columns);
  std::vector<Arith> sorted = co_await sorted_task;
  co_return 0;
}

const std::array<std::uint64_t, 3> kCases[] = {
    {1, 2, 3}, {3, 2, 1}, {5, 5, 5}, {0, 1ull << 63, 0}, {1ull << 63, (1ull << 63) - 1, 0}};

class OpenedOrders : public testing::TestWithParam<unsigned> {};
INSTANTIATE_TEST_SUITE_P(Parties, OpenedOrders, testing::Values(2u, 3u));

TEST_P(OpenedOrders, AreUniformForAllNumbers) {
  for (const auto& numbers : kCases) {
    const auto count = outcomes(GetParam(), numbers, sorting);
    EXPECT_EQ(count.size(), 6u) << "of eight outcomes two are no order";
    for (auto [bits, times] : count) EXPECT_LT(std::abs(times - 5'000), 5 * 65) << "5σ";
  }
}

/// (1, 0), (2, 0), (2, 1) of each batch, without what a sort does first.
Task<int> comparing(Desk d, Arith x) {
  const std::int64_t batch = x.shape()[0];
  std::vector<std::uint32_t> first, second;
  for (std::int64_t b = 0; b < batch; ++b) {
    first.insert(first.end(), {1, 2, 2});
    second.insert(second.end(), {0, 0, 1});
  }
  auto rows = [&](const std::vector<std::uint32_t>& at) {
    return d.protocol.take_rows(x, ring::Tensor::of<std::uint32_t>(32, {batch, 3}, std::span(at)));
  };
  Arith difference =
      d.protocol.linear(LinearMap::of(LinearMap::Kind::kSubtract), {rows(first), rows(second)});
  auto less_task = d.protocol.negative(difference);
  Boolean less = co_await less_task;
  auto opened_task = d.protocol.reveal_order(less);
  ring::BitTensor opened = co_await opened_task;
  co_return 0;
}
Task<int> shuffled_only(Desk d, Arith x) {
  auto shuffled_task = d.protocol.shuffle(std::vector<Arith>(1, x));
  std::vector<Arith> shuffled = co_await shuffled_task;
  auto done_task = comparing(d, shuffled[0]);
  int done = co_await done_task;
  co_return done;
}

TEST(OpenedOrder, ShowsTheNumbersIfTheyAreNotShuffled) {
  EXPECT_EQ(outcomes(2, {1, 2, 3}, comparing).size(), 1u);
}
TEST(OpenedOrder, ShowsWhichNumbersAreEqualIfTiesAreNotBroken) {
  EXPECT_EQ(outcomes(2, {1, 2, 3}, shuffled_only).size(), 6u);
  EXPECT_EQ(outcomes(2, {5, 5, 5}, shuffled_only).size(), 1u);
}

}  // namespace
}  // namespace spud::contract
