// SPDX-License-Identifier: Apache-2.0
#include "vm/executor.hpp"

#include <algorithm>
#include <atomic>
#include <new>
#include <thread>

#include <gmock/gmock.h>

#include "base/limits.hpp"
#include "correlation/dealer.hpp"
#include "correlation/party_source.hpp"
#include "protocol/semi2k/semi2k.hpp"
#include "system/crypto/random.hpp"
#include "vm/local.hpp"

namespace spud::vm {
namespace {

using protocol::Arith;
using protocol::Started;
using protocol::Task;
using testing::HasSubstr;

ring::Tensor part(const Desk& desk, std::uint64_t whole) {
  const Shape shape{2};
  if (desk.on_shapes) return ring::Tensor::phantom(64, shape);
  std::vector<std::uint64_t> words(static_cast<std::size_t>(element_count(shape)),
                                   desk.seat.rank == Rank{0}   ? whole - 77
                                   : desk.seat.rank == Rank{1} ? 77
                                                               : 0);
  return ring::Tensor::of<std::uint64_t>(64, shape, words);
}

Task<Arith> chain(Desk desk, std::uint64_t start, unsigned depth) {
  auto x_task = desk.protocol.input(part(desk, start));
  Arith x = co_await x_task;
  for (unsigned d = 0; d < depth; ++d) {
    // Its operand is masked first: one round.
    auto square_task = desk.protocol.multiply(x, x);
    Arith square = co_await square_task;
    x = square;
  }
  co_return x;
}

Task<std::vector<ring::Tensor>> chains(Desk desk, unsigned count) {
  std::vector<Started<Arith>> started;
  for (unsigned c = 0; c < count; ++c) started.emplace_back(desk.executor, chain(desk, 1 + c % 5, 1 + c % 7));
  std::vector<ring::Tensor> out;
  for (auto& one : started) {
    Arith x = co_await one;
    out.push_back(desk.protocol.output(x));
  }
  co_return out;
}

TEST(RoundExecutor, RunsIndependentChainsInTheRoundsOfTheDeepest) {
  for (unsigned parties : {2u, 3u}) {
    crypto::SeededRandom random(1);
    auto run = run_locally<std::vector<ring::Tensor>>(ProtocolKind::kSemi2k, parties, random,
                                                      [](Desk desk) { return chains(desk, 100); });
    ASSERT_TRUE(run.has_value()) << run.error().message();
    for (const auto& traffic : run->traffic) EXPECT_EQ(traffic.rounds, 7u);
    for (unsigned c = 0; c < 100; ++c) {
      std::uint64_t total = 0, want = 1 + c % 5;
      for (const auto& shares : run->results) total += shares[c].words<std::uint64_t>()[1];
      for (unsigned d = 0; d < 1 + c % 7; ++d) want *= want;
      EXPECT_EQ(total, want) << c;
    }
  }
}

TEST(RoundExecutor, OnShapesCountsWhatTheRunWillSend) {
  auto body = [](Desk desk) { return chains(desk, 100); };
  crypto::SeededRandom random(1);
  auto run = run_locally<std::vector<ring::Tensor>>(ProtocolKind::kSemi2k, 2, random, body);
  auto shapes = run_on_shapes<std::vector<ring::Tensor>>({ProtocolKind::kSemi2k, Rank{1}, 2}, body);
  ASSERT_TRUE(run.has_value() && shapes.has_value());
  EXPECT_EQ(shapes->traffic.rounds, run->traffic[0].rounds);
  EXPECT_EQ(shapes->traffic.opened_bits, run->traffic[0].opened_bits);
  EXPECT_EQ(shapes->traffic.payload_bytes, run->traffic[0].payload_bytes);
  EXPECT_EQ(correlation::digest(shapes->demand), correlation::digest(run->demand))
      << "every party's run on shapes asks for the same";
}

// Both products need x masked; the one that comes second waits for the mask that the first one opens.
Task<int> two_uses_of_one_value(Desk desk) {
  auto x_task = desk.protocol.input(part(desk, 5));
  Arith x = co_await x_task;
  auto y_task = desk.protocol.input(part(desk, 6));
  Arith y = co_await y_task;
  Started<Arith> first(desk.executor, desk.protocol.multiply(x, y));
  Started<Arith> second(desk.executor, desk.protocol.multiply(y, x));
  Arith a = co_await first;
  Arith b = co_await second;
  co_return 0;
}

TEST(RoundExecutor, LetsAKernelWaitForAValueThatAnotherMasks) {
  crypto::SeededRandom random(2);
  auto run = run_locally<int>(ProtocolKind::kSemi2k, 2, random, two_uses_of_one_value);
  ASSERT_TRUE(run.has_value()) << run.error().message();
  EXPECT_EQ(run->traffic[0].rounds, 1u);
  EXPECT_EQ(run->traffic[0].opened_bits, 2u * 2 * 64) << "each value once";
}

/// A network that counts, and can be told to fail.
class Counting final : public protocol::Network {
 public:
  Status exchange(const protocol::RoundHeader& header, std::span<const ByteView> send,
                  std::span<const protocol::Segments> receive) override {
    ++rounds;
    for (const auto& segments : receive) {
      for (auto segment : segments) std::ranges::fill(segment, std::byte{0});
    }
    for (auto segment : send) bytes += segment.size();
    if (header.round >= fails_in) return fail(ErrorCode::kUnavailable, "the link is down", "", "", "party 1");
    return {};
  }
  std::uint64_t rounds = 0, bytes = 0, fails_in = UINT64_MAX;
};

/// One party alone, the first of two: what it receives is zeros.
struct Alone {
  Counting network;
  RoundExecutor executor{Rank{0}, 2, &network};
  correlation::PartySource source{Rank{0}, 2, Seed(), nullptr};
  protocol::semi2k::Semi2k protocol{Rank{0}, 2, source, executor, std::nullopt};
  Seat seat{ProtocolKind::kSemi2k, Rank{0}, 2};
  Desk desk{seat, protocol, executor, source};
};

TEST(RoundExecutor, SendsNothingAfterAFailure) {
  Alone alone;
  auto body = [](Desk desk) -> Task<int> {
    auto x_task = chain(desk, 3, 2);
    Arith x = co_await x_task;
    desk.executor.fail(Error{ErrorCode::kBadInput, "too large", "", "", "", ""});
    auto y_task = desk.protocol.multiply(x, x);
    Arith y = co_await y_task;
    co_return 0;
  };
  auto result = alone.executor.run(body(alone.desk));
  ASSERT_FALSE(result.has_value());
  EXPECT_THAT(result.error().message(), HasSubstr("too large"));
  EXPECT_EQ(alone.network.rounds, 2u) << "the third round's opening was posted, and not sent";
  EXPECT_EQ(alone.executor.traffic().rounds, 2u);
  auto again = alone.executor.run(chain(alone.desk, 3, 1));
  ASSERT_FALSE(again.has_value()) << "what failed stays failed";
  EXPECT_EQ(alone.network.rounds, 2u);
}

TEST(RoundExecutor, SendsNothingOnceItsSourceFailed) {
  Counting network;
  RoundExecutor executor(Rank{1}, 2, &network);
  correlation::MemoryTape empty;
  correlation::PartySource source(Rank{1}, 2, Seed(), &empty);
  executor.watch(source);
  protocol::semi2k::Semi2k protocol(Rank{1}, 2, source, executor, std::nullopt);
  Seat seat{ProtocolKind::kSemi2k, Rank{1}, 2};
  auto result = executor.run(chain(Desk{seat, protocol, executor, source}, 3, 2));
  ASSERT_FALSE(result.has_value());
  EXPECT_THAT(result.error().message(), HasSubstr("exhausted"));
  EXPECT_EQ(network.rounds, 1u) << "the first mask needs no tape; its product does";
}

TEST(RoundExecutor, FailsARunWhoseLastStepFailed) {
  Counting network;
  RoundExecutor executor(Rank{1}, 2, &network);
  correlation::MemoryTape empty;
  correlation::PartySource source(Rank{1}, 2, Seed(), &empty);
  executor.watch(source);
  protocol::semi2k::Semi2k protocol(Rank{1}, 2, source, executor, std::nullopt);
  Seat seat{ProtocolKind::kSemi2k, Rank{1}, 2};
  auto result = executor.run(chain(Desk{seat, protocol, executor, source}, 3, 1));
  EXPECT_FALSE(result.has_value()) << "its result was computed with zeros for what the tape did not hold";
}

TEST(RoundExecutor, StopsWhereTheNetworkDoes) {
  Alone alone;
  alone.network.fails_in = 3;
  auto result = alone.executor.run(chain(alone.desk, 3, 5));
  ASSERT_FALSE(result.has_value());
  EXPECT_THAT(result.error().message(), HasSubstr("the link is down"));
  EXPECT_EQ(alone.network.rounds, 3u);
  EXPECT_FALSE(alone.executor.run(chain(alone.desk, 3, 1)).has_value());
  EXPECT_EQ(alone.network.rounds, 3u);
}

TEST(RoundExecutor, ShowsEveryOpeningAsItGoesOut) {
  Alone alone;
  std::uint64_t openings = 0, bits = 0, bytes = 0;
  alone.executor.observe([&](const protocol::PostedOpening& opening, std::uint64_t round) {
    ++openings;
    EXPECT_EQ(round, openings);
    EXPECT_TRUE(opening.pad.has_value());
    bits += opening.bits();
    bytes += opening.outgoing().size();
  });
  ASSERT_TRUE(alone.executor.run(chain(alone.desk, 3, 4)).has_value());
  EXPECT_EQ(openings, 4u);
  EXPECT_EQ(bits, alone.executor.traffic().opened_bits);
  EXPECT_EQ(bytes, alone.network.bytes);
  EXPECT_EQ(bytes, alone.executor.traffic().payload_bytes);
}

/// A network that takes parts, and writes down what is asked of it. What it brings is zeros.
class InParts final : public protocol::Network {
 public:
  explicit InParts(std::vector<std::string>& events) : events_(events) {}
  Status exchange(const protocol::RoundHeader& header, std::span<const ByteView>,
                  std::span<const protocol::Segments> receive) override {
    return take("exchange", header, receive);
  }
  bool takes_parts() const override { return true; }
  Status start(const protocol::RoundHeader& header, std::span<const ByteView>,
               std::span<const protocol::Segments> receive) override {
    SPUD_TRY(take("start", header, receive));
    if (header.part >= fails_at) return fail(ErrorCode::kUnavailable, "the link is down", "", "", "party 1");
    return {};
  }
  Status settle() override {
    events_.push_back("settle");
    return {};
  }
  void abandon(const Error& cause) override { events_.push_back("abandon: " + cause.what); }
  std::uint32_t fails_at = UINT32_MAX;

