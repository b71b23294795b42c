// SPDX-License-Identifier: Apache-2.0
// Streams are read in pieces: dealer and parties read the same blocks of them, each once; and a correction is
// hidden by the streams of the parties that are not sent it, each piece by its own.
#include "tests/contract/pad_audit.hpp"

namespace spud::contract {
namespace {

using protocol::Started;

/// A party's streams; counts how often each 16-byte block of an item is asked for.
class CountedStreams final : public Streams {
 public:
  explicit CountedStreams(unsigned seed) : streams_(seed_of(seed)) {}
  void fill_from(ItemId item, std::uint64_t block, MutableBytes out) const override {
    streams_.fill_from(item, block, out);
    auto& count = count_[item];
    const std::size_t end = block + (out.size() + 15) / 16;
    if (count.size() < end) count.resize(end, 0);
    for (std::size_t b = block; b < end; ++b) ++count[b];
  }
  const std::map<ItemId, std::vector<unsigned>>& count() const { return count_; }

 private:
  correlation::SeedStreams streams_;
  mutable std::map<ItemId, std::vector<unsigned>> count_;
};

/// Steps that between them draw and deal every kind of item, tables with narrow digits among them.
Task<int> steps(Desk d, const Inputs& in) {
  auto& p = d.protocol;
  auto x_task = p.input(in.words(d, 0));
  Arith x = co_await x_task;
  auto y_task = p.input(in.words(d, 1));
  Arith y = co_await y_task;
  auto t_task = p.truncate(x, 5);
  Arith t = co_await t_task;
  auto narrow_task = p.negative(y, 18);
  Boolean narrow = co_await narrow_task;
  std::vector<__int128> limits{-5, 1000};
  auto below_task = p.less_than_public(x, limits, 21);
  std::vector<Boolean> below = co_await below_task;
  auto bits_task = p.bits(x, 30);
  std::vector<Boolean> bits = co_await bits_task;
  auto sign_task = p.negative(x);
  Boolean sign = co_await sign_task;
  auto mux_task = p.mux(sign, x);
  Arith chosen = co_await mux_task;
  auto wide_task = p.widen_bounded(t, 64);
  Arith wide = co_await wide_task;
  std::vector<std::uint32_t> words(16, 0xfedcba98u);
  auto small_task = p.look_up(y, ring::Tensor::of<std::uint32_t>(32, {16}, words));
  Arith small = co_await small_task;
  words.assign(300, 5);
  auto large_task = p.look_up(y, ring::Tensor::of<std::uint32_t>(32, {300}, words));
  Arith large = co_await large_task;
  const Shape column{1, x.shape()[0]};
  auto shuffle_task = p.shuffle({p.linear(ring::LinearMap::reshape(column), {x})});
  std::vector<Arith> shuffled = co_await shuffle_task;
  auto shift_task = p.shift(x, y, protocol::Shift::kRightLogical);
  Arith shifted = co_await shift_task;
  co_return 0;
}

Inputs inputs(unsigned parties, std::size_t count) {
  Inputs in(parties, Sharing::kRandom, 4);
  for (unsigned i = 0; i < 2; ++i) in.add(Numbers{32, std::vector<Wide>(count, 3 + i)});
  return in;
}

class StreamsOfParties : public testing::TestWithParam<unsigned> {};
INSTANTIATE_TEST_SUITE_P(Parties, StreamsOfParties, testing::Values(2u, 3u));

TEST_P(StreamsOfParties, AreReadAlikeAndOnceByDealerAndParty) {
  const unsigned n = GetParam();
  // Whole pieces and blocks, and a rest that is no multiple of anything.
  for (std::size_t count : {std::size_t{4096}, std::size_t{12'301}}) {
    std::vector<std::shared_ptr<const CountedStreams>> counted;
    StreamsOfAll streams;
    for (unsigned p = 0; p < n; ++p) {
      counted.push_back(std::make_shared<CountedStreams>(400 + p));
      streams.push_back(counted.back());
    }
    Inputs in = inputs(n, count);
    auto played = play<int>(streams, [&](Desk d) { return steps(d, in); });
    const auto items = items_of(played.demand);
    for (unsigned p = 0; p < n; ++p) {
      const auto& by_item = counted[p]->count();
      for (ItemId id = 0; id < items.size(); ++id) {
        const bool dealing = correlation::is_dealing(items[id].op);
        const bool read = dealing ? p + 1 < n : items[id].owner.value_or(Rank{p}) == Rank{p};
        ASSERT_EQ(by_item.count(id), read ? 1u : 0u) << "party " << p << ", item " << id;
        if (!read) continue;
        for (unsigned times : by_item.at(id)) ASSERT_EQ(times, 2u) << "party " << p << ", item " << id;
        const auto bits = static_cast<std::uint64_t>(element_count(items[id].shape)) * items[id].width;
        ASSERT_GE(128 * by_item.at(id).size(), bits) << "party " << p << ", item " << id;
      }
      ASSERT_LE(by_item.empty() ? 0 : by_item.rbegin()->first + 1, items.size());
    }
  }
}

// With other randomness for one dealt item the tape differs in that item's place, in every bit of it that the
// randomness differs in, and nowhere before it.
TEST_P(StreamsOfParties, HideEveryCorrection) {
  const unsigned n = GetParam();
  Inputs in = inputs(n, 7);
  StreamsOfAll streams;
  for (unsigned p = 0; p < n; ++p)
    streams.push_back(std::make_shared<correlation::SeedStreams>(seed_of(500 + p)));
  auto played = play<int>(streams, [&](Desk d) { return steps(d, in); });
  const auto items = items_of(played.demand);
  for (unsigned p = 0; p + 1 < n; ++p) {
    std::size_t at = 0;
    for (ItemId id = 0; id < items.size(); ++id) {
      const Item& item = items[id];
      if (!correlation::is_dealing(item.op)) continue;
      auto changed = streams;
      const auto other = std::make_shared<ChangedStreams>(streams[p], id);
      changed[p] = other;
      correlation::MemoryTape tape;
      ASSERT_TRUE(correlation::deal(played.demand, changed, tape));
      const Bytes &was = played.tape, &now = tape.bytes();
      ASSERT_EQ(was.size(), now.size());
      ASSERT_TRUE(std::equal(was.begin(), was.begin() + static_cast<std::ptrdiff_t>(at), now.begin())) << id;
      const std::int64_t elements = element_count(item.shape);
      if (item.op == correlation::Op::kDeal) {
        const std::size_t size = ring::packed_bytes(elements, item.width);
        auto words = [&](const Bytes& bytes) {
          return Numbers::of(ring::unpack_low_bits(item.ring_bits, item.shape, item.width,
                                                   ByteView(bytes).subspan(at, size)))
              .values;
        };
        auto pad = [&](const Streams& from) {
          return Numbers::of(correlation::stream_words(from, id, item.ring_bits, item.shape, item.width))
              .values;
        };
        const auto a = words(was), b = words(now), from = pad(*streams[p]), to = pad(*other);
        const Wide mask = Numbers{item.width, {}}.mask();
        for (std::size_t i = 0; i < a.size(); ++i)
          ASSERT_TRUE(((a[i] - b[i]) & mask) == ((to[i] - from[i]) & mask)) << "item " << id;
        at += size;
      } else if (item.op == correlation::Op::kDealBits) {
        const auto difference = correlation::stream_bits(*streams[p], id, item.shape) ^
                                correlation::stream_bits(*other, id, item.shape);
        for (std::byte byte : difference.bytes()) {
          ASSERT_EQ(was[at] ^ now[at], byte) << "item " << id;
          ++at;
        }
      } else {
        const std::size_t size = ring::packed_table_bytes(item.layout, elements);
        auto tables = [&](const Streams& from) {
          std::vector<std::uint16_t> out(item.layout.digits() * static_cast<std::size_t>(elements));
          correlation::stream_tables(from, id, item.layout, 0, elements, out);
          Bytes packed(size);
          ring::pack_tables(item.layout, elements, out.data(), packed);
          return packed;
        };
        const Bytes from = tables(*streams[p]), to = tables(*other);
        for (std::size_t i = 0; i < size; ++i, ++at)
          ASSERT_EQ(was[at] ^ now[at], from[i] ^ to[i]) << "item " << id;
      }
    }
    EXPECT_EQ(at, played.tape.size());
  }
}

}  // namespace
}  // namespace spud::contract
