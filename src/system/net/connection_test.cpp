// SPDX-License-Identifier: Apache-2.0
#include "system/net/connection.hpp"

#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "system/net/test_parties.hpp"

namespace spud::net {
namespace {

using testing::HasSubstr;

Bytes pattern(std::size_t size, std::uint32_t seed) {
  Bytes out(size);
  for (auto& byte : out) {
    seed = seed * 1664525 + 1013904223;
    byte = static_cast<std::byte>(seed >> 24);
  }
  return out;
}

class TwoNodes : public testing::Test {
 protected:
  void SetUp() override { connect({}); }
  void connect(const LinkShape& shape) {
    client_.reset();
    server_.reset();
    auto both = shake_hands(parties().context("alice"), parties().context("bob"), ExpectedPeer::anyone(),
                            ExpectedPeer::anyone(), shape);
    ASSERT_TRUE(both.client) << both.client.error().message();
    ASSERT_TRUE(both.server) << both.server.error().message();
    client_ = std::move(*both.client);
    server_ = std::move(*both.server);
  }
  static const Parties& parties() {
    static const Parties made;
    return made;
  }
  std::unique_ptr<Connection> client_, server_;
};

TEST_F(TwoNodes, KnowEachOther) {
  EXPECT_EQ(client_->peer(), node_of("bob"));
  EXPECT_EQ(server_->peer(), node_of("alice"));
  EXPECT_THAT(server_->peer_address(), testing::StartsWith("127.0.0.1:"));
}

TEST_F(TwoNodes, FramesArriveWholeInOrderAndAreCounted) {
  Bytes a = pattern(10, 1), b = pattern(0, 2), c = pattern(70'001, 3);
  std::array<ByteView, 3> segments{a, b, c};
  ASSERT_TRUE(client_->send(as_bytes("first"), segments, kPatience));
  ASSERT_TRUE(client_->send({}, kPatience));
  auto first = server_->receive({}, kPatience);
  ASSERT_TRUE(first) << first.error().message();
  EXPECT_EQ(as_text(first->header), "first");
  Bytes whole = a;
  whole.insert(whole.end(), c.begin(), c.end());
  EXPECT_EQ(first->payload, whole);
  auto second = server_->receive({}, kPatience);
  ASSERT_TRUE(second);
  EXPECT_TRUE(second->header.empty() && second->payload.empty());

  std::uint64_t bytes = 16 + 5 + 70'011 + 16;
  EXPECT_EQ(client_->traffic().bytes_sent, bytes);
  EXPECT_EQ(client_->traffic().frames_sent, 2u);
  EXPECT_EQ(server_->traffic().bytes_received, bytes);
  EXPECT_EQ(server_->traffic().frames_received, 2u);
  EXPECT_EQ(client_->traffic().bytes_received, 0u);
  EXPECT_EQ(server_->traffic().bytes_sent, 0u);
}

class Sums final : public TrafficMeter {
 public:
  void sent(std::uint64_t bytes) override { sent_ += bytes; }
  void received(std::uint64_t bytes) override { received_ += bytes; }
  std::pair<std::uint64_t, std::uint64_t> both() const { return {sent_, received_}; }

 private:
  std::atomic<std::uint64_t> sent_{0}, received_{0};
};

TEST_F(TwoNodes, AMeterIsToldWhatWentBeforeItCameAndAllThatFollows) {
  const auto payload = pattern(70'001, 3);
  const std::array<ByteView, 1> segments{payload};
  ASSERT_TRUE(client_->send(as_bytes("before"), kPatience));
  ASSERT_TRUE(server_->receive({}, kPatience));
  auto client = std::make_shared<Sums>(), server = std::make_shared<Sums>();
  client_->count_with(client);
  server_->count_with(server);
  EXPECT_EQ(client->both(), std::pair(std::uint64_t{22}, std::uint64_t{0}));
  ASSERT_TRUE(client_->send(as_bytes("after"), segments, kPatience));
  ASSERT_TRUE(server_->receive({}, kPatience));
  ASSERT_TRUE(server_->send(as_bytes("answer"), kPatience));
  ASSERT_TRUE(client_->receive({}, kPatience));
  const std::uint64_t there = 22 + 16 + 5 + 70'001, back = 22;
  EXPECT_EQ(client->both(), std::pair(there, back));
  EXPECT_EQ(server->both(), std::pair(back, there));
}

TEST_F(TwoNodes, TheKernelKnowsTheRoundTrip) {
  ASSERT_TRUE(client_->send(as_bytes("there"), kPatience));
  ASSERT_TRUE(server_->receive({}, kPatience));
  const auto found = client_->round_trip();
  ASSERT_TRUE(found);
  EXPECT_GT(found->count(), 0);
  EXPECT_LT(*found, std::chrono::milliseconds(5)) << "over loopback, whatever else the machine does";
}

TEST_F(TwoNodes, EverySizeAroundARecordSurvives) {
  for (std::size_t size : {1, 16'367, 16'368, 16'369, 16'384, 32'768, 131'071, 131'072, 131'073, 300'000}) {
    Bytes sent = pattern(size, static_cast<std::uint32_t>(size));
    ByteView segment = sent;
    std::thread sender([&] { EXPECT_TRUE(client_->send(as_bytes("h"), {&segment, 1}, kPatience)); });
    auto frame = server_->receive({}, kPatience);
    sender.join();
    ASSERT_TRUE(frame);
    EXPECT_EQ(frame->payload, sent) << size;
  }
}

TEST_F(TwoNodes, LargePayloadGoesStraightIntoTheCallersBuffers) {
  Bytes sent = pattern(64u << 20, 7), got(sent.size());
  std::array<ByteView, 2> segments{ByteView(sent).first(12'345'678), ByteView(sent).subspan(12'345'678)};
  std::thread sender([&] { EXPECT_TRUE(client_->send(as_bytes("tensor"), segments, kPatience)); });
  auto header = server_->receive_header({100, 64u << 20}, kPatience);
  ASSERT_TRUE(header);
  EXPECT_EQ(server_->payload_length(), got.size());
  EXPECT_TRUE(server_->receive_payload(MutableBytes(got).first(1000), kPatience));
  EXPECT_EQ(server_->payload_length(), got.size() - 1000);
  EXPECT_TRUE(server_->receive_payload(MutableBytes(got).subspan(1000), kPatience));
  sender.join();
  EXPECT_EQ(server_->payload_length(), 0u);
  EXPECT_TRUE(got == sent);
}

TEST_F(TwoNodes, BothDirectionsAndSeveralSendersWorkAtOnce) {
  constexpr int kFrames = 100;
  auto send = [](Connection& to, std::uint32_t seed) {
    for (int i = 0; i < kFrames; ++i) {
      Bytes payload = pattern(1 + (seed * 7919 + i * 577) % 60'000, seed);
      ByteView segment = payload;
      ASSERT_TRUE(to.send(as_bytes(std::to_string(seed)), {&segment, 1}, kPatience));
    }
  };
  auto receive = [](Connection& from) {
    for (int i = 0; i < 2 * kFrames; ++i) {
      auto frame = from.receive({}, kPatience);
      ASSERT_TRUE(frame) << frame.error().message();
      auto seed = static_cast<std::uint32_t>(std::stoul(std::string(as_text(frame->header))));
      ASSERT_EQ(frame->payload, pattern(frame->payload.size(), seed));
    }
  };
  std::vector<std::thread> threads;
  threads.emplace_back([&] { send(*client_, 1); });
  threads.emplace_back([&] { send(*client_, 2); });
  threads.emplace_back([&] { send(*server_, 3); });
  threads.emplace_back([&] { send(*server_, 4); });
  threads.emplace_back([&] { receive(*client_); });
  threads.emplace_back([&] { receive(*server_); });
  for (auto& thread : threads) thread.join();
}

TEST_F(TwoNodes, HostileLengthIsRefusedUnallocatedAndNamesTheSender) {
  Bytes payload = pattern(101, 1);
  ByteView segment = payload;
  ASSERT_TRUE(client_->send(as_bytes("h"), {&segment, 1}, kPatience));
  auto frame = server_->receive({10, 100}, kPatience);
  ASSERT_FALSE(frame);
  EXPECT_EQ(frame.error().code, ErrorCode::kPeerFault);
  EXPECT_EQ(frame.error().party, "alice");
  EXPECT_THAT(frame.error().message(), HasSubstr("alice/compute/alice-0 at 127.0.0.1:"));
  EXPECT_THAT(frame.error().message(), HasSubstr("announced a payload of 101 bytes; expected at most 100"));
  EXPECT_EQ(server_->receive({}, kPatience).error().message(), frame.error().message())
      << "a stream out of step stays refused";
}

TEST_F(TwoNodes, DeadlinePassesAndTheNextFrameIsStillWhole) {
  auto none = client_->receive({}, Millis(5));
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().code, ErrorCode::kTimeout);
  EXPECT_EQ(none.error().party, "bob");
  ASSERT_TRUE(server_->send(as_bytes("late"), kPatience));
  auto frame = client_->receive({}, kPatience);
  ASSERT_TRUE(frame);
  EXPECT_EQ(as_text(frame->header), "late");
}

TEST_F(TwoNodes, SendGivesUpOnAPeerThatTakesNothing) {
  Bytes payload(64u << 20);
  ByteView segment = payload;
  auto sent = client_->send({}, {&segment, 1}, Millis(50));
  ASSERT_FALSE(sent);
  EXPECT_EQ(sent.error().code, ErrorCode::kTimeout);
  EXPECT_EQ(sent.error().party, "bob");
  EXPECT_FALSE(client_->send({}, kPatience)) << "half a frame has left: nothing may follow it";
}

TEST_F(TwoNodes, ShutdownFromAnotherThreadEndsAReceiveAndASend) {
  std::thread receiver(
      [&] { EXPECT_EQ(client_->receive({}, kForever).error().code, ErrorCode::kCancelled); });
  std::thread sender([&] {
    Bytes payload(64u << 20);
    ByteView segment = payload;
    auto sent = client_->send({}, {&segment, 1}, kForever);
    ASSERT_FALSE(sent);
    EXPECT_EQ(sent.error().code, ErrorCode::kCancelled) << sent.error().message();
  });
  client_->shutdown();
  receiver.join();
  sender.join();
  EXPECT_EQ(client_->send({}, kPatience).error().code, ErrorCode::kCancelled);
}

TEST_F(TwoNodes, WhatWasSentBeforeAGoodbyeArrives) {
  Bytes payload = pattern(100'000, 5);
  ByteView segment = payload;
  ASSERT_TRUE(client_->send(as_bytes("last"), {&segment, 1}, kPatience));
  client_.reset();
  auto frame = server_->receive({}, kPatience);
  ASSERT_TRUE(frame) << frame.error().message();
  EXPECT_EQ(frame->payload, payload);
  auto end = server_->receive({}, kPatience);
  ASSERT_FALSE(end);
  EXPECT_EQ(end.error().code, ErrorCode::kUnavailable);
  EXPECT_EQ(end.error().what, "closed the connection");
  EXPECT_EQ(end.error().party, "alice");
}

TEST_F(TwoNodes, ShapedLinkDelaysAndStillDeliversWhatWasSentBeforeAGoodbye) {
  connect({Micros(20'000), 800'000'000});
  auto begin = std::chrono::steady_clock::now();
  Bytes payload = pattern(1'000'000, 5);
  ByteView segment = payload;
  ASSERT_TRUE(client_->send(as_bytes("last"), {&segment, 1}, kPatience));
  client_.reset();
  auto frame = server_->receive({}, kPatience);
  ASSERT_TRUE(frame) << frame.error().message();
  EXPECT_EQ(frame->payload, payload);
  EXPECT_GE(std::chrono::steady_clock::now() - begin, Millis(30)) << "20 ms of delay, 10 ms for a megabyte";
  EXPECT_EQ(server_->receive({}, kPatience).error().what, "closed the connection");
}

TEST_F(TwoNodes, ShapedLinkEndsEvenIfThePeerTakesNothing) {
  connect({Micros(1), 0});
  Bytes payload(32u << 20);
  ByteView segment = payload;
  ASSERT_TRUE(client_->send({}, {&segment, 1}, kPatience));
  client_.reset();
  server_.reset();
}

// A connection whose server side can be broken from below.
class RawServer : public TwoNodes {
 protected:
  void SetUp() override {
    int listening = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    ASSERT_EQ(::bind(listening, reinterpret_cast<sockaddr*>(&address), size), 0);
    ASSERT_EQ(::listen(listening, 1), 0);
    ASSERT_EQ(::getsockname(listening, reinterpret_cast<sockaddr*>(&address), &size), 0);
    std::thread server([&] {
      int fd = ::accept4(listening, nullptr, nullptr, SOCK_NONBLOCK);
      raw_ = ::dup(fd);
      server_ =
          Connection::accept(Socket(fd, "raw"), parties().context("bob"), ExpectedPeer::anyone(), kPatience)
              .value();
    });
    client_ = Connection::connect({"127.0.0.1", ntohs(address.sin_port)}, parties().context("alice"),
                                  ExpectedPeer::anyone(), kPatience)
                  .value();
    server.join();
    ::close(listening);
  }
  void TearDown() override { ::close(raw_); }
  int raw_ = -1;
};

TEST_F(RawServer, DeathOfThePeersProcessIsNamed) {
  ::shutdown(raw_, SHUT_RDWR);
  auto frame = client_->receive({}, kPatience);
  ASSERT_FALSE(frame);
  EXPECT_EQ(frame.error().code, ErrorCode::kUnavailable);
  EXPECT_EQ(frame.error().party, "bob");
  EXPECT_THAT(frame.error().message(), HasSubstr("without a goodbye"));
  EXPECT_THAT(frame.error().message(), HasSubstr("bob/compute/bob-0 at 127.0.0.1:"));
}

TEST_F(RawServer, SendingToADeadPeerFailsWithoutASignal) {
  ::shutdown(raw_, SHUT_RDWR);
  Bytes payload(1u << 20);
  ByteView segment = payload;
  Status sent;
  for (int i = 0; i < 100 && sent; ++i) sent = client_->send({}, {&segment, 1}, kPatience);
  ASSERT_FALSE(sent);
  EXPECT_EQ(sent.error().code, ErrorCode::kUnavailable);
  EXPECT_EQ(sent.error().party, "bob");
}

TEST_F(RawServer, ASendThatWaitsForRoomEndsWhenThePeerDoes) {
  const Bytes payload(64u << 20);
  const ByteView segment = payload;
  auto sending = std::async(std::launch::async, [&] { return client_->send({}, {&segment, 1}, kPatience); });
  // Bytes arrive until the buffers on the way are full: nobody reads them.
  pollfd arrived{raw_, POLLIN, 0};
  ASSERT_EQ(::poll(&arrived, 1, static_cast<int>(kPatience.count())), 1);
  ::shutdown(raw_, SHUT_WR);
  auto sent = sending.get();
  ASSERT_FALSE(sent);
  EXPECT_EQ(sent.error().code, ErrorCode::kUnavailable) << "at once, not at the deadline";
}

TEST_F(RawServer, BytesThatSomebodyElsePutIntoTheStreamAreRefused) {
  const unsigned char forged[] = {0x17, 0x03, 0x03, 0x00, 0x20, 1,  2,  3,  4,  5,  6,  7,  8,
                                  9,    10,   11,   12,   13,   14, 15, 16, 17, 18, 19, 20, 21,
                                  22,   23,   24,   25,   26,   27, 28, 29, 30, 31, 32};
  ASSERT_EQ(::send(raw_, forged, sizeof forged, 0), static_cast<ssize_t>(sizeof forged));
  auto frame = client_->receive({}, kPatience);
  ASSERT_FALSE(frame);
  EXPECT_EQ(frame.error().code, ErrorCode::kPeerFault);
  EXPECT_THAT(frame.error().what, HasSubstr("changed on its way"));
}

}  // namespace
}  // namespace spud::net
