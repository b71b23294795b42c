// SPDX-License-Identifier: Apache-2.0
#include "actors/node/links.hpp"

#include <future>
#include <thread>

#include <gtest/gtest.h>

#include "actors/node/linked_nodes.hpp"
#include "vm/executor.hpp"

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

  static Status start(Links& links, unsigned own, const protocol::RoundHeader& header, Bytes& send,
                      Bytes& receive) {
    const std::array<ByteView, 1> out{send};
    std::array<protocol::Segments, 2> in;
    in[1 - own] = {receive};
    return links.start(header, out, in);
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
  EXPECT_LT(sent.at(Rank{1}), from_a.size() + from_a.size() / 2) << "once, and however many beats";
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
  EXPECT_GE(a->waited_by_peer().at(Rank{1}), kDelay / 2);
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

TEST_F(LinkPair, APartArrivesWhileBothStillCompute) {
  open();
  ASSERT_TRUE(a && b);
  // More than any buffer on the way holds.
  Bytes from_a(40u << 20, std::byte{1}), from_b(40u << 20, std::byte{2}), at_a(from_b.size()),
      at_b(from_a.size());
  ASSERT_TRUE(start(*b, 1, {1, 1, from_b.size()}, from_b, at_b));
  ASSERT_TRUE(start(*a, 0, {1, 1, from_a.size()}, from_a, at_a));
  while (a->sent_bytes() < from_a.size() || b->sent_bytes() < from_b.size()) std::this_thread::yield();
  Bytes rest_a(3, std::byte{3}), rest_b(3, std::byte{4}), rest_at_a(3), rest_at_b(3);
  ASSERT_TRUE(start(*b, 1, {1, 1, 3, 1}, rest_b, rest_at_b));
  ASSERT_TRUE(start(*a, 0, {1, 1, 3, 1}, rest_a, rest_at_a));
  EXPECT_TRUE(a->settle());
  EXPECT_TRUE(b->settle());
  EXPECT_EQ(at_a, from_b);
  EXPECT_EQ(at_b, from_a);
  EXPECT_EQ(rest_at_a, rest_b);
  EXPECT_EQ(rest_at_b, rest_a);
}

TEST_F(LinkPair, APeerOutOfStepWithinARoundIsNamedWithBothSidesFigures) {
  open();
  ASSERT_TRUE(a && b);
  Bytes from_a(8), from_b(8), at_a(8), at_b(8);
  for (auto* links : {a.get(), b.get()}) {
    const bool mine = links == a.get();
    ASSERT_TRUE(start(*links, mine ? 0 : 1, {1, 1, 8}, mine ? from_a : from_b, mine ? at_a : at_b));
  }
  // a is in the middle of the round, b in the next.
  Bytes next_a(8), next_b(16), next_at_a(8), next_at_b(16);
  ASSERT_TRUE(start(*b, 1, {2, 3, 16}, next_b, next_at_b));
  auto started = start(*a, 0, {1, 1, 8, 1}, next_a, next_at_a);
  auto mine = a->settle(), theirs = b->settle();
  ASSERT_FALSE(mine);
  ASSERT_FALSE(theirs);
  EXPECT_EQ(mine.error().code, ErrorCode::kPeerFault);
  // Whoever reads first says it; the other is told.
  const std::string one = "round 2 with 3 openings of 16 bytes",
                    other = "round 1, part 1 with 1 openings of 8 bytes";
  const auto& said = mine.error();
  EXPECT_TRUE((said.what == "it is at " + one && said.expected == other) ||
              (said.what == "it is at " + other && said.expected == one))
      << said.message();
}

TEST_F(LinkPair, AbandonTakesTheMemoryOfAPartBack) {
  open();
  ASSERT_TRUE(a && b);
  auto from_a = std::make_unique<Bytes>(40u << 20), at_a = std::make_unique<Bytes>(40u << 20);
  // b takes nothing: it is in the middle of computing.
  ASSERT_TRUE(start(*a, 0, {1, 1, from_a->size()}, *from_a, *at_a));
  a->abandon(Error{ErrorCode::kBadInput, "out of range", "kernel", "", "", ""});
  from_a.reset();
  at_a.reset();
  Bytes from_b(40u << 20), at_b(40u << 20);
  auto begun = start(*b, 1, {1, 1, from_b.size()}, from_b, at_b);
  auto ended = b->settle();
  ASSERT_FALSE(ended);
  EXPECT_EQ(ended.error().party, "alice");
}

TEST_F(LinkPair, APeerThatHasFinishedSendsNoMoreRounds) {
  open();
  ASSERT_TRUE(a && b);
  auto other = std::async(std::launch::async, [&] { return b->finish(); });
  Bytes from_a(8), at_a(8);
  auto mine = exchange(*a, 0, from_a, at_a);
  ASSERT_FALSE(mine);
  a->fail(mine.error());
  auto theirs = other.get();
  ASSERT_FALSE(theirs);
  // Whoever reads first says it; the other is told.
  EXPECT_EQ(mine.error().code, ErrorCode::kPeerFault);
  EXPECT_EQ(theirs.error().code, ErrorCode::kPeerFault);
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

/// Alice's side of a link to a bob whose every frame the test says.
class LinkToARawPeer : public LinkPair {
 protected:
  static constexpr LinkTimes kShort{Millis(50), Millis(1000)};

  void open_raw(LinkTimes times, unsigned version = wire::kLinkVersion) {
    auto door = std::async(std::launch::async, [&] { admit(); });
    auto opening = std::async(
        std::launch::async, [&, times] { return Links::open(terms(0), alice, times, control_a, random_a); });
    const auto expected = net::ExpectedPeer::exactly(net::node_of("alice"));
    raw = net::Connection::connect(listener.address(), bob, expected, net::kPatience).value();
    auto hello = service::session::hello(terms(1));
    hello.version = version;
    say(hello);
    door.get();
    auto opened = opening.get();
    if (opened) {
      a = std::move(*opened);
    } else {
      error_a = opened.error();
    }
  }
  void say(const wire::LinkFrame& frame, ByteView payload = {}) {
    const std::array segments{payload};
    EXPECT_TRUE(raw->send(wire::encode(frame), segments, net::kPatience));
  }
  /// Beats for so long, or until alice has given up.
  void beat_for(Millis long_) {
    const auto end = std::chrono::steady_clock::now() + long_;
    const auto alive = wire::encode(wire::LinkFrame(wire::Alive{}));
    std::promise<void> never;
    auto future = never.get_future();
    while (std::chrono::steady_clock::now() < end && raw->send(alive, net::kPatience))
      future.wait_for(Millis(30));
  }
  Error cancelled_at_alice() {
    const auto end = std::chrono::steady_clock::now() + net::kPatience;
    while (!control_a.cancelled() && std::chrono::steady_clock::now() < end) std::this_thread::yield();
    return control_a.cancelled().value_or(Error{});
  }

  std::unique_ptr<net::Connection> raw;
};

TEST_F(LinkToARawPeer, AnotherVersionIsRefusedByNameOnBothSides) {
  open_raw(kShort, wire::kLinkVersion + 1);
  ASSERT_TRUE(error_a);
  EXPECT_EQ(error_a->party, "bob");
  EXPECT_EQ(error_a->code, ErrorCode::kUnsupported);
  const auto frame = raw->receive({}, net::kPatience);
  ASSERT_TRUE(frame);
  const auto said = wire::decode_link_frame(frame->header);
  ASSERT_TRUE(said);
  EXPECT_EQ(std::get<Error>(*said).what, error_a->what);
  EXPECT_EQ(std::get<Error>(*said).party, "bob");
}

TEST_F(LinkToARawPeer, APeerThatIsAheadAndFreezesIsNoticedWhileWeCompute) {
  open_raw(kShort);
  ASSERT_TRUE(a);
  const Bytes ahead(8, std::byte{7});
  say(wire::Round{1, 1, 8}, ahead);
  const auto error = cancelled_at_alice();
  EXPECT_EQ(error.party, "bob");
  EXPECT_EQ(error.code, ErrorCode::kTimeout);
}

TEST_F(LinkToARawPeer, WhatAPeerAheadHasSentIsTakenWhenItIsItsTurn) {
  open_raw(kShort);
  ASSERT_TRUE(a);
  Bytes first(8, std::byte{7}), second(3, std::byte{8}), mine(8), mine_too(3), at_a(8), rest_at_a(3);
  say(wire::Round{1, 1, 8}, first);
  say(wire::Round{1, 1, 3, 1}, second);
  // Longer than a peer may be silent; we compute.
  beat_for(kShort.silence + Millis(500));
  ASSERT_FALSE(control_a.cancelled()) << control_a.cancelled()->message();
  ASSERT_TRUE(start(*a, 0, {1, 1, 8}, mine, at_a));
  ASSERT_TRUE(start(*a, 0, {1, 1, 3, 1}, mine_too, rest_at_a));
  ASSERT_TRUE(a->settle());
  EXPECT_EQ(at_a, first);
  EXPECT_EQ(rest_at_a, second);
}

TEST_F(LinkToARawPeer, APeerAheadMaySendMoreOrLessThanWeDo) {
  // Of a value that one party keeps, that party alone sends.
  open_raw(kShort);
  ASSERT_TRUE(a);
  Bytes all(5, std::byte{7}), none, mine(8), at_a(5), nothing_at_a;
  say(wire::Round{1, 1, 0}, none);
  say(wire::Round{2, 1, 5}, all);
  beat_for(kShort.heartbeat * 4);
  ASSERT_TRUE(start(*a, 0, {1, 1, 8}, mine, nothing_at_a));
  ASSERT_TRUE(a->settle());
  ASSERT_TRUE(start(*a, 0, {2, 1, 0}, none, at_a));
  ASSERT_TRUE(a->settle());
  EXPECT_EQ(at_a, all);
  // As long as ours, where nothing was to come.
  say(wire::Round{3, 1, 8}, mine);
  beat_for(kShort.heartbeat * 4);
  const auto refused = start(*a, 0, {3, 1, 8}, mine, nothing_at_a);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kPeerFault);
}

TEST_F(LinkToARawPeer, APeerAheadInAnotherRoundIsOutOfStep) {
  open_raw(kShort);
  ASSERT_TRUE(a);
  Bytes first(8), at_a(8);
  say(wire::Round{2, 1, 8}, first);
  beat_for(Millis(300));
  const auto refused = exchange(*a, 0, first, at_a);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().party, "bob");
  EXPECT_EQ(refused.error().code, ErrorCode::kPeerFault);
}

