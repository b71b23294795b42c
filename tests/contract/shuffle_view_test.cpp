// SPDX-License-Identifier: Apache-2.0
// What all parties but one see of a shuffle of two rows, over every coin of the one, at k = 4: nothing of the
// numbers; and where the numbers are opened afterwards, nothing of how they were ordered before.
#include "protocol/semi2k/semi2k.hpp"
#include "ring/map.hpp"
#include "ring/rows.hpp"
#include "tests/contract/joint_view.hpp"

namespace spud::contract {
namespace {

using protocol::semi2k::Semi2k;
using Words = std::vector<Arith>;
using Bits = std::vector<Boolean>;
using ring::LinearMap;

/// Two numbers an element as two rows.
Arith rows(Desk d, const Words& x) {
  const std::int64_t count = x[0].shape()[0];
  Words columns;
  for (const auto& one : x) columns.push_back(d.protocol.linear(LinearMap::reshape({count, 1}), {one}));
  return d.protocol.linear(LinearMap::concatenate(1), columns);
}

/// Opens a share as it is.
protocol::PendingWords show(Desk d, ring::Tensor share) {
  auto opening = std::make_shared<protocol::WordsOpening>(std::move(share), 4);
  d.executor.post(opening);
  return protocol::PendingWords(std::move(opening));
}

enum class Then { kNothing, kResultIsOpened, kDeltaIsKept };

Task<int> permute(Desk d, Words x, Rank owner, Then then) {
  auto& p = dynamic_cast<Semi2k&>(d.protocol);
  const Arith column = rows(d, x);
  auto moved_task = p.permute_by(owner, Words(1, column));
  Words moved = co_await moved_task;
  if (then == Then::kNothing) co_return 0;
  if (then == Then::kDeltaIsKept) {
    // What the owner would have to tell the others, for them to keep Δ through the shuffle.
    auto masked_task = p.masked(column);
    auto masked = co_await masked_task;
    correlation::Permutation order = p.source().permutation(column.shape()[0], 2, owner);
    ring::Tensor delta = p.rank() == owner ? ring::take_rows(masked.delta, order.share)
                                           : ring::Tensor::zeros(4, column.shape());
    if (masked.delta.is_phantom()) delta = masked.delta;
    auto shown_task = show(d, delta);
    ring::Tensor shown = co_await shown_task;
    co_return 0;
  }
  auto result_task = show(d, p.share_of(moved[0]));
  ring::Tensor result = co_await result_task;
  co_return 0;
}

/// By all parties, one after the other; then the result is opened.
Task<int> shuffle(Desk d, Words x, Bits) {
  auto moved_task = d.protocol.shuffle(Words(1, rows(d, x)));
  Words moved = co_await moved_task;
  auto result_task = show(d, dynamic_cast<Semi2k&>(d.protocol).share_of(moved[0]));
  ring::Tensor result = co_await result_task;
  co_return 0;
}

ViewStep step_of(unsigned parties, unsigned owner, Then then) {
  return {"permute",
          parties,
          2,
          0,
          [owner, then](Desk d, Words x, Bits) { return permute(d, std::move(x), Rank{owner}, then); },
          7};
}

/// Whether the view is the same for both orders of the same two numbers.
bool says_nothing_of_the_order(const JointView& view) {
  for (auto [a, b] : {std::pair{1u, 2u}, std::pair{0u, 15u}, std::pair{7u, 8u}, std::pair{5u, 13u}}) {
    if (view.of({a, b}) != view.of({b, a})) return false;
  }
  return true;
}

class ShuffleViews : public testing::TestWithParam<unsigned> {};
INSTANTIATE_TEST_SUITE_P(Parties, ShuffleViews, testing::Values(2u, 3u));

TEST_P(ShuffleViews, SayNothingOfTheNumbers) {
  for (unsigned owner = 0; owner < GetParam(); ++owner) {
    const ViewStep step = step_of(GetParam(), owner, Then::kNothing);
    for (unsigned honest = 0; honest < GetParam(); ++honest) {
      EXPECT_TRUE(JointView(step, honest, 1).says_nothing()) << owner << " moves, view of all but " << honest;
    }
  }
}

TEST_P(ShuffleViews, SayNothingOfTheOrderToAllButItsOwner) {
  for (unsigned owner = 0; owner < GetParam(); ++owner) {
    const ViewStep step = step_of(GetParam(), owner, Then::kResultIsOpened);
    for (unsigned fixed : {1u, 2u})
      EXPECT_TRUE(says_nothing_of_the_order(JointView(step, owner, fixed))) << owner;
    const unsigned other = (owner + 1) % GetParam();
    EXPECT_FALSE(says_nothing_of_the_order(JointView(step, other, 1))) << "who moved the rows knows it";
  }
}

TEST_P(ShuffleViews, NeedEveryCoin) {
  for (unsigned owner = 0; owner < GetParam(); ++owner) {
    const ViewStep step = step_of(GetParam(), owner, Then::kResultIsOpened);
    for (ItemId coin : JointView(step, owner, 1).coins()) {
      EXPECT_FALSE(says_nothing_of_the_order(JointView(step, owner, 1).drop(coin)))
          << "item " << coin << " of party " << owner << " hides nothing";
    }
    const ViewStep silent = step_of(GetParam(), owner, Then::kNothing);
    for (ItemId coin : JointView(silent, owner, 1).coins()) {
      JointView view(silent, owner, 1);
      if (view.item(coin).op == correlation::Op::kPermutation) continue;  // seen above, with the result
      EXPECT_FALSE(view.drop(coin).says_nothing()) << "item " << coin << " of party " << owner;
    }
  }
}

// Carrying Δ along would publish the permutation.
TEST_P(ShuffleViews, ShowTheOrderIfDeltaIsKept) {
  for (unsigned owner = 0; owner < GetParam(); ++owner) {
    const ViewStep step = step_of(GetParam(), owner, Then::kDeltaIsKept);
    JointView view(step, owner, 1);
    std::vector<ItemId> orders;
    for (ItemId coin : view.coins()) {
      if (view.item(coin).op == correlation::Op::kPermutation) orders.push_back(coin);
    }
    ASSERT_EQ(orders.size(), 2u);
    // Whether the moved Δ is the one that was opened: shown by the view if both permutations are the same.
    view.reuse(orders[1], orders[0]);
    const auto counts = view.of({3, 9});
    JointView still(step, owner, 1);
    still.reuse(orders[1], orders[0]).drop(orders[0]);
    EXPECT_NE(counts, still.of({3, 9})) << "the view tells whether rows were moved";
  }
}

// All but the last party: its shares of what is dealt are the tape, which they do not see, so all its coins
// can be tried.
TEST(ShuffleView, OfAllStepsSaysNothingOfTheOrder) {
  const ViewStep step{"shuffle", 2, 2, 0, shuffle};
  EXPECT_TRUE(says_nothing_of_the_order(JointView(step, 1, 1)));
  for (ItemId coin : JointView(step, 1, 1).coins()) {
    bool caught = false;
    for (unsigned fixed = 1; fixed <= 6 && !caught; ++fixed)
      caught = !says_nothing_of_the_order(JointView(step, 1, fixed).drop(coin));
    EXPECT_TRUE(caught) << "item " << coin << " hides nothing";
  }
}

// An outcome that is opened says what it says and nothing else.
Task<int> opened_sign(Desk d, Words x, Bits) {
  auto sign_task = d.protocol.negative(x[0]);
  Boolean sign = co_await sign_task;
  auto opened_task = d.protocol.reveal_order(sign);
  ring::BitTensor opened = co_await opened_task;
  co_return 0;
}
TEST(RevealedOrder, SaysNothingButItself) {
  for (unsigned parties : {2u, 3u}) {
    const ViewStep step{"opened_sign", parties, 1, 0, opened_sign};
    for (unsigned honest = 0; honest < parties; ++honest) {
      const JointView view(step, honest, 1);
      const auto positive = view.of({0}), negative = view.of({8});
      EXPECT_NE(positive, negative);
      for (unsigned x = 0; x < 16; ++x) EXPECT_EQ(view.of({x}), x < 8 ? positive : negative) << x;
    }
  }
}

}  // namespace
}  // namespace spud::contract
