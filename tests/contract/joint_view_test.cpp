// SPDX-License-Identifier: Apache-2.0
// What all parties but one see together (their shares and coins, what they receive, what is dealt to them)
// has the same distribution whatever the inputs are: tried over every coin of the one, at k = 4. And every
// single coin is needed: without it, or with another's in its place, the view says something.
#include "tests/contract/joint_view.hpp"

#include "protocol/semi2k/semi2k.hpp"
#include "ring/map.hpp"

namespace spud::contract {
namespace {

using Words = std::vector<Arith>;
using Bits = std::vector<Boolean>;

Task<int> mask(Desk d, Words x, Bits) {
  auto masked_task = dynamic_cast<protocol::semi2k::Semi2k&>(d.protocol).masked(x[0]);
  auto masked = co_await masked_task;
  (void)masked;
  co_return 0;
}
Task<int> product(Desk d, Words x, Bits) {
  auto z_task = d.protocol.multiply(x[0], x[1]);
  Arith z = co_await z_task;
  co_return 0;
}
/// Δ of views serves again; the product of the views is dealt afresh.
Task<int> products_of_one_mask(Desk d, Words x, Bits) {
  auto square_task = d.protocol.multiply(x[0], x[0]);
  Arith square = co_await square_task;
  Arith twice = d.protocol.linear(ring::LinearMap::shift_left(1), {x[0]});
  auto again_task = d.protocol.multiply(twice, x[0]);
  Arith again = co_await again_task;
  co_return 0;
}
Task<int> truncate(Desk d, Words x, Bits) {
  auto z_task = d.protocol.truncate(x[0], 1);
  Arith z = co_await z_task;
  co_return 0;
}
Task<int> truncate_masked(Desk d, Words x, Bits) {
  auto masked_task = dynamic_cast<protocol::semi2k::Semi2k&>(d.protocol).masked(x[0]);
  auto masked = co_await masked_task;
  (void)masked;
  auto z_task = d.protocol.truncate(x[0], 1);
  Arith z = co_await z_task;
  co_return 0;
}
Task<int> shift_right(Desk d, Words x, Bits) {
  auto z_task = d.protocol.shift_right(x[0], 1);
  Arith z = co_await z_task;
  co_return 0;
}
Task<int> negative(Desk d, Words x, Bits) {
  auto z_task = d.protocol.negative(x[0]);
  Boolean z = co_await z_task;
  co_return 0;
}
Task<int> less(Desk d, Words x, Bits) {
  auto z_task = d.protocol.less(x[0], x[1], true);
  Boolean z = co_await z_task;
  co_return 0;
}
Task<int> is_zero(Desk d, Words x, Bits) {
  auto z_task = d.protocol.is_zero(x[0]);
  Boolean z = co_await z_task;
  co_return 0;
}
Task<int> logical_and(Desk d, Words, Bits b) {
  auto z_task = d.protocol.logical_and(b[0], b[1]);
  Boolean z = co_await z_task;
  co_return 0;
}
/// A bit that was opened masked is used in two products, each opened under a mask of its own.
Task<int> two_products_of_a_bit(Desk d, Words, Bits b) {
  auto first_task = d.protocol.logical_and(b[0], b[1]);
  Boolean first = co_await first_task;
  Boolean either = d.protocol.exclusive_or(b[0], b[1]);
  auto second_task = d.protocol.logical_and(d.protocol.exclusive_or(first, b[0]), either);
  Boolean second = co_await second_task;
  co_return 0;
}
Task<int> to_arith(Desk d, Words, Bits b) {
  auto z_task = d.protocol.to_arith(b[0], 4);
  Arith z = co_await z_task;
  co_return 0;
}
Task<int> mux(Desk d, Words x, Bits b) {
  auto z_task = d.protocol.mux(b[0], x[0]);
  Arith z = co_await z_task;
  co_return 0;
}

Boolean rows_of(Desk d, const Bits& b) {
  Bits rows;
  for (const auto& one : b) {
    const Shape row{1, one.shape()[0]};
    rows.push_back(d.protocol.move_bits(ring::LinearMap::reshape(row), {one}));
  }
  return d.protocol.move_bits(ring::LinearMap::concatenate(0), rows);
}
/// Conditions that share a row: it is opened once.
Task<int> all_hold(Desk d, Words, Bits b) {
  std::vector<protocol::Condition> wanted(2);
  wanted[0].set = {0, 1};
  wanted[1].set = {2};
  wanted[1].clear = {0};
  auto z_task = d.protocol.all_hold(rows_of(d, b), wanted);
  Boolean z = co_await z_task;
  co_return 0;
}
/// The number and one that has the same mask.
Task<int> choose(Desk d, Words x, Bits b) {
  Arith twice = x[0];
  std::vector<Arith> numbers{x[0], twice};
  auto z_task = d.protocol.choose(b[0], numbers);
  protocol::Chosen z = co_await z_task;
  co_return 0;
}

std::vector<ViewStep> steps() {
  return {{"mask", 2, 1, 0, mask},
          {"mask", 3, 1, 0, mask},
          {"product", 2, 2, 0, product},
          {"product", 3, 2, 0, product, 5},
          {"products_of_one_mask", 2, 1, 0, products_of_one_mask},
          {"truncate", 2, 1, 0, truncate},
          {"truncate", 3, 1, 0, truncate},
          {"truncate_masked", 2, 1, 0, truncate_masked},
          {"shift_right", 2, 1, 0, shift_right, 1, true},
          {"negative", 2, 1, 0, negative},
          {"negative", 3, 1, 0, negative},
          {"is_zero", 2, 1, 0, is_zero, 7},
          {"logical_and", 2, 0, 2, logical_and},
          {"logical_and", 3, 0, 2, logical_and},
          {"two_products_of_a_bit", 2, 0, 2, two_products_of_a_bit},
          {"to_arith", 2, 0, 1, to_arith},
          {"to_arith", 3, 0, 1, to_arith},
          {"mux", 2, 1, 1, mux},
          {"mux", 3, 1, 1, mux},
          {"all_hold", 2, 0, 3, all_hold},
          {"all_hold", 3, 0, 3, all_hold},
          {"choose", 2, 1, 1, choose, 3}};
}

class JointViews : public testing::TestWithParam<ViewStep> {};
INSTANTIATE_TEST_SUITE_P(Semi2k, JointViews, testing::ValuesIn(steps()), [](const auto& info) {
  return info.param.name + "_n" + std::to_string(info.param.parties);
});

TEST_P(JointViews, SayNothingOfTheInputs) {
  for (unsigned honest = 0; honest < GetParam().parties; ++honest) {
    for (unsigned fixed : {1u, 2u}) {
      EXPECT_TRUE(JointView(GetParam(), honest, fixed).says_nothing()) << "of party " << honest;
    }
  }
}

/// Whether some fixed coins of the coalition show it the mutant.
bool caught(const ViewStep& step, unsigned honest, const std::function<void(JointView&)>& mutate) {
  for (unsigned fixed = 1; fixed <= 6; ++fixed) {
    JointView view(step, honest, fixed);
    mutate(view);
    if (!view.says_nothing()) return true;
  }
  return false;
}

TEST_P(JointViews, NeedEveryCoin) {
  for (unsigned honest = 0; honest < GetParam().parties; ++honest) {
    for (ItemId coin : JointView(GetParam(), honest, 1).coins()) {
      EXPECT_TRUE(caught(GetParam(), honest, [&](JointView& v) { v.drop(coin); }))
          << "item " << coin << " of party " << honest << " hides nothing";
    }
  }
}

TEST_P(JointViews, NeedACoinForEachOpening) {
  if (GetParam().reopens) return;
  for (unsigned honest = 0; honest < GetParam().parties; ++honest) {
    JointView plain(GetParam(), honest, 1);
    auto coins = plain.coins();
    for (ItemId a : coins) {
      for (ItemId b : coins) {
        const bool pads = !correlation::is_dealing(plain.item(a).op) && plain.item(a).op == plain.item(b).op;
        if (a >= b || !pads) continue;
        EXPECT_TRUE(caught(GetParam(), honest, [&](JointView& v) { v.reuse(b, a); }))
            << "item " << a << " of party " << honest << " may serve as item " << b << " too";
      }
    }
  }
}

// Its tables have too many coins for the first party's to be tried all; those of the last are few.
TEST(JointViewOfLess, SaysNothingToTheFirstParty) {
  const ViewStep step{"less", 2, 2, 0, less, 23};
  EXPECT_TRUE(JointView(step, 1, 1).says_nothing());
  for (ItemId coin : JointView(step, 1, 1).coins()) {
    EXPECT_TRUE(caught(step, 1, [&](JointView& v) { v.drop(coin); })) << "item " << coin;
  }
}

// A secret swap: party 0 alone knows whether the two numbers change places. What was masked before must be
// masked afresh after: carrying Δ along would publish the swap.
Task<int> swap(Desk d, Words x, Bits b, bool carry_delta) {
  auto& p = dynamic_cast<protocol::semi2k::Semi2k&>(d.protocol);
  auto first_task = p.masked(x[0]);
  auto first = co_await first_task;
  auto second_task = p.masked(x[1]);
  auto second = co_await second_task;
  if (carry_delta) {
    ring::Tensor bit = ring::to_words(p.share_of(b[0]), 4);  // party 0's own
    ring::Tensor moved = ring::map([](auto s, auto u, auto v) { return decltype(s)(s ? v : u); }, bit,
                                   first.delta, second.delta);
    ring::Tensor sent = p.is_first() ? moved : ring::map([](auto s) { return decltype(s)(s - s); }, moved);
    auto opening = std::make_shared<protocol::WordsOpening>(sent, 4);
    d.executor.post(opening);
    auto delta_task = protocol::PendingWords(opening);
    ring::Tensor delta = co_await delta_task;
    co_return 0;
  }
  ring::LinearMap minus = ring::LinearMap::of(ring::LinearMap::Kind::kSubtract);
  Arith difference = p.linear(minus, {x[1], x[0]});
  auto change_task = p.mux(b[0], difference);
  Arith change = co_await change_task;
  Arith moved = p.linear(ring::LinearMap::of(ring::LinearMap::Kind::kAdd), {x[0], change});
  auto masked_task = p.masked(moved);
  auto masked = co_await masked_task;
  (void)masked;
  co_return 0;
}

/// The swap as party 0's own bit: the coalition's share of it is zero.
Task<int> own_swap(Desk d, Words x, Bits b, bool carry_delta) {
  ring::BitTensor share = dynamic_cast<protocol::semi2k::Semi2k&>(d.protocol).share_of(b[0]);
  if (d.seat.rank != Rank{0} && !share.is_phantom()) share = ring::BitTensor::zeros(share.shape());
  auto own_task = d.protocol.input_bits(share);
  Boolean own = co_await own_task;
  Bits bits(1, own);
  auto done_task = swap(d, x, bits, carry_delta);
  int done = co_await done_task;
  co_return done;
}

TEST(JointViewOfASwap, SaysNothingIfWhatMovedIsMaskedAfresh) {
  const ViewStep step{
      "swap", 2, 2, 1, [](Desk d, Words x, Bits b) { return own_swap(d, std::move(x), std::move(b), false); },
      73};
  EXPECT_TRUE(JointView(step, 0, 1).says_nothing());
}
TEST(JointViewOfASwap, ShowsTheSwapIfDeltaIsCarriedAlong) {
  const ViewStep step{
      "swap", 2, 2, 1, [](Desk d, Words x, Bits b) { return own_swap(d, std::move(x), std::move(b), true); },
      73};
  EXPECT_FALSE(JointView(step, 0, 1).says_nothing());
}

// ---- outputs
// -----------------------------------------------------------------------------------------------

/// How often party 0's share of the output x + y is each number, x being party 0's input and y party 1's.
std::array<int, 16> first_output_share(unsigned parties, unsigned x, unsigned y, bool refreshed) {
  constexpr std::int64_t kCount = 1 << 16;
  auto body = [&](Desk desk) -> Task<ring::Tensor> {
    return [](Desk d, unsigned a, unsigned b, bool refresh) -> Task<ring::Tensor> {
      const unsigned rank = index(d.seat.rank);
      auto own = [&](unsigned owner, unsigned value) {
        std::vector<std::uint8_t> all(kCount, static_cast<std::uint8_t>(rank == owner ? value : 0));
        return d.on_shapes ? ring::Tensor::phantom(4, {kCount})
                           : ring::Tensor::of<std::uint8_t>(4, {kCount}, all);
      };
      auto left_task = d.protocol.input(own(0, a));
      Arith left = co_await left_task;
      auto right_task = d.protocol.input(own(1, b));
      Arith right = co_await right_task;
      Arith sum = d.protocol.linear(ring::LinearMap::of(ring::LinearMap::Kind::kAdd), {left, right});
      if (refresh) co_return d.protocol.output(sum);
      co_return dynamic_cast<protocol::semi2k::Semi2k&>(d.protocol).share_of(sum);
    }(desk, x, y, refreshed);
  };
  StreamsOfAll streams;
  for (unsigned p = 0; p < parties; ++p)
    streams.push_back(std::make_shared<correlation::SeedStreams>(seed_of(p)));
  auto out = play<ring::Tensor>(streams, body);
  std::array<int, 16> count{};
  for (auto share : out.results[0].words<std::uint8_t>()) ++count.at(share);
  Numbers total = sum(out.results);
  for (auto v : total.values) EXPECT_TRUE(v == ((x + y) & 15));
  return count;
}

TEST(OutputRefresh, HidesTheAddendsOfASumFromItsRecipient) {
  for (unsigned parties : {2u, 3u}) {
    for (auto [x, y] : {std::pair{3u, 5u}, std::pair{1u, 7u}, std::pair{8u, 0u}}) {
      for (int count : first_output_share(parties, x, y, true)) {
        EXPECT_LT(std::abs(count - 4096), 5 * 62) << "5σ of uniform";  // σ² = 2^16 · 1/16 · 15/16
      }
    }
  }
}
TEST(OutputRefresh, SkippedHandsTheRecipientBothAddends) {
  EXPECT_EQ(first_output_share(2, 3, 5, false).at(3), 1 << 16);
  EXPECT_EQ(first_output_share(2, 1, 7, false).at(1), 1 << 16);
}

}  // namespace
}  // namespace spud::contract
