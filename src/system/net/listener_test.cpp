// SPDX-License-Identifier: Apache-2.0
#include "system/net/listener.hpp"

#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace spud::net {
namespace {

using testing::HasSubstr;
constexpr Millis kPatience{20'000};

TEST(Listener, PortInUseIsAConflictThatNamesTheAddress) {
  auto first = Listener::bind({"127.0.0.1", 0});
  ASSERT_TRUE(first);
  ASSERT_NE(first->address().port, 0);
  auto second = Listener::bind(first->address());
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, ErrorCode::kConflict);
  EXPECT_THAT(second.error().message(), HasSubstr(first->address().str() + ": the port is in use"));
}

TEST(Listener, AnAddressThatThisMachineDoesNotHaveMayCome) {
  auto elsewhere = Listener::bind({"192.0.2.1", 0});  // for documents, nobody's
  ASSERT_FALSE(elsewhere);
  EXPECT_EQ(elsewhere.error().code, ErrorCode::kUnavailable);
}

TEST(Listener, PortIsFreeAgainAfterwards) {
  Address address;
  {
    auto listener = Listener::bind({"127.0.0.1", 0});
    address = listener->address();
    auto client = Socket::connect(address, Deadline::after(kPatience));
    auto server = listener->accept(kPatience);
    ASSERT_TRUE(client && server);
  }
  EXPECT_TRUE(Listener::bind(address));
}

TEST(Listener, AcceptTimesOutAndSaysSo) {
  auto listener = Listener::bind({"127.0.0.1", 0});
  auto none = listener->accept(Millis(5));
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().code, ErrorCode::kTimeout);
}

TEST(Listener, ShutdownFromAnotherThreadEndsAccept) {
  auto listener = Listener::bind({"127.0.0.1", 0});
  std::thread other([&] { listener->shutdown(); });
  auto none = listener->accept(kForever);
  other.join();
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().code, ErrorCode::kCancelled);
}

TEST(Listener, ServesIpVersion6WhereTheMachineHasIt) {
  auto listener = Listener::bind({"::1", 0});
  if (!listener) {
    EXPECT_THAT(listener.error().message(), HasSubstr("[::1]:0"));
    return;
  }
  auto client = Socket::connect(listener->address(), Deadline::after(kPatience));
  ASSERT_TRUE(client) << client.error().message();
  auto server = listener->accept(kPatience);
  ASSERT_TRUE(server);
  EXPECT_THAT(server->peer_address(), testing::StartsWith("[::1]:"));
}

TEST(Socket, RefusedConnectionNamesTheAddress) {
  Address address;
  {
    auto listener = Listener::bind({"127.0.0.1", 0});
    address = listener->address();
  }
  auto socket = Socket::connect(address, Deadline::after(kPatience));
  ASSERT_FALSE(socket);
  EXPECT_EQ(socket.error().code, ErrorCode::kUnavailable);
  EXPECT_THAT(socket.error().message(), HasSubstr(address.str()));
}

}  // namespace
}  // namespace spud::net
