// SPDX-License-Identifier: Apache-2.0
#include "actors/door/front_door.hpp"

#include <new>

#include <gtest/gtest.h>

#include "system/metrics/catalogue.hpp"
#include "system/net/test_parties.hpp"

namespace spud::actors {
namespace {

TEST(FrontDoor, AConnectionThatFindsNoMemoryIsDroppedAndTheNextIsServed) {
  net::Parties parties;
  const auto alice = parties.context("alice"), bob = parties.context("bob");
  metrics::Registry registry({"test", "test"});
  std::atomic<int> served = 0;
  auto door = FrontDoor::open({"127.0.0.1", 0}, alice, registry, {}, [&](const auto& connection) {
    if (++served == 1) throw std::bad_alloc();
    EXPECT_TRUE(connection->send({}, net::kPatience));
  });
  ASSERT_TRUE(door);
  const auto expected = net::ExpectedPeer::exactly(net::node_of("alice"));
  auto first = net::Connection::connect((*door)->address(), bob, expected, net::kPatience);
  ASSERT_TRUE(first);
  const auto dropped = (*first)->receive({}, net::kPatience);
  ASSERT_FALSE(dropped);
  EXPECT_EQ(dropped.error().code, ErrorCode::kUnavailable);
  auto second = net::Connection::connect((*door)->address(), bob, expected, net::kPatience);
  ASSERT_TRUE(second);
  EXPECT_TRUE((*second)->receive({}, net::kPatience));
}

}  // namespace
}  // namespace spud::actors