TEST_F(LinkToARawPeer, ABeatingPeerThatNeverSendsItsRoundIsNamed) {
  open_raw({Millis(50), Millis(1000), Millis(200)});
  ASSERT_TRUE(a);
  auto beating = std::async(std::launch::async, [&] { beat_for(net::kPatience); });
  Bytes from_a(8), at_a(8);
  const auto late = exchange(*a, 0, from_a, at_a);
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().party, "bob");
  EXPECT_EQ(late.error().code, ErrorCode::kTimeout);
  EXPECT_EQ(late.error().what, "beats, and sends nothing");
  raw->shutdown();
}

TEST_F(LinkToARawPeer, ASessionThatDoesNotComeToItsNextRoundEndsInItsOwnName) {
  open_raw({Millis(50), Millis(4000), Millis(200)});
  ASSERT_TRUE(a);
  auto beating = std::async(std::launch::async, [&] { beat_for(net::kPatience); });
  const auto error = cancelled_at_alice();
  EXPECT_EQ(error.party, "alice");
  EXPECT_EQ(error.code, ErrorCode::kTimeout);
  EXPECT_EQ(error.what, "its session does not come to the next round");
  raw->shutdown();
}

TEST_F(LinkToARawPeer, ASessionThatWaitsForItsDealerIsNotLate) {
  open_raw({Millis(50), Millis(4000), Millis(200)});
  ASSERT_TRUE(a);
  a->excuse([] { return true; });
  beat_for(Millis(1000));
  EXPECT_FALSE(control_a.cancelled());
  a->excuse({});
}

