// SPDX-License-Identifier: Apache-2.0
#include "service/scheduler/stock_book.hpp"

#include "base/limits.hpp"
#include "service/scheduler/stock_for_tests.hpp"

namespace spud::service::scheduler {
namespace {

using StockBookTest = StockOfADevice;

const AttemptName kFirst{JobId("j1"), 1}, kSecond{JobId("j2"), 1};

TEST_F(StockBookTest, ATapeIsAvailableWhenAllNodesReportItAlike) {
  announce({tape(1)}, {});
  EXPECT_EQ(stock.available(device, demand), 0u);
  auto other = tape(1);
  other.digest = demand;
  announce({tape(1)}, {other});
  EXPECT_EQ(stock.available(device, demand), 0u) << "their digests differ";
  announce({tape(1)}, {tape(1)});
  EXPECT_EQ(stock.available(device, demand), 1u);
  EXPECT_EQ(stock.available(device, plan.plan), 0u) << "of another demand";
  announce({}, {tape(1)});
  EXPECT_EQ(stock.available(device, demand), 0u) << "a report replaces the one before";
}

TEST_F(StockBookTest, TheOldestIsTakenOnceWhateverNodesReport) {
  announce({tape(7), tape(3)});
  auto first = stock.take(device, demand, kFirst);
  ASSERT_TRUE(first);
  EXPECT_EQ(first->sequence, 3u);
  EXPECT_EQ(stock.take(device, demand, kFirst), first) << "the same for the same attempt";
  announce({tape(7), tape(3)});
  EXPECT_EQ(stock.take(device, demand, kSecond)->sequence, 7u);
  announce({tape(3), tape(7)});
  EXPECT_FALSE(stock.take(device, demand, {JobId("j3"), 1}));
}

TEST_F(StockBookTest, WhatWasTakenBeforeARestartStaysTaken) {
  StockBook fresh;
  fresh.reload_taken(tape(3).id);
  for (const auto& node : {alice, bob}) {
    fresh.report(node, {"host:1", "7", false, true, {tape(3), tape(4)}}, now);
  }
  EXPECT_EQ(fresh.take(device, demand, kFirst)->sequence, 4u);
}

TEST_F(StockBookTest, OrdersAddUpAndAreCountedDown) {
  order(2);
  order(1);
  EXPECT_EQ(shown().ordered, 3u);
  for (std::uint64_t i = 1; i <= 3; ++i) {
    auto orders = due();
    ASSERT_EQ(orders.size(), 1u);
    EXPECT_TRUE(due().empty()) << "one at a time";
    EXPECT_TRUE(shown().making);
    EXPECT_EQ(stock.made(orders[0], tape(i)).store.size(), 1u);
  }
  EXPECT_TRUE(due().empty());
  EXPECT_EQ(shown().ordered, 0u);
  EXPECT_EQ(shown().made, 3u);
  EXPECT_EQ(shown().ready, 3u) << "known as soon as the nodes have answered";
}

TEST_F(StockBookTest, ARepeatedOrderIsOneOrder) {
  const auto three = wish(3);
  auto first = stock.order(ann, device, plan, three);
  ASSERT_TRUE(first);
  EXPECT_EQ(first->store_orders, std::vector<std::string>{three.id});
  stock.made(due().at(0), tape(1));
  for (auto repeated : {stock.order(ann, device, plan, three), stock.order(ann, device, demand, three)}) {
    ASSERT_TRUE(repeated);
    EXPECT_TRUE(repeated->store.empty() && repeated->store_orders.empty());
  }
  EXPECT_EQ(shown().ordered, 2u);
  EXPECT_EQ(stock.show_order(three.id, {})->made_at_order, 3u);
  EXPECT_EQ(stock.show_order(three.id, {})->made, 1u);
  order(2);
  EXPECT_EQ(stock.show_order("o2", {})->made_at_order, 5u) << "after those before";

  auto other = wish(1);
  other.id = three.id;
  EXPECT_EQ(stock.order(ann, device, plan, other).error().code, ErrorCode::kConflict);
  EXPECT_EQ(stock.order(ann, device, demand, other).error().code, ErrorCode::kConflict);
}

TEST_F(StockBookTest, AnOrderIsKnownAfterARestartAndAfterItsPlanWasDropped) {
  const auto three = wish(3);
  ASSERT_TRUE(stock.order(ann, device, plan, three));
  StockBook fresh;
  fresh.reload(*stock.find({device.name, demand}));
  fresh.reload(*stock.find_order(three.id));
  EXPECT_TRUE(fresh.order(ann, device, plan, three)->store.empty());
  EXPECT_EQ(fresh.show({device.name, demand}, {}).ordered, 3u);
  ASSERT_TRUE(fresh.drop(ann, device, demand));
  EXPECT_TRUE(*fresh.has_taken(three)) << "a late repetition does not undo the drop";
  EXPECT_EQ(fresh.show_order(three.id, {}).error().code, ErrorCode::kNotFound);
  ASSERT_TRUE(fresh.order(ann, device, plan, wish(1)));
  EXPECT_EQ(fresh.show_order(three.id, {}).error().code, ErrorCode::kNotFound) << "begun anew without it";
}

TEST_F(StockBookTest, TheOldestOrdersAreForgotten) {
  const auto oldest = wish(1);
  ASSERT_TRUE(stock.order(ann, device, plan, oldest));
  for (std::size_t i = 1; i < limits::kStockOrders; ++i) order(1);
  EXPECT_TRUE(*stock.has_taken(oldest));
  auto one_more = stock.order(ann, device, plan, wish(1));
  ASSERT_TRUE(one_more);
  EXPECT_EQ(one_more->erase_orders, std::vector<std::string>{oldest.id});
  EXPECT_FALSE(*stock.has_taken(oldest));
}

TEST_F(StockBookTest, WhatIsAskedForTellsOrdersApart) {
  const wire::MakeStock request{device.name, digest(device), 3, wire::StockProgram{plan.program, {}}, "o"};
  const auto same = digest(ann.party, request);
  EXPECT_EQ(digest(ann.party, request), same);
  EXPECT_NE(digest(ben.party, request), same);
  auto more = request, typed = request, known = request;
  more.runs = 4;
  typed.what = wire::StockProgram{plan.program, {TensorType{DType::kF32, {4}}}};
  known.what = demand;
  for (const auto& other : {more, typed, known}) EXPECT_NE(digest(ann.party, other), same);
}

TEST_F(StockBookTest, RunsHaveBounds) {
  EXPECT_EQ(stock.order(ann, device, plan, wish(0)).error().code, ErrorCode::kBadInput);
  EXPECT_EQ(stock.order(ann, device, plan, wish(limits::kStockRunsPerRequest + 1)).error().code,
            ErrorCode::kBadInput);
  StockBook full;
  full.reload({device, demand, plan.plan, plan.program, 0, 0xffff'fff0u, 0});
  EXPECT_EQ(full.order(ann, device, plan, wish(16)).error().code, ErrorCode::kResource);
  EXPECT_TRUE(full.order(ann, device, plan, wish(15)));
}

TEST_F(StockBookTest, SoManyPlansAndNoMore) {
  auto other = plan;
  for (std::size_t i = 0; i < limits::kStockKinds; ++i) {
    other.demand = digest_fields("demand", {{"number", std::to_string(i)}});
    ASSERT_TRUE(stock.order(ann, device, other, wish(1)));
  }
  EXPECT_EQ(stock.order(ann, device, plan, wish(1)).error().code, ErrorCode::kResource);
  EXPECT_TRUE(stock.order(ann, device, other, wish(1))) << "what is known is no new plan";
}

TEST_F(StockBookTest, ATargetIsFilledAndKept) {
  EXPECT_EQ(stock.target(ann, device, demand, 2).error().code, ErrorCode::kNotFound);
  order(1);
  ASSERT_TRUE(stock.target(ann, device, demand, 2));
  for (std::uint64_t i = 1; i <= 2; ++i) stock.made(due().at(0), tape(i));
  EXPECT_TRUE(due().empty()) << "what was ordered counts";
  ASSERT_TRUE(stock.take(device, demand, kFirst));
  EXPECT_EQ(due().size(), 1u);
}

TEST_F(StockBookTest, JobsThatWaitAreServedBesidesTheTarget) {
  order(1);
  stock.made(due().at(0), tape(1));
  const WaitingJobs two{{{device.name, demand}, 2}};
  EXPECT_TRUE(due(two).empty()) << "without a target only what is ordered is made";
  ASSERT_TRUE(stock.target(ann, device, demand, 1));
  EXPECT_TRUE(due().empty());
  EXPECT_EQ(due(two).size(), 1u);
  EXPECT_EQ(stock.list(two).at(0).waiting, 2u);
}

TEST_F(StockBookTest, PlansOfADeviceTakeTurnsAndWaitingJobsComeFirst) {
  auto other = plan;
  other.demand = digest_fields("demand", {{"of", "another"}});
  order(9);
  ASSERT_TRUE(stock.order(ann, device, other, wish(9)));
  std::uint64_t number = 0;
  auto make = [&](const WaitingJobs& waiting) {
    auto made = due(waiting).at(0);
    auto answer = tape(++number);
    answer.demand = made.kind.demand;
    stock.made(made, answer);
    return made.kind.demand;
  };
  const auto first = make({}), second = make({});
  EXPECT_NE(first, second);
  EXPECT_EQ(make({}), first);
  const WaitingJobs many{{{device.name, first}, 5}};
  EXPECT_EQ(make(many), first);
}

TEST_F(StockBookTest, NothingIsMadeWhileANodeIsAwayOrKeepsNoStock) {
  order(1);
  now += Millis(6000);
  EXPECT_TRUE(due().empty());
  ASSERT_TRUE(shown().problem);
  EXPECT_NE(shown().problem->what.find("silent"), std::string::npos);
  announce();
  stock.report(bob, {"host:1", "7", false, false, {}}, now);
  EXPECT_TRUE(due().empty());
  EXPECT_EQ(shown().problem->party, "bob");
  announce();
  EXPECT_EQ(due().size(), 1u);
  EXPECT_FALSE(shown().problem);
}

TEST_F(StockBookTest, FailuresAreTriedAgainLaterAndLater) {
  order(1);
  const Error full{ErrorCode::kResource, "no room", "", "", "bob", ""};
  Millis pause = StockBook::kFirstPause;
  for (int i = 0; i < 9; ++i) {
    auto orders = due();
    ASSERT_EQ(orders.size(), 1u) << i;
    stock.failed(orders[0], full, now);
    EXPECT_EQ(shown().problem->party, "bob");
    now += pause - Millis(1);
    announce();
    EXPECT_TRUE(due().empty()) << i;
    now += Millis(1);
    announce();
    pause = std::min(pause * 2, StockBook::kLongestPause);
  }
  stock.made(due().at(0), tape(1));
  EXPECT_FALSE(shown().problem);
  order(1);
  stock.failed(due().at(0), full, now);
  now += StockBook::kFirstPause;
  announce();
  EXPECT_EQ(due().size(), 1u) << "a success forgets what failed before";
}

TEST_F(StockBookTest, OrderingAgainTriesAtOnce) {
  order(1);
  stock.failed(due().at(0), Error{}, now);
  EXPECT_TRUE(due().empty());
  order(1);
  EXPECT_FALSE(shown().problem);
  EXPECT_EQ(due().size(), 1u);
}

TEST_F(StockBookTest, OrdersHaveNamesOfTheirOwn) {
  order(2);
  auto first = due().at(0);
  stock.failed(first, Error{}, now);
  order(1);
  auto second = due().at(0);
  EXPECT_NE(first.name, second.name);
  EXPECT_TRUE(is_valid_name(second.name)) << second.name;
}

TEST_F(StockBookTest, OnlyPartiesOfTheDeviceHaveASay) {
  EXPECT_EQ(stock.order(eve, device, plan, wish(1)).error().code, ErrorCode::kDenied);
  EXPECT_EQ(stock.order(alice, device, plan, wish(1)).error().code, ErrorCode::kDenied) << "no client";
  EXPECT_TRUE(stock.order(ben, device, plan, wish(1)));
  EXPECT_EQ(stock.list(ann, {}).size(), 1u);
  EXPECT_TRUE(stock.list(eve, {}).empty());
  EXPECT_EQ(stock.target(eve, device, demand, 1).error().code, ErrorCode::kDenied);
  EXPECT_EQ(stock.drop(eve, device, demand).error().code, ErrorCode::kDenied);
}

TEST_F(StockBookTest, DroppingBurnsWhatThereIsAndForgets) {
  order(5);
  announce({tape(1), tape(2)}, {tape(2)});
  auto dropped = stock.drop(ann, device, demand);
  ASSERT_TRUE(dropped);
  EXPECT_EQ(dropped->erase.size(), 1u);
  EXPECT_EQ(dropped->discard.size(), 3u);
  EXPECT_EQ(stock.available(device, demand), 0u);
  EXPECT_TRUE(due().empty());
  EXPECT_TRUE(stock.drop(ann, device, demand)->erase.empty()) << "done already";
}

TEST_F(StockBookTest, DroppingLeavesAloneWhatAnAttemptHas) {
  order(1);
  announce({tape(1), tape(2)});
  ASSERT_TRUE(stock.take(device, demand, kFirst));
  auto dropped = stock.drop(ann, device, demand);
  ASSERT_EQ(dropped->discard.size(), 2u);
  for (const auto& at : dropped->discard) EXPECT_EQ(at.tape, tape(2).id);
}

TEST_F(StockBookTest, ATapeThatIsMadeAfterItsPlanWasDroppedIsDiscarded) {
  order(1);
  auto orders = due();
  ASSERT_TRUE(stock.drop(ann, device, demand));
  auto late = stock.made(orders.at(0), tape(1));
  EXPECT_TRUE(late.store.empty());
  EXPECT_EQ(late.discard.size(), 2u);
  EXPECT_EQ(stock.available(device, demand), 0u);
}

TEST_F(StockBookTest, OrdersAndTargetsOutliveTheScheduler) {
  order(3);
  ASSERT_TRUE(stock.target(ann, device, demand, 2));
  StockBook fresh;
  fresh.reload(*stock.find({device.name, demand}));
  const auto kind = fresh.show({device.name, demand}, {});
  EXPECT_EQ(kind.ordered, 3u);
  EXPECT_EQ(kind.target, 2u);
  EXPECT_EQ(kind.plan, plan.plan);
}

TEST_F(StockBookTest, ATapeThatOneNodeLacksIsDiscardedOnceAllHaveSaidSoForAMinute) {
  announce({tape(1), tape(2)}, {tape(2)});
  EXPECT_TRUE(stock.strays({device}, now).empty());
  now += TapeShelf::kStrayAfter;
  EXPECT_TRUE(stock.strays({device}, now).empty()) << "nobody has said anything since";
  stock.report(alice, {"host:1", "7", false, true, {tape(1), tape(2)}}, now);
  EXPECT_TRUE(stock.strays({device}, now).empty()) << "bob has not";
  announce({tape(1), tape(2)}, {tape(2)});
  auto strays = stock.strays({device}, now);
  ASSERT_EQ(strays.size(), 1u);
  EXPECT_EQ(strays[0].node.node, NodeId("alice-0"));
  EXPECT_EQ(strays[0].tape, tape(1).id);
  EXPECT_TRUE(stock.strays({device}, now).empty()) << "told once";
}

TEST_F(StockBookTest, ATapeThatArrivesInTimeIsNoStray) {
  announce({tape(1)}, {});
  EXPECT_TRUE(stock.strays({device}, now).empty());
  announce({tape(1)});
  EXPECT_TRUE(stock.strays({device}, now).empty());
  now += TapeShelf::kStrayAfter;
  announce({tape(1)}, {});
  EXPECT_TRUE(stock.strays({device}, now).empty()) << "the minute begins anew";
}

TEST_F(StockBookTest, ATapeThatWasHandedOutAndIsStillThereIsDiscarded) {
  announce({tape(1)});
  ASSERT_TRUE(stock.take(device, demand, kFirst));
  EXPECT_TRUE(stock.strays({device}, now).empty());
  now += TapeShelf::kStrayAfter;
  announce({tape(1)});
  EXPECT_EQ(stock.strays({device}, now).size(), 2u);
}

TEST_F(StockBookTest, WhatAMessageHadNoRoomForIsNotMissing) {
  stock::StockTapes many;
  for (std::uint64_t i = 1; i <= limits::kStockTapesPerMessage; ++i) many.push_back(tape(i));
  const auto late = tape(limits::kStockTapesPerMessage + 1);
  auto others = many;
  others.front() = late;
  announce(many, others);
  EXPECT_TRUE(stock.strays({device}, now).empty());
  now += TapeShelf::kStrayAfter;
  announce(many, others);
  EXPECT_TRUE(stock.strays({device}, now).empty());
}

TEST_F(StockBookTest, LowStockIsSaidOnceAndSoIsItsEnd) {
  order(1);
  ASSERT_TRUE(stock.target(ann, device, demand, 4));
  EXPECT_TRUE(stock.levels().empty()) << "a new target is being filled";
  announce({tape(1), tape(2), tape(3), tape(4)});
  auto whole = stock.levels();
  ASSERT_EQ(whole.size(), 1u);
  EXPECT_FALSE(whole[0].low);
  announce({tape(3), tape(4)});
  EXPECT_TRUE(stock.levels().empty()) << "half is not below half";
  announce({tape(4)});
  auto low = stock.levels();
  ASSERT_EQ(low.size(), 1u);
  EXPECT_TRUE(low[0].low);
  EXPECT_EQ(low[0].ready, 1u);
  EXPECT_TRUE(stock.levels().empty());
}

TEST_F(StockBookTest, ARestartedSchedulerWaitsForReportsBeforeItCallsStockLow) {
  StockBook fresh;
  fresh.reload({device, demand, plan.plan, plan.program, 4, 0, 9});
  EXPECT_TRUE(fresh.levels().empty());
  fresh.report(alice, {"host:1", "7", false, true, {tape(1)}}, now);
  EXPECT_TRUE(fresh.levels().empty());
  fresh.report(bob, {"host:1", "7", false, true, {tape(1)}}, now);
  EXPECT_EQ(fresh.levels().size(), 1u);
}

TEST_F(StockBookTest, NodesMustAgreeOnThePlan) {
  const Fields answer{{"device digest", digest(device).hex()},
                      {"compiler", "7"},
                      {"plan", plan.plan.hex()},
                      {"demand", demand.hex()},
                      {"seconds", "1"}};
  auto slower = answer;
  slower[4].value = "2";
  auto agreed = agree_on_plan(device, plan.program, {answer, slower});
  ASSERT_TRUE(agreed) << agreed.error().message();
  EXPECT_EQ(agreed->demand, demand);
  EXPECT_EQ(agreed->plan, plan.plan);
  for (unsigned i = 0; i < 4; ++i) {
    auto other = answer;
    other[i].value = digest_fields("x", {}).hex();
    auto refused = agree_on_plan(device, plan.program, {answer, other});
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().party, "bob");
  }
  EXPECT_FALSE(agree_on_plan(device, plan.program, {Fields{}, Fields{}}));
}

TEST_F(StockBookTest, NodesMustAgreeOnTheTape) {
  EXPECT_TRUE(agree_on_tape(device, device.dealers[0], demand, {tape(1), tape(1)}));
  EXPECT_EQ(agree_on_tape(device, device.dealers[0], demand, {tape(1), tape(2)}).error().party, "bob");
  EXPECT_FALSE(agree_on_tape(device, device.dealers[0], plan.plan, {tape(1), tape(1)})) << "another demand";
  auto far = tape(1);
  far.id.party = PartyId("eve");
  EXPECT_FALSE(agree_on_tape(device, device.dealers[0], demand, {far, far})) << "another dealer";
  auto bigger = tape(1);
  bigger.bytes = 9;
  EXPECT_TRUE(agree_on_tape(device, device.dealers[0], demand, {tape(1), bigger}))
      << "what it takes on disk differs";
}

}  // namespace
}  // namespace spud::service::scheduler
