// SPDX-License-Identifier: Apache-2.0
#include "actors/node/tape_stream.hpp"

#include <array>
#include <future>

#include <gtest/gtest.h>

#include "system/net/test_parties.hpp"

namespace spud::actors {
namespace {

/// A node's tape from a dealer whose every frame the test says.
class FromARawDealer : public ::testing::Test {
 protected:
  static constexpr LinkTimes kTimes{Millis(50), Millis(1000), Millis(300)};

  void SetUp() override {
    const service::Member member{PartyId("alice"), NodeId("alice-0"), dealer.self().uri(),
                                 listener.address().str()};
    auto asking = std::async(std::launch::async, [&, member] {
      wire::OpenTape request;
      request.job = JobId("j");
      request.attempt = 1;
      return TapeStream::open(request, member, {}, node, kTimes, {}, &peers);
    });
    auto socket = listener.accept(net::kPatience);
    ASSERT_TRUE(socket);
    auto accepted =
        net::Connection::accept(std::move(*socket), dealer, net::ExpectedPeer::anyone(), net::kPatience);
    ASSERT_TRUE(accepted) << accepted.error().message();
    raw = std::move(*accepted);
    ASSERT_TRUE(raw->receive({}, net::kPatience));
    say(wire::TapeOpened{"alice.1"}, Bytes(Seed::kBytes, std::byte{7}));
    auto opened = asking.get();
    ASSERT_TRUE(opened) << opened.error().message();
    stream = std::move(*opened);
  }
  bool say(const wire::DealerAnswer& answer, ByteView payload = {}) {
    const std::array segments{payload};
    return raw->send(wire::encode(answer), segments, net::kPatience).has_value();
  }
  /// Says that it lives, until the node hangs up.
  void beat() {
    std::promise<void> never;
    auto future = never.get_future();
    while (say(wire::TapeChunk{dealt})) future.wait_for(Millis(20));
  }
  void deal(std::size_t bytes) {
    EXPECT_TRUE(say(wire::TapeChunk{dealt}, Bytes(bytes, std::byte{3})));
    dealt += bytes;
  }
  Status read(std::size_t bytes) {
    Bytes into(bytes);
    return stream->reader()->read(into);
  }
  /// So many bytes can be read, and then no more.
  Error after(std::size_t bytes) {
    EXPECT_TRUE(read(bytes));
    const auto more = read(1);
    EXPECT_FALSE(more);
    return more ? Error{} : more.error();
  }

  /// Frames that the dealer is blamed for.
  int refused() const {
    const std::string series = "spud_refused_frames_total{reason=\"tape\"} ";
    const auto text = registry.text();
    const auto at = text.find("\n" + series);
    return at == text.npos ? 0 : std::stoi(text.substr(at + 1 + series.size()));
  }

  ManualClock clock;
  metrics::Registry registry{{"node", "test"}};
  Peers peers{registry, clock};
  net::Parties parties;
  net::TlsContext dealer = parties.context("alice", crypto::Role::kDealer), node = parties.context("bob");
  net::Listener listener = net::Listener::bind({"127.0.0.1", 0}).value();
  std::unique_ptr<net::Connection> raw;
  std::unique_ptr<TapeStream> stream;
  std::uint64_t dealt = 0;
};

TEST_F(FromARawDealer, OneThatBeatsAndDealsNothingIsNamedWhereTheNodeWaitsForIt) {
  deal(64);
  auto beats = std::async(std::launch::async, [&] { beat(); });
  const auto starved = after(64);
  beats.get();
  EXPECT_EQ(starved.code, ErrorCode::kTimeout);
  EXPECT_EQ(starved.party, "alice");
  EXPECT_NE(starved.what.find("beats, and deals nothing"), std::string::npos);
}

TEST_F(FromARawDealer, OneThatIsSilentIsNamed) {
  const auto silent = after(0);
  EXPECT_EQ(silent.code, ErrorCode::kTimeout);
  EXPECT_EQ(silent.party, "alice");
}

TEST_F(FromARawDealer, OneThatGoesIsNamedAfterWhatItDealt) {
  deal(64);
  raw = nullptr;
  const auto gone = after(64);
  EXPECT_EQ(gone.code, ErrorCode::kUnavailable);
  EXPECT_EQ(gone.party, "alice");
  EXPECT_EQ(refused(), 0);
}

TEST_F(FromARawDealer, WhatItSaysOfItselfBreaksNothing) {
  ASSERT_TRUE(say(Error{ErrorCode::kPeerFault, "bob asked twice", "tape", "", "bob", ""}));
  EXPECT_EQ(after(0).party, "bob");
  EXPECT_EQ(refused(), 0);
}

TEST_F(FromARawDealer, ATapeThatIsCutShortIsItsFault) {
  deal(64);
  ASSERT_TRUE(say(wire::TapeEnd{65}));
  const auto cut = after(64);
  EXPECT_EQ(cut.code, ErrorCode::kPeerFault);
  EXPECT_EQ(cut.party, "alice");
  EXPECT_EQ(refused(), 1);
}

TEST_F(FromARawDealer, AGapIsItsFault) {
  deal(64);
  dealt += 8;
  deal(64);
  const auto gap = after(64);
  EXPECT_EQ(gap.code, ErrorCode::kPeerFault);
  EXPECT_NE(gap.what.find("a gap"), std::string::npos) << gap.message();
}

TEST_F(FromARawDealer, NoMoreIsReadThanItDeals) {
  deal(64);
  ASSERT_TRUE(say(wire::TapeEnd{64}));
  EXPECT_NE(after(64).what.find("exhausted"), std::string::npos);
}

}  // namespace
}  // namespace spud::actors