using protocol::Task;

Task<std::uint64_t> opens(protocol::Executor& executor, std::uint64_t word, std::size_t count) {
  const std::vector<std::uint64_t> words(count, word);
  auto opening = std::make_shared<protocol::WordsOpening>(
      ring::Tensor::of<std::uint64_t>(64, {static_cast<std::int64_t>(count)}, words), 64);
  executor.post(opening);
  protocol::PendingWords pending(std::move(opening));
  ring::Tensor sum = co_await pending;
  std::uint64_t total = 0;
  for (auto w : sum.words<std::uint64_t>()) total += w;
  co_return total;
}

/// Rounds of several openings, some of them large; what all parties opened together.
Task<std::uint64_t> rounds_in_parts(protocol::Executor& executor, std::uint64_t word, unsigned rounds) {
  std::uint64_t total = 0;
  for (unsigned round = 0; round < rounds; ++round) {
    std::vector<protocol::Started<std::uint64_t>> started;
    for (std::size_t count : {5u, 300'000u, 7u, 40'000u, 200'000u, round % 2 == 0 ? 3u : 50'000u}) {
      started.emplace_back(executor, opens(executor, word, count));
    }
    for (auto& one : started) {
      std::uint64_t sum = co_await one;
      total += sum;
    }
  }
  co_return total;
}

