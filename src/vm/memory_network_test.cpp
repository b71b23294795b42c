// SPDX-License-Identifier: Apache-2.0
#include "vm/memory_network.hpp"

#include <thread>

#include <gmock/gmock.h>

namespace spud::vm {
namespace {

using protocol::RoundHeader;
using testing::HasSubstr;

Bytes text(std::string_view s) {
  auto view = as_bytes(s);
  return {view.begin(), view.end()};
}

/// One exchange of one party; the texts received by rank.
Result<std::vector<std::string>> exchange(protocol::Network& links, unsigned rank, unsigned parties,
                                          RoundHeader header, const std::vector<std::string>& segments) {
  std::vector<Bytes> buffers(parties);
  std::vector<ByteView> send;
  for (const auto& segment : segments) send.push_back(as_bytes(segment));
  std::vector<protocol::Segments> receive(parties);
  for (unsigned p = 0; p < parties; ++p) {
    if (p == rank) continue;
    buffers[p].resize(header.bytes);
    // In pieces, as they lie in several places.
    const MutableBytes whole = buffers[p];
    receive[p] = {whole.first(whole.size() / 2), whole.subspan(whole.size() / 2)};
  }
  SPUD_TRY(links.exchange(header, send, receive));
  std::vector<std::string> out;
  for (const auto& buffer : buffers) out.emplace_back(as_text(buffer));
  return out;
}

TEST(MemoryNetwork, BringsEverySegmentToEveryPeerRoundByRound) {
  MemoryNetwork network(3);
  std::vector<std::thread> threads;
  for (unsigned rank = 0; rank < 3; ++rank) {
    threads.emplace_back([&, rank] {
      auto links = network.party(Rank{rank});
      for (unsigned round = 1; round <= 50; ++round) {
        const std::string from = std::to_string(rank), which = std::to_string(10 + round);
        auto got = exchange(*links, rank, 3, {round, 2, 3}, {from, which});
        ASSERT_TRUE(got.has_value()) << got.error().message();
        for (unsigned p = 0; p < 3; ++p) {
          EXPECT_EQ((*got)[p], p == rank ? "" : std::to_string(p) + which);
        }
      }
    });
  }
  for (auto& thread : threads) thread.join();
}

/// What party 0 says when party 2 sends `wrong`, the others {4, 1, 3}.
std::string complaint(RoundHeader wrong) {
  MemoryNetwork network(3);
  std::thread first([&] {
    auto links = network.party(Rank{1});
    (void)exchange(*links, 1, 3, {4, 1, 3}, {"abc"});
  });
  std::thread second([&] {
    auto links = network.party(Rank{2});
    (void)exchange(*links, 2, 3, wrong, {std::string(wrong.bytes, 'x')});
  });
  auto links = network.party(Rank{0});
  auto got = exchange(*links, 0, 3, {4, 1, 3}, {"abc"});
  first.join();
  second.join();
  return got ? "" : got.error().message();
}

TEST(MemoryNetwork, NamesThePartyThatIsOutOfStep) {
  EXPECT_EQ(complaint({4, 1, 3}), "");
  for (RoundHeader wrong : {RoundHeader{5, 1, 3}, RoundHeader{4, 2, 3}, RoundHeader{4, 1, 2}}) {
    EXPECT_THAT(complaint(wrong), HasSubstr("party 2"));
    EXPECT_THAT(complaint(wrong), HasSubstr("round 4"));
  }
}

TEST(MemoryNetwork, WakesWhoWaitsForAPartyThatEnded) {
  MemoryNetwork network(2);
  std::thread ends([&] { network.close(Rank{1}); });
  auto links = network.party(Rank{0});
  auto got = exchange(*links, 0, 2, {1, 1, 3}, {"abc"});
  ends.join();
  ASSERT_FALSE(got.has_value());
  EXPECT_EQ(got.error().code, ErrorCode::kUnavailable);
  EXPECT_THAT(got.error().message(), HasSubstr("party 1"));
}

TEST(MemoryNetwork, StillBringsWhatWasSentBeforeTheEnd) {
  MemoryNetwork network(2);
  std::thread other([&] {
    auto links = network.party(Rank{1});
    auto got = exchange(*links, 1, 2, {1, 1, 3}, {"abc"});
    EXPECT_TRUE(got.has_value());
    network.close(Rank{1});
  });
  auto links = network.party(Rank{0});
  auto got = exchange(*links, 0, 2, {1, 1, 3}, {"xyz"});
  ASSERT_TRUE(got.has_value());
  EXPECT_EQ((*got)[1], "abc");
  other.join();
  EXPECT_FALSE(exchange(*links, 0, 2, {2, 1, 3}, {"xyz"}).has_value());
}

TEST(MemoryNetwork, CopiesWhatIsSentBeforeItReturns) {
  MemoryNetwork network(2);
  std::thread other([&] {
    auto links = network.party(Rank{1});
    Bytes mine = text("abc"), theirs(3);
    std::vector<ByteView> send{mine};
    std::vector<protocol::Segments> receive{{theirs}, {}};
    EXPECT_TRUE(links->exchange({1, 1, 3}, send, receive).has_value());
    std::fill(mine.begin(), mine.end(), std::byte{0});
  });
  auto links = network.party(Rank{0});
  auto got = exchange(*links, 0, 2, {1, 1, 3}, {"xyz"});
  other.join();
  ASSERT_TRUE(got.has_value());
  EXPECT_EQ((*got)[1], "abc");
}

}  // namespace
}  // namespace spud::vm