 private:
  Status take(std::string what, const protocol::RoundHeader& header,
              std::span<const protocol::Segments> receive) {
    EXPECT_EQ(protocol::byte_count(receive[1]), header.bytes);
    for (auto segment : receive[1]) std::ranges::fill(segment, std::byte{0});
    events_.push_back(what + " " + std::to_string(header.round) + "." + std::to_string(header.part) + ": " +
                      std::to_string(header.openings));
    return {};
  }
  std::vector<std::string>& events_;
};

constexpr std::int64_t kEarlyWords = limits::kEarlyOpeningBytes / 8;
using protocol::PendingWords;
using protocol::WordsOpening;

PendingWords post(protocol::Executor& executor, std::uint64_t word, std::int64_t count) {
  const std::vector<std::uint64_t> words(static_cast<std::size_t>(count), word);
  auto opening = std::make_shared<WordsOpening>(ring::Tensor::of<std::uint64_t>(64, {count}, words), 64);
  executor.post(opening);
  return PendingWords(std::move(opening));
}

Task<std::uint64_t> opens(protocol::Executor& executor, std::vector<std::string>& events, std::string name,
                          std::uint64_t word, std::int64_t count) {
  events.push_back(name + " computes");
  PendingWords pending = post(executor, word, count);
  ring::Tensor sum = co_await pending;
  co_return sum.words<std::uint64_t>()[static_cast<std::size_t>(count - 1)];
}

/// Four openings of one round; the second is large.
Task<std::uint64_t> four(protocol::Executor& executor, std::vector<std::string>& events) {
  std::vector<Started<std::uint64_t>> started;
  started.emplace_back(executor, opens(executor, events, "a", 1, 10));
  started.emplace_back(executor, opens(executor, events, "b", 20, kEarlyWords));
  started.emplace_back(executor, opens(executor, events, "c", 300, kEarlyWords - 1));
  started.emplace_back(executor, opens(executor, events, "d", 4000, 10));
  std::uint64_t total = 0;
  for (auto& one : started) {
    std::uint64_t x = co_await one;
    total += x;
  }
  co_return total;
}

struct AloneInParts {
  std::vector<std::string> events;
  InParts network{events};
  RoundExecutor executor{Rank{0}, 2, &network};
};

TEST(RoundExecutor, SendsALargeOpeningBeforeTheRestOfItsRoundIsComputed) {
  AloneInParts alone;
  std::vector<std::size_t> openings;
  alone.executor.observe([&](const protocol::PostedOpening& opening, std::uint64_t round) {
    if (round == 1) openings.push_back(opening.byte_count());
  });
  auto total = alone.executor.run(four(alone.executor, alone.events));
  ASSERT_TRUE(total.has_value()) << total.error().message();
  EXPECT_EQ(*total, 4321u);
  EXPECT_THAT(alone.events, testing::ElementsAre("a computes", "b computes", "start 1.0: 2", "c computes",
                                                 "d computes", "start 1.1: 2", "settle"));
  EXPECT_THAT(openings, testing::ElementsAre(80, 8 * kEarlyWords, 8 * kEarlyWords - 8, 80));
  EXPECT_EQ(alone.executor.traffic().rounds, 1u);
  EXPECT_EQ(alone.executor.traffic().payload_bytes, 160u + 16 * kEarlyWords - 8);
  alone.events.clear();
  ASSERT_TRUE(alone.executor.run(opens(alone.executor, alone.events, "e", 5, kEarlyWords - 1)).has_value());
  EXPECT_THAT(alone.events, testing::ElementsAre("e computes", "exchange 2.0: 1")) << "nothing large: whole";
  alone.events.clear();
  ASSERT_TRUE(alone.executor.run(opens(alone.executor, alone.events, "f", 6, kEarlyWords)).has_value());
  EXPECT_THAT(alone.events, testing::ElementsAre("f computes", "exchange 3.0: 1"))
      << "nothing left to compute";
}

Task<std::uint64_t> fails(RoundExecutor& executor, std::vector<std::string>& events) {
  executor.fail(Error{ErrorCode::kBadInput, "too large", "", "", "", ""});
  events.push_back("failed");
  PendingWords pending = post(executor, 1, kEarlyWords);
  ring::Tensor sum = co_await pending;
  co_return 0;
}

/// Two large openings of one round, and then a kernel that fails.
Task<std::uint64_t> fails_between(RoundExecutor& executor, std::vector<std::string>& events) {
  Started<std::uint64_t> first(executor, opens(executor, events, "a", 1, kEarlyWords));
  Started<std::uint64_t> second(executor, fails(executor, events));
  Started<std::uint64_t> third(executor, opens(executor, events, "c", 1, kEarlyWords));
  std::uint64_t a = co_await first;
  std::uint64_t b = co_await second;
  std::uint64_t c = co_await third;
  co_return a + b + c;
}

TEST(RoundExecutor, SendsNoPartAfterAFailureAndTakesItsMemoryBack) {
  AloneInParts alone;
  auto result = alone.executor.run(fails_between(alone.executor, alone.events));
  ASSERT_FALSE(result.has_value());
  EXPECT_EQ(result.error().what, "too large");
  EXPECT_THAT(alone.events,
              testing::ElementsAre("a computes", "start 1.0: 1", "failed", "abandon: too large"));
}

TEST(RoundExecutor, SendsNoPartOnceItsSourceFailed) {
  AloneInParts alone;
  correlation::MemoryTape empty;
  correlation::PartySource source(Rank{1}, 2, Seed(), &empty);
  alone.executor.watch(source);
  protocol::semi2k::Semi2k protocol(Rank{1}, 2, source, alone.executor, std::nullopt);
  auto body = [](protocol::Protocol& semi2k, RoundExecutor& executor) -> Task<int> {
    const std::vector<std::uint64_t> words(2, 3);
    auto x_task = semi2k.input(ring::Tensor::of<std::uint64_t>(64, {2}, words));
    Arith x = co_await x_task;
    auto product_task = semi2k.multiply(x, x);
    Arith product = co_await product_task;
    PendingWords large = post(executor, 1, kEarlyWords);
    ring::Tensor sum = co_await large;
    co_return 0;
  };
  auto result = alone.executor.run(body(protocol, alone.executor));
  ASSERT_FALSE(result.has_value());
  EXPECT_THAT(result.error().message(), HasSubstr("exhausted"));
  EXPECT_THAT(alone.events, testing::ElementsAre("exchange 1.0: 1"));
}

TEST(RoundExecutor, StopsWhereAPartFails) {
  AloneInParts alone;
  alone.network.fails_at = 0;
  auto result = alone.executor.run(four(alone.executor, alone.events));
  ASSERT_FALSE(result.has_value());
  EXPECT_EQ(result.error().what, "the link is down");
  EXPECT_THAT(alone.events,
              testing::ElementsAre("a computes", "b computes", "start 1.0: 2", "abandon: the link is down"));
}

TEST(RunLocally, EndsOnEveryPartyWhenOneFails) {
  crypto::SeededRandom random(5);
  auto body = [](Desk desk) -> Task<int> {
    auto x_task = chain(desk, 3, 2);
    Arith x = co_await x_task;
    if (!desk.on_shapes && desk.seat.rank == Rank{1})
      desk.executor.fail(Error{ErrorCode::kBadInput, "party one's own reason", "", "", "", ""});
    auto y_task = chain(desk, 4, 3);
    Arith y = co_await y_task;
    co_return 0;
  };
  for (unsigned parties : {2u, 3u}) {
    auto run = run_locally<int>(ProtocolKind::kSemi2k, parties, random, body);
    ASSERT_FALSE(run.has_value());
    EXPECT_THAT(run.error().message(), HasSubstr("party one's own reason"));
  }
}

/// Squares until there is no memory for it, at party 1 alone; says whether anything came after that.
Task<int> starved(Desk desk, std::atomic<int>& after) {
  std::vector<Started<Arith>> others;
  others.emplace_back(desk.executor, chain(desk, 3, 5));
  auto x_task = chain(desk, 2, 2);
  Arith x = co_await x_task;
  if (!desk.on_shapes && desk.seat.rank == Rank{1}) throw std::bad_alloc();
  Arith other = co_await others[0];
  if (!desk.on_shapes) ++after;
  co_return 1;
}
Task<int> awaits_starved(Desk desk, std::atomic<int>& after) {
  auto task = starved(desk, after);
  int one = co_await task;
  if (!desk.on_shapes) ++after;
  co_return one;
}

TEST(RoundExecutor, WithoutMemoryTheRunEndsAndNothingIsResumed) {
  std::atomic<int> after = 0;
  crypto::SeededRandom random(1);
  auto run = run_locally<int>(ProtocolKind::kSemi2k, 2, random,
                              [&](Desk desk) { return awaits_starved(desk, after); });
  ASSERT_FALSE(run.has_value());
  EXPECT_EQ(run.error().code, ErrorCode::kResource);
  EXPECT_EQ(run.error().what, "out of memory");
  EXPECT_EQ(run.error().where, "round 3");
  EXPECT_EQ(after, 0) << "party 0 hears of it, party 1 resumes nobody";
}

/// Takes the memory of a round, and finds none of its own.
class Starved final : public protocol::Network {
 public:
  Status exchange(const protocol::RoundHeader&, std::span<const ByteView>,
                  std::span<const protocol::Segments>) override {
    throw std::bad_alloc();
  }
  void abandon(const Error& cause) override { abandoned.push_back(cause.what); }
  std::vector<std::string> abandoned;
};

TEST(RoundExecutor, WhatTheNetworkHasInHandIsTakenBackWhereItFindsNoMemory) {
  Starved network;
  RoundExecutor executor(Rank{0}, 2, &network);
  std::vector<std::string> events;
  EXPECT_EQ(executor.run(opens(executor, events, "a", 1, 10)).error().what, "out of memory");
  EXPECT_THAT(network.abandoned, testing::ElementsAre("out of memory"));
}

TEST(RoundExecutor, WithoutMemoryItIsNotRunAgain) {
  MemoryNetwork network(2);
  auto links = network.party(Rank{0});
  RoundExecutor executor(Rank{0}, 2, links.get());
  auto no_memory = [](int what) -> Task<int> {
    if (what == 1) throw std::bad_alloc();
    co_return what;
  };
  EXPECT_EQ(executor.run(no_memory(1)).error().code, ErrorCode::kResource);
  EXPECT_EQ(executor.run(no_memory(2)).error().what, "out of memory");
}

}  // namespace
}  // namespace spud::vm
