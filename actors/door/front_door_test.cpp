// SPDX-License-Identifier: Apache-2.0
#include "actors/door/front_door.hpp"

#include <future>
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

TEST(FrontDoor, ConnectionsThatAreOpenAreCounted) {
  net::Parties parties;
  const auto alice = parties.context("alice"), bob = parties.context("bob");
  metrics::Registry registry({"test", "test"});
  const auto open = [&] {
    for (const auto& sample : registry.samples())
      if (sample.family == "spud_connections") return sample.value;
    return 0.0;
  };
  std::promise<double> meanwhile;
  auto door = FrontDoor::open({"127.0.0.1", 0}, alice, registry, {},
                              [&](const auto&) { meanwhile.set_value(open()); });
  ASSERT_TRUE(door);
  ASSERT_TRUE(net::Connection::connect((*door)->address(), bob,
                                       net::ExpectedPeer::exactly(net::node_of("alice")), net::kPatience));
  EXPECT_EQ(meanwhile.get_future().get(), 1);
  (*door)->close();
  EXPECT_EQ(open(), 0);
}

TEST(FrontDoor, AConnectionThatEndsBeforeItSaysAnythingIsNoHandshakeThatFailed) {
  net::Parties parties;
  const auto alice = parties.context("alice"), bob = parties.context("bob");
  metrics::Registry registry({"test", "test"});
  auto door = FrontDoor::open({"127.0.0.1", 0}, alice, registry, {}, [](const auto&) {});
  ASSERT_TRUE(door);
  // A load balancer's probe; then one who says what is no TLS; then a guest.
  const auto patience = net::Deadline::after(net::kPatience);
  ASSERT_TRUE(net::Socket::connect((*door)->address(), patience));
  {
    auto stranger = net::Socket::connect((*door)->address(), patience);
    ASSERT_TRUE(stranger && stranger->send_all(as_bytes("hello"), patience));
    stranger->shutdown_write();
    Bytes answer(64);
    while (stranger->receive_some(answer, patience).value_or(0) > 0) {
    }
  }
  ASSERT_TRUE(net::Connection::connect((*door)->address(), bob,
                                       net::ExpectedPeer::exactly(net::node_of("alice")), net::kPatience));
  (*door)->close();
  const auto refused = [&](const char* reason) {
    for (const auto& sample : registry.samples()) {
      if (sample.family == "spud_refused_connections_total" && sample.labels.at("reason") == reason)
        return sample.value;
    }
    return 0.0;
  };
  EXPECT_EQ(refused("silent"), 1);
  EXPECT_EQ(refused("handshake"), 1);
  EXPECT_EQ(alice.handshakes().server.failed, 1u);
  EXPECT_EQ(alice.handshakes().server.done, 1u);
}

}  // namespace
}  // namespace spud::actors
