// SPDX-License-Identifier: Apache-2.0
#include "actors/node/links.hpp"

#include <future>

#include <gtest/gtest.h>

#include "actors/node/linked_nodes.hpp"

namespace spud::actors {
namespace {

// The silence is longer than any step of these takes on a busy machine under a sanitizer.
constexpr LinkTimes kTimes{Millis(50), Millis(4000)};

/// Two nodes of one attempt, each with a listener; links are opened on threads, as sessions do.
class LinkPair : public ::testing::Test {
 protected:
  LinkPair() : alice(parties.context("alice")), bob(parties.context("bob")) {
    device.name = DeviceId("d");
    for (const auto* party : {"alice", "bob"}) {
      const auto id = net::node_of(party);
      device.compute.push_back({id.party, id.name, id.uri(), listener.address().str()});
    }
  }
  service::session::Terms terms(unsigned own, const std::string& plan = "abc") const {
    return {JobId("j1"), 1, device, Rank{own}, {{"job", "j1"}, {"plan", plan}}};
  }
  /// Takes bob's connection at alice's door.
  void admit() {
    auto socket = listener.accept(net::kPatience);
    if (!socket) return;
    auto accepted =
        net::Connection::accept(std::move(*socket), alice, net::ExpectedPeer::anyone(), net::kPatience);
    ASSERT_TRUE(accepted);
    std::shared_ptr<net::Connection> connection = std::move(*accepted);
    auto frame = connection->receive({}, net::kPatience);
    ASSERT_TRUE(frame);
    auto hello = wire::decode_link_frame(frame->header);
    control_a.offer(std::make_shared<LinkOffer>(LinkOffer{connection, std::get<wire::Hello>(*hello)}));
  }
  void open(const std::string& bobs_plan = "abc", const net::LinkShape& bobs_shape = {}) {
    auto door = std::async(std::launch::async, [&] { admit(); });
    auto other = std::async(std::launch::async, [&] {
      return Links::open(terms(1, bobs_plan), bob, kTimes, control_b, random_b, bobs_shape);
    });
    auto mine = Links::open(terms(0), alice, kTimes, control_a, random_a);
    auto theirs = other.get();
    if (mine) a = std::move(*mine);
    if (theirs) b = std::move(*theirs);
    if (!mine) error_a = mine.error();
    if (!theirs) error_b = theirs.error();
  }
  static Status exchange(Links& links, unsigned own, Bytes& send, Bytes& receive, std::uint64_t round = 1) {
    const std::array<ByteView, 1> out{send};
    std::array<protocol::Segments, 2> in;
    // In three pieces, one of them empty, as it may lie in several places.
    const MutableBytes whole = receive;
    in[1 - own] = {whole.first(3), {}, whole.subspan(3)};
    return links.exchange({round, 1, send.size()}, out, in);
  }

