// SPDX-License-Identifier: Apache-2.0
#include "vm/inbox.hpp"

#include <algorithm>

#include <gmock/gmock.h>

namespace spud::vm {
namespace {

using protocol::BitsOpening;
using protocol::PostedOpening;
using protocol::WordsOpening;

constexpr std::int64_t kLarge = 10'000, kSmall = 3;

ring::Tensor words(std::uint64_t first, std::int64_t count) {
  std::vector<std::uint64_t> out(static_cast<std::size_t>(count));
  for (std::size_t i = 0; i < out.size(); ++i) out[i] = first + i * 0x9e3779b97f4a7c15u;
  return ring::Tensor::of<std::uint64_t>(64, {count}, out);
}
ring::BitTensor bits(std::uint64_t first, std::int64_t count) {
  return ring::bit_of(words(first, count), 17);
}

/// What one party opens in a round: words as they are, packed words and bits, small and large.
struct Round {
  explicit Round(std::uint64_t party) {
    for (std::int64_t count : {kSmall, kLarge, 20 * kLarge, kSmall}) {
      whole.push_back(std::make_shared<WordsOpening>(words(party, count), 64));
      packed.push_back(std::make_shared<WordsOpening>(words(party + 100, count), 38));
      flags.push_back(std::make_shared<BitsOpening>(bits(party + 200, count)));
      all.insert(all.end(), {whole.back(), packed.back(), flags.back()});
    }
  }
  std::vector<std::shared_ptr<WordsOpening>> whole, packed;
  std::vector<std::shared_ptr<BitsOpening>> flags;
  std::vector<std::shared_ptr<PostedOpening>> all;
};

Bytes message(const Round& round) {
  Bytes out;
  for (const auto& opening : round.all) {
    auto bytes = opening->outgoing();
    out.insert(out.end(), bytes.begin(), bytes.end());
  }
  return out;
}

void receive(const protocol::Segments& segments, ByteView message) {
  ASSERT_EQ(protocol::byte_count(segments), message.size());
  for (auto segment : segments) {
    std::ranges::copy(message.first(segment.size()), segment.begin());
    message = message.subspan(segment.size());
  }
}

class InboxOfParties : public testing::TestWithParam<unsigned> {};

TEST_P(InboxOfParties, AddsEveryShareToItsOpeningRoundAfterRound) {
  const unsigned parties = GetParam(), own = parties / 2;
  Inbox inbox(Rank{own}, parties);
  for (std::uint64_t round = 0; round < 3; ++round) {
    std::vector<Round> sent;
    for (unsigned p = 0; p < parties; ++p) sent.emplace_back(1000 * round + p);
    Round& mine = sent[own];
    auto segments = inbox.prepare(mine.all);
    for (unsigned p = 0; p < parties; ++p) {
      if (p == own) {
        EXPECT_TRUE(segments[p].empty());
      } else {
        receive(segments[p], message(sent[p]));
      }
    }
    inbox.deliver(mine.all);
    for (auto& opening : mine.all) opening->complete();
    for (std::size_t i = 0; i < mine.whole.size(); ++i) {
      const auto count = static_cast<std::size_t>(mine.whole[i]->value()->elements());
      std::vector<std::uint64_t> whole(count), packed(count);
      std::vector<std::uint8_t> flags(count);
      for (unsigned p = 0; p < parties; ++p) {
        const auto a = words(1000 * round + p, static_cast<std::int64_t>(count));
        const auto b = words(1000 * round + p + 100, static_cast<std::int64_t>(count));
        const auto c = bits(1000 * round + p + 200, static_cast<std::int64_t>(count)).unpack();
        for (std::size_t j = 0; j < count; ++j) {
          whole[j] += a.words<std::uint64_t>()[j];
          packed[j] = (packed[j] + b.words<std::uint64_t>()[j]) & ((std::uint64_t{1} << 38) - 1);
          flags[j] ^= c[j];
        }
      }
      EXPECT_TRUE(std::ranges::equal(mine.whole[i]->value()->words<std::uint64_t>(), whole)) << i;
      EXPECT_TRUE(std::ranges::equal(mine.packed[i]->value()->words<std::uint64_t>(), packed)) << i;
      EXPECT_EQ(mine.flags[i]->value()->unpack(), flags) << i;
    }
  }
}
INSTANTIATE_TEST_SUITE_P(Parties, InboxOfParties, testing::Values(2, 3, 5));

TEST(Inbox, ReceivesLargeWordsWhereTheyAreAddedAndTheRestInKeptMemory) {
  Inbox inbox(Rank{1}, 2);
  auto large = std::make_shared<WordsOpening>(words(1, 100'000), 64);
  auto small = std::make_shared<WordsOpening>(words(2, kSmall), 64);
  const std::vector<std::shared_ptr<PostedOpening>> round{small, small, large, small};
  const protocol::Segments first = inbox.prepare(round)[0];
  ASSERT_EQ(first.size(), 3u) << "neighbours in kept memory are one segment";
  receive(first, Bytes(protocol::byte_count(first)));
  inbox.deliver(round);
  large->complete();
  EXPECT_EQ(large->value()->bytes().data(), first[1].data()) << "no copy";

  const std::vector<std::shared_ptr<PostedOpening>> next{small};
  EXPECT_EQ(inbox.prepare(next)[0].front().data(), first[0].data()) << "the same memory";
}

TEST_P(InboxOfParties, TakesARoundInParts) {
  const unsigned parties = GetParam(), own = parties - 1;
  Inbox inbox(Rank{own}, parties);
  for (std::uint64_t round = 0; round < 3; ++round) {
    std::vector<Round> sent;
    for (unsigned p = 0; p < parties; ++p) sent.emplace_back(1000 * round + p);
    Round whole(1000 * round + own);
    Inbox reference(Rank{own}, parties);
    auto together = reference.prepare(whole.all);
    for (unsigned p = 0; p < own; ++p) receive(together[p], message(sent[p]));
    reference.deliver(whole.all);

    Round& mine = sent[own];
    // All memory is given out before anything comes.
    std::vector<std::vector<protocol::Segments>> parts;
    std::vector<std::size_t> ends;
    std::size_t bytes = 0, first = 0;
    for (std::size_t count : {std::size_t{1}, std::size_t{4}, mine.all.size() - 5}) {
      const auto part = std::span(mine.all).subspan(first, count);
      const auto segments = inbox.prepare(part);
      parts.emplace_back(segments.begin(), segments.end());
      for (const auto& opening : part) bytes += opening->byte_count();
      ends.push_back(bytes);
      first += count;
    }
    for (unsigned p = 0; p < own; ++p) {
      const Bytes all = message(sent[p]);
      std::size_t begin = 0;
      for (std::size_t i = 0; i < parts.size(); ++i) {
        receive(parts[i][p], ByteView(all).subspan(begin, ends[i] - begin));
        begin = ends[i];
      }
    }
    inbox.deliver(mine.all);
    for (std::size_t i = 0; i < mine.all.size(); ++i) {
      mine.all[i]->complete();
      whole.all[i]->complete();
    }
    for (std::size_t i = 0; i < mine.whole.size(); ++i) {
      EXPECT_TRUE(std::ranges::equal(mine.whole[i]->value()->bytes(), whole.whole[i]->value()->bytes()));
      EXPECT_TRUE(std::ranges::equal(mine.packed[i]->value()->bytes(), whole.packed[i]->value()->bytes()));
      EXPECT_EQ(mine.flags[i]->value()->unpack(), whole.flags[i]->value()->unpack());
    }
  }
}

TEST(Inbox, FindsRoomForAllPartsOnceItHasSeenSuchARound) {
  Inbox inbox(Rank{1}, 2);
  const std::vector<std::shared_ptr<PostedOpening>> part{
      std::make_shared<WordsOpening>(words(1, kLarge), 38)};
  const std::vector<std::shared_ptr<PostedOpening>> round{part[0], part[0]};
  auto once = [&] {
    const std::byte* first = inbox.prepare(part)[0][0].data();
    const std::byte* second = inbox.prepare(part)[0][0].data();
    inbox.deliver(round);
    return std::pair(first, second);
  };
  once();
  const auto seen = once();
  EXPECT_EQ(seen.second, seen.first + part[0]->byte_count()) << "one after the other";
  EXPECT_EQ(once(), seen) << "the same memory";
}

TEST(Inbox, DropsWhatAPeerSetsBeyondTheLastBit) {
  for (std::int64_t count : {std::int64_t{5}, std::int64_t{1'000'003}}) {
    Inbox inbox(Rank{0}, 2);
    auto opening = std::make_shared<BitsOpening>(ring::BitTensor::zeros({count}));
    const std::vector<std::shared_ptr<PostedOpening>> round{opening};
    receive(inbox.prepare(round)[1], Bytes(opening->byte_count(), std::byte{0xff}));
    inbox.deliver(round);
    opening->complete();
    const auto& value = *opening->value();
    EXPECT_EQ(value.words()[value.word_count() - 1], (std::uint64_t{1} << (count % 64)) - 1);
  }
}

}  // namespace
}  // namespace spud::vm