TEST(LinkedNodes, RunKernelsWhoseLargeOpeningsLeaveEarly) {
  for (unsigned parties : {2u, 3u}) {
    LinkedNodes nodes(parties);
    std::vector<std::future<Result<std::uint64_t>>> ran;
    for (unsigned own = 0; own < parties; ++own) {
      ran.push_back(std::async(std::launch::async, [&nodes, own, parties] {
        vm::RoundExecutor executor(Rank{own}, parties, &nodes.links(own));
        return executor.run(rounds_in_parts(executor, own + 1, 4));
      }));
    }
    const std::uint64_t words = 4 * (5 + 300'000 + 7 + 40'000 + 200'000) + 2 * (3 + 50'000);
    for (auto& party : ran) {
      auto total = party.get();
      ASSERT_TRUE(total) << total.error().message();
      EXPECT_EQ(*total, words * parties * (parties + 1) / 2);
    }
  }
}

Task<std::uint64_t> fails_or_opens(vm::RoundExecutor& executor, bool fails) {
  if (fails) executor.fail(Error{ErrorCode::kResource, "the disk is full", "store", "", "", ""});
  auto opening = opens(executor, 1, 1);
  std::uint64_t sum = co_await opening;
  co_return sum;
}

Task<std::uint64_t> fails_behind_a_part(vm::RoundExecutor& executor, bool fails) {
  protocol::Started<std::uint64_t> part(executor, opens(executor, 1, 1'000'000));
  protocol::Started<std::uint64_t> rest(executor, fails_or_opens(executor, fails));
  std::uint64_t large = co_await part;
  std::uint64_t small = co_await rest;
  co_return large + small;
}

TEST(LinkedNodes, AKernelThatFailsBehindAPartEndsAllParties) {
  LinkedNodes nodes(3);
  std::vector<std::future<Result<std::uint64_t>>> ran;
  for (unsigned own = 0; own < 3; ++own) {
    ran.push_back(std::async(std::launch::async, [&nodes, own] {
      vm::RoundExecutor executor(Rank{own}, 3, &nodes.links(own));
      return executor.run(fails_behind_a_part(executor, own == 2));
    }));
  }
  for (auto& party : ran) {
    auto result = party.get();
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().what, "the disk is full");
  }
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
