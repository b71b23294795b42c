// SPDX-License-Identifier: Apache-2.0
#include "actors/node/plan_cache.hpp"

#include <set>
#include <thread>

#include <gtest/gtest.h>

#include "io/file.hpp"

namespace spud::actors {
namespace {

Bytes program(const std::string& name) {
  return io::read_file("tests/corpus/" + name + "/program.hlo.pb", 1 << 20).value();
}

TensorType f32(Shape shape) {
  return {DType::kF32, std::move(shape)};
}

service::Device device() {
  service::Device made;
  made.name = DeviceId("demo");
  made.format = {64, 18};
  for (const char* party : {"alice", "bob"}) {
    made.compute.push_back({PartyId(party), NodeId(party), std::string("spiffe://") + party, "127.0.0.1:1"});
  }
  made.dealers.push_back({PartyId("carol"), NodeId("carol"), "spiffe://carol", "127.0.0.1:2"});
  made.owner = PartyId("hospital");
  return made;
}

class PlanCacheTest : public ::testing::Test {
 protected:
  /// dot_matmul, or with other parts.
  struct Order {
    service::Device device = actors::device();
    Rank own{0};
    Bytes program = actors::program("dot_matmul");
    std::vector<PlannedInput> inputs{{f32({5, 7}), {}}, {f32({7, 3}), {}}};
  };
  std::shared_ptr<const Planned> plan(const Order& order) {
    auto answer = cache.plan_for(order.device, order.own, order.program, order.inputs, "job j", clock);
    EXPECT_TRUE(answer) << answer.error().message();
    return answer ? answer->planned : nullptr;
  }
  /// The loop of so many turns, which its demand depends on.
  Order loop(std::int32_t turns) {
    Order order;
    order.program = actors::program("ctl_while_public");
    order.inputs = {{{DType::kS32, {}}, Literal::scalar<std::int32_t>(DType::kS32, turns)}, {f32({3}), {}}};
    return order;
  }

  ManualClock clock;
  PlanCache cache;
};

TEST_F(PlanCacheTest, ASecondJobFindsThePlanOfTheFirst) {
  const auto first = plan({});
  EXPECT_EQ(plan({}), first);
  EXPECT_EQ(cache.size(), 1U);
  const Order order;
  const auto compiled = plan_for(order.device, order.own, order.program, order.inputs, "job j").value();
  EXPECT_EQ(first->digest, compiled.digest);
  EXPECT_EQ(first->demand, compiled.demand);
  EXPECT_EQ(first->demand_digest, compiled.demand_digest);
}

TEST_F(PlanCacheTest, WhateverCompilingDependsOnMakesAnotherPlan) {
  std::vector<std::shared_ptr<const Planned>> plans{plan({})};
  auto changed = [&](auto change) {
    Order order;
    change(order);
    plans.push_back(plan(order));
  };
  changed([](Order& o) { o.own = Rank{1}; });
  changed([](Order& o) { o.device.format.fraction_bits = 16; });
  changed([](Order& o) { o.device.name = DeviceId("other"); });
  changed([](Order& o) { o.inputs[1].open = Literal(f32({7, 3})); });
  changed([](Order& o) {
    o.inputs[1].open = Literal(f32({7, 3}));
    o.inputs[1].open->writable<float>()[20] = 1;
  });
  changed([](Order& o) {
    o.program = program("ew_binary_arith");
    o.inputs = {{f32({4, 6}), {}}, {f32({4, 6}), {}}};
  });
  EXPECT_EQ(cache.size(), plans.size());
  EXPECT_EQ(std::set(plans.begin(), plans.end()).size(), plans.size());
}

TEST_F(PlanCacheTest, APublicInputIsNotTakenForAnother) {
  const auto short_loop = plan(loop(3)), long_loop = plan(loop(30));
  EXPECT_NE(short_loop->demand, long_loop->demand);
  EXPECT_EQ(plan(loop(3)), short_loop);
}

TEST_F(PlanCacheTest, AnErrorIsNotKept) {
  Order order;
  order.inputs[1].type = f32({8, 3});
  for (int i = 0; i < 2; ++i) {
    EXPECT_FALSE(cache.plan_for(order.device, order.own, order.program, order.inputs, "job j", clock));
  }
  EXPECT_EQ(cache.size(), 0U);
}

class BoundedPlanCacheTest : public PlanCacheTest {
 protected:
  std::shared_ptr<const Planned> plan_in(PlanCache& bounded, std::int32_t turns) {
    const auto order = loop(turns);
    auto answer = bounded.plan_for(order.device, order.own, order.program, order.inputs, "job j", clock);
    EXPECT_TRUE(answer);
    return answer->planned;
  }
};

TEST_F(BoundedPlanCacheTest, WhatWasUsedLongestAgoLeaves) {
  PlanCache two({.plans = 2});
  const auto first = plan_in(two, 1), second = plan_in(two, 2);
  EXPECT_EQ(plan_in(two, 1), first);
  plan_in(two, 3);
  EXPECT_EQ(two.size(), 2U);
  EXPECT_EQ(plan_in(two, 1), first);
  EXPECT_NE(plan_in(two, 2), second);
  // Whoever has a plan keeps it.
  EXPECT_EQ(second->plan.inputs.size(), 2U);
}

TEST_F(BoundedPlanCacheTest, BytesAreBoundedToo) {
  const auto bytes = 4 * program("ctl_while_public").size() + 4096;
  PlanCache one({.bytes = bytes}), none({.bytes = 16});
  for (std::int32_t turns = 1; turns <= 3; ++turns) {
    const auto kept = plan_in(one, turns);
    EXPECT_EQ(one.size(), 1U);
    EXPECT_EQ(plan_in(one, turns), kept);
    plan_in(none, turns);
    EXPECT_EQ(none.size(), 0U);
  }
}

TEST_F(BoundedPlanCacheTest, ThreadsShareIt) {
  PlanCache shared({.plans = 3});
  std::vector<std::jthread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (std::int32_t turns = 1; turns <= 20; ++turns) plan_in(shared, turns % 5);
    });
  }
  threads.clear();
  EXPECT_EQ(shared.size(), 3U);
}

}  // namespace
}  // namespace spud::actors
