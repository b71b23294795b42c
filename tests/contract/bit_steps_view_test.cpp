// SPDX-License-Identifier: Apache-2.0
// The joint view of all parties but one, of steps on bits, bounded numbers and look-ups, as in
// joint_view_test.cpp: the same for all inputs, and not without every coin.
#include "ring/map.hpp"
#include "tests/contract/joint_view.hpp"

namespace spud::contract {
namespace {

using Words = std::vector<Arith>;
using Bits = std::vector<Boolean>;
using protocol::Shift;

Task<int> negative_bounded(Desk d, Words x, Bits) {
  auto z_task = d.protocol.negative(x[0], 3);
  Boolean z = co_await z_task;
  co_return 0;
}
Task<int> is_zero_bounded(Desk d, Words x, Bits) {
  auto z_task = d.protocol.is_zero(x[0], 3);
  Boolean z = co_await z_task;
  co_return 0;
}
/// A narrow mask, then the whole number under another.
Task<int> narrow_then_whole(Desk d, Words x, Bits) {
  auto z_task = d.protocol.negative(x[0], 2);
  Boolean z = co_await z_task;
  auto square_task = d.protocol.multiply(x[0], x[0]);
  Arith square = co_await square_task;
  co_return 0;
}
Task<int> thresholds(Desk d, Words x, Bits) {
  auto z_task = d.protocol.less_than_public(x[0], {-2, 1}, 2);
  std::vector<Boolean> z = co_await z_task;
  auto number_task = d.protocol.compose(z, 4);
  Arith number = co_await number_task;
  co_return 0;
}
Task<int> wrap(Desk d, Words x, Bits) {
  auto z_task = d.protocol.wrap(x[0], 2, true);
  Arith z = co_await z_task;
  co_return 0;
}
Task<int> compose(Desk d, Words, Bits b) {
  auto z_task = d.protocol.compose(b, 4);
  Arith z = co_await z_task;
  co_return 0;
}
ring::Tensor table(const std::vector<std::uint8_t>& entries) {
  return ring::Tensor::of<std::uint8_t>(4, {static_cast<std::int64_t>(entries.size())}, entries);
}
/// Two parties: by the secret sign.
Task<int> look_up(Desk d, Words x, Bits) {
  auto z_task = d.protocol.look_up(x[0], table({3, 14, 8, 5}));
  Arith z = co_await z_task;
  co_return 0;
}
/// By the entry's bits.
Task<int> look_up_narrow(Desk d, Words x, Bits) {
  auto z_task = d.protocol.look_up(x[0], table({3, 1, 0, 2}));
  Arith z = co_await z_task;
  co_return 0;
}
/// Of degree 0: a higher one has more words of the kinds that are here, too many to try them all.
Task<int> interpolate(Desk d, Words x, Bits) {
  auto z_task = d.protocol.interpolate(x[0], 1, 0, {table({3, 14, 8, 5})});
  Arith z = co_await z_task;
  co_return 0;
}

std::vector<ViewStep> steps() {
  return {{"negative_bounded", 2, 1, 0, negative_bounded},
          {"negative_bounded", 3, 1, 0, negative_bounded},
          {"is_zero_bounded", 2, 1, 0, is_zero_bounded, 3},
          {"narrow_then_whole", 2, 1, 0, narrow_then_whole},
          {"thresholds", 2, 1, 0, thresholds, 5},
          {"wrap", 2, 1, 0, wrap},
          {"wrap", 3, 1, 0, wrap},
          {"compose", 2, 0, 2, compose},
          {"compose", 3, 0, 2, compose},
          {"look_up", 2, 1, 0, look_up},
          {"look_up_narrow", 3, 1, 0, look_up_narrow},
          {"interpolate", 2, 1, 0, interpolate}};
}

class BitStepViews : public testing::TestWithParam<ViewStep> {};
INSTANTIATE_TEST_SUITE_P(Semi2k, BitStepViews, testing::ValuesIn(steps()), [](const auto& info) {
  return info.param.name + "_n" + std::to_string(info.param.parties);
});

TEST_P(BitStepViews, SayNothingOfTheInputs) {
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

TEST_P(BitStepViews, NeedEveryCoin) {
  for (unsigned honest = 0; honest < GetParam().parties; ++honest) {
    for (ItemId coin : JointView(GetParam(), honest, 1).coins()) {
      EXPECT_TRUE(caught(GetParam(), honest, [&](JointView& v) { v.drop(coin); }))
          << "item " << coin << " of party " << honest << " hides nothing";
    }
  }
}

TEST_P(BitStepViews, NeedACoinForEachOpening) {
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

// Too many coins for the first party's to be tried all; those of the last are few.
class BitStepViewsOfTheFirst : public testing::TestWithParam<Shift> {};
INSTANTIATE_TEST_SUITE_P(Semi2k, BitStepViewsOfTheFirst,
                         testing::Values(Shift::kLeft, Shift::kRightLogical, Shift::kRightArithmetic));
TEST_P(BitStepViewsOfTheFirst, SayNothingOfANumberAndItsPlaces) {
  const Shift kind = GetParam();
  // By −1 − x places: a whole number by none, some by few, the others by more than there are. One mask for
  // both, so that there are not too many coins.
  const ViewStep step{
      "shift", 2, 1, 0, [kind](Desk d, Words x, Bits) -> Task<int> {
        auto prepared_task = d.protocol.prepare(x[0]);
        Arith prepared = co_await prepared_task;
        ring::Tensor ones =
            ring::map([](auto z) { return decltype(z)(z - 1); }, ring::Tensor::zeros(4, prepared.shape()));
        Arith places = d.protocol.add_public(
            d.protocol.linear(ring::LinearMap::of(ring::LinearMap::Kind::kNegate), {prepared}), ones);
        auto z_task = d.protocol.shift(prepared, places, kind);
        Arith z = co_await z_task;
        co_return 0;
      }};
  EXPECT_TRUE(JointView(step, 1, 1).says_nothing());
  for (ItemId coin : JointView(step, 1, 1).coins()) {
    EXPECT_TRUE(caught(step, 1, [&](JointView& v) { v.drop(coin); })) << "item " << coin;
  }
}
TEST(BitStepView, SaysNothingToTheFirstOfAScaledNumberAndItsPlace) {
  for (unsigned lists : {1u, 2u}) {
    const ViewStep step{"scale", 2, 1, 1, [lists](Desk d, Words x, Bits b) -> Task<int> {
                          const std::vector<Boolean> places{b[0], d.protocol.logical_not(b[0])};
                          std::vector<std::vector<std::int64_t>> weights{{3, 6}, {5, 2}};
                          weights.resize(lists);
                          auto z_task = d.protocol.scale(x[0], places, weights);
                          protocol::Scaled z = co_await z_task;
                          co_return 0;
                        }};
    EXPECT_TRUE(JointView(step, 1, 1).says_nothing());
    for (ItemId coin : JointView(step, 1, 1).coins()) {
      EXPECT_TRUE(caught(step, 1, [&](JointView& v) { v.drop(coin); })) << "item " << coin;
    }
  }
}
TEST(BitStepView, SaysNothingToTheFirstOfAShiftedNumber) {
  const ViewStep step{"shift_right_full", 2, 1, 0, [](Desk d, Words x, Bits) -> Task<int> {
                        auto z_task = d.protocol.shift_right_full(x[0], 1, true);
                        Arith z = co_await z_task;
                        co_return 0;
                      }};
  EXPECT_TRUE(JointView(step, 1, 1).says_nothing());
  for (ItemId coin : JointView(step, 1, 1).coins()) {
    EXPECT_TRUE(caught(step, 1, [&](JointView& v) { v.drop(coin); })) << "item " << coin;
  }
}

}  // namespace
}  // namespace spud::contract