  net::Parties parties;
  net::TlsContext alice, bob;
  net::Listener listener = net::Listener::bind({"127.0.0.1", 0}).value();
  service::Device device;
  crypto::SeededRandom random_a{1}, random_b{2};
  SessionControl control_a{{}}, control_b{{}};
  std::unique_ptr<Links> a, b;
  std::optional<Error> error_a, error_b;
};

TEST_F(LinkPair, CarriesRoundsBothWaysAtOnce) {
  open();
  ASSERT_TRUE(a && b);
  auto keys_a = a->take_keys(), keys_b = b->take_keys();
  EXPECT_TRUE(std::ranges::equal(keys_a.at(Rank{1}).view(), keys_b.at(Rank{0}).view()));
  // More than any buffer on the way holds: both send before either has received.
  Bytes from_a(40u << 20, std::byte{1}), from_b(40u << 20, std::byte{2}), at_a(from_b.size()),
      at_b(from_a.size());
  auto other = std::async(std::launch::async, [&] { return exchange(*b, 1, from_b, at_b); });
  EXPECT_TRUE(exchange(*a, 0, from_a, at_a));
  EXPECT_TRUE(other.get());
  EXPECT_EQ(at_a, from_b);
  EXPECT_EQ(at_b, from_a);
  const auto sent = a->sent_bytes_by_peer();
  ASSERT_EQ(sent.size(), 1u);
  EXPECT_GT(sent.at(Rank{1}), from_a.size()) << "whole frames";
  EXPECT_LT(sent.at(Rank{1}), from_a.size() + 4096);
  auto end = std::async(std::launch::async, [&] { return b->finish(); });
  EXPECT_TRUE(a->finish());
  EXPECT_TRUE(end.get());
}

TEST_F(LinkPair, HeartbeatsKeepASlowPeerAlive) {
  open();
  ASSERT_TRUE(a && b);
  Bytes from_a(8), from_b(8), at_a(8), at_b(8);
  auto other = std::async(std::launch::async, [&] {
    // Longer than a peer may be silent: it computes meanwhile.
    std::promise<void> never;
    never.get_future().wait_for(kTimes.silence + Millis(300));
    return exchange(*b, 1, from_b, at_b);
  });
  EXPECT_TRUE(exchange(*a, 0, from_a, at_a));
  EXPECT_TRUE(other.get());
}

TEST_F(LinkPair, AShapeDelaysWhatTheConnectingSideSends) {
  constexpr Millis kDelay{100};
  open("abc", net::LinkShape{kDelay, 0});
  ASSERT_TRUE(a && b);
  Bytes from_a(8), from_b(8), at_a(8), at_b(8);
  const auto began = std::chrono::steady_clock::now();
  auto other = std::async(std::launch::async, [&] { return exchange(*b, 1, from_b, at_b); });
  EXPECT_TRUE(exchange(*a, 0, from_a, at_a));
  EXPECT_GE(std::chrono::steady_clock::now() - began, kDelay);
  EXPECT_TRUE(other.get());
}

TEST_F(LinkPair, ManifestsThatDifferAreNamedOnBothSides) {
  open("xyz");
  ASSERT_TRUE(error_a && error_b);
  EXPECT_EQ(error_a->party, "bob");
  EXPECT_EQ(error_a->what, "manifest differs in plan: xyz instead of abc");
  EXPECT_EQ(error_b->what, error_a->what) << "the cause is told before the link closes";
}

TEST_F(LinkPair, APeerOutOfStepIsNamedInThatRound) {
  open();
  ASSERT_TRUE(a && b);
  Bytes from_a(8), from_b(8), at_a(8), at_b(8);
  auto other = std::async(std::launch::async, [&] { return exchange(*b, 1, from_b, at_b, 7); });
  auto mine = exchange(*a, 0, from_a, at_a, 1);
  auto theirs = other.get();
  ASSERT_FALSE(mine);
  ASSERT_FALSE(theirs);
  EXPECT_EQ(mine.error().code, ErrorCode::kPeerFault);
}

TEST_F(LinkPair, AFailureIsToldToThePeer) {
  open();
  ASSERT_TRUE(a && b);
  Bytes from_a(8), at_a(8);
  auto waiting = std::async(std::launch::async, [&] { return exchange(*a, 0, from_a, at_a); });
  b->fail(Error{ErrorCode::kResource, "the disk is full", "store", "", "", ""});
  auto told = waiting.get();
  ASSERT_FALSE(told);
  EXPECT_EQ(told.error().what, "the disk is full");
  EXPECT_EQ(told.error().party, "bob");
  EXPECT_EQ(control_a.cancelled()->what, "the disk is full") << "the supervisor learns of it at once";
}

TEST_F(LinkPair, APeerThatGoesIsNamed) {
  open();
  ASSERT_TRUE(a && b);
  b.reset();
  Bytes from_a(8), at_a(8);
  auto gone = exchange(*a, 0, from_a, at_a);
  ASSERT_FALSE(gone);
  EXPECT_EQ(gone.error().party, "bob");
}

TEST_F(LinkPair, APeerThatNeverComesIsNamedWithinTheLimit) {
  auto links = Links::open(terms(0), alice, {Millis(50), Millis(100)}, control_a, random_a);
  ASSERT_FALSE(links);
  EXPECT_EQ(links.error().code, ErrorCode::kTimeout);
  EXPECT_EQ(links.error().party, "bob");
  listener.shutdown();
}

TEST_F(LinkPair, CancellingEndsAWaitingRound) {
  open();
  ASSERT_TRUE(a && b);
  Bytes from_a(8), at_a(8);
  auto waiting = std::async(std::launch::async, [&] { return exchange(*a, 0, from_a, at_a); });
  control_a.cancel(Error{ErrorCode::kCancelled, "cancelled", "", "", "", ""});
  EXPECT_EQ(waiting.get().error().code, ErrorCode::kCancelled);
}

TEST(LinkedNodes, CarrySmallAndLargeRoundsAmongThree) {
  LinkedNodes nodes(3);
  std::vector<std::future<bool>> parties;
  for (unsigned own = 0; own < 3; ++own) {
    parties.push_back(std::async(std::launch::async, [&nodes, own] {
      std::uint64_t round = 0;
      for (std::size_t size : {std::size_t{10}, std::size_t{3} << 20, std::size_t{0}, std::size_t{5} << 20}) {
        auto said = [&](unsigned by) { return Bytes(size, static_cast<std::byte>(10 * round + by)); };
        const Bytes mine = said(own);
        const std::array<ByteView, 2> send{ByteView(mine).first(size / 3), ByteView(mine).subspan(size / 3)};
        std::array<Bytes, 3> got;
        std::array<protocol::Segments, 3> receive;
        for (unsigned p = 0; p < 3; ++p) {
          if (p == own) continue;
          got[p].resize(size);
          receive[p] = {got[p]};
        }
        const protocol::RoundHeader header{round + 1, 2, size};
        if (!nodes.links(own).exchange(header, send, receive)) return false;
        for (unsigned p = 0; p < 3; ++p) {
          if (p != own && got[p] != said(p)) return false;
        }
        ++round;
      }
      return nodes.links(own).finish().has_value();
    }));
  }
  for (auto& party : parties) EXPECT_TRUE(party.get());
}

// While large messages to both peers are under way, one of them goes.
TEST(LinkedNodes, ALargeRoundEndsOnAllWhenOneGoes) {
  LinkedNodes nodes(3);
  const std::size_t size = 64u << 20;
  std::vector<std::future<Status>> others;
  for (unsigned own = 0; own < 2; ++own) {
    others.push_back(std::async(std::launch::async, [&nodes, own] {
      const Bytes mine(size);
      const std::array<ByteView, 1> send{mine};
      std::array<Bytes, 3> got;
      std::array<protocol::Segments, 3> receive;
      for (unsigned p = 0; p < 3; ++p) {
        if (p == own) continue;
        got[p].resize(size);
        receive[p] = {got[p]};
      }
      return nodes.links(own).exchange({1, 1, size}, send, receive);
    }));
  }
  nodes.links(2).fail(Error{ErrorCode::kResource, "the disk is full", "store", "", "", ""});
  for (auto& other : others) {
    auto status = other.get();
    ASSERT_FALSE(status);
    EXPECT_EQ(status.error().what, "the disk is full");
    EXPECT_EQ(status.error().party, "p2");
  }
}

}  // namespace
}  // namespace spud::actors
