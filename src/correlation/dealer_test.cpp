// SPDX-License-Identifier: Apache-2.0
#include "correlation/dealer.hpp"

#include <map>

#include <gmock/gmock.h>

#include "correlation/entries.hpp"
#include "correlation/exp_table.hpp"
#include "correlation/party_source.hpp"
#include "correlation/recorder.hpp"
#include "ring/dense_bits.hpp"
#include "ring/map.hpp"
#include "ring/matmul.hpp"
#include "ring/rows.hpp"
#include "ring/workers.hpp"
#include "system/crypto/random.hpp"

namespace spud::correlation {
namespace {

using ring::LinearMap;
using testing::HasSubstr;

std::vector<Seed> seeds(unsigned parties) {
  std::vector<Seed> out;
  crypto::SeededRandom random(7);
  for (unsigned p = 0; p < parties; ++p) out.push_back(*random.seed());
  return out;
}

/// Everything one party gets in the run below, by name.
struct Hand {
  std::map<std::string, ring::Tensor> words;
  std::map<std::string, ring::BitTensor> bits;
  std::map<std::string, ring::DigitTable> tables;
  ItemId permutation = 0;
};

/// Every instruction that draws or deals, on a ring of k bits.
Hand ask(Source& s, unsigned k) {
  Hand out;
  const Shape shape{3, 5};
  Mask a = s.mask(k, shape, k), b = s.mask(k, shape, k), narrow = s.mask(k, shape, 23);
  MaskBits bits = s.mask_bits(shape), own = s.private_bits(shape, Rank{1});
  Mask kept = s.private_mask(k, shape, 29, Rank{1});
  out.words = {{"a", a.share}, {"b", b.share}, {"narrow", narrow.share}, {"kept", kept.share}};
  Register with_kept[] = {a.whole, kept.whole};
  out.words["multiply kept"] = s.deal(s.derive(Op::kMultiply, {}, with_kept), k);
  out.bits = {{"bits", bits.share}, {"own", own.share}};
  Register one[] = {a.whole}, pair[] = {a.whole, b.whole}, small[] = {narrow.whole};
  Register bit[] = {bits.whole}, both_bits[] = {bits.whole, own.whole};
  out.words["multiply"] = s.deal(s.derive(Op::kMultiply, {}, pair), k);
  out.words["low multiply"] = s.deal(s.derive(Op::kMultiply, {}, pair), 11);
  Register left[] = {s.linear(LinearMap::reshape({1, 3, 5}), one)};
  Register right[] = {s.linear(LinearMap::reshape({1, 5, 3}), std::span(&b.whole, 1))};
  Register factors[] = {left[0], right[0]};
  out.words["matmul"] = s.deal(s.derive(Op::kMatmul, {}, factors), k);
  out.words["shift"] = s.deal(s.derive(Op::kShiftRight, {9}, one), k);
  out.words["cast"] = s.deal(s.derive(Op::kCast, {128}, one), 128);
  out.words["words"] = s.deal(s.derive(Op::kWords, {k}, bit), 5);
  out.words["exp"] = s.deal(s.derive(Op::kExpTable, {18, 30, 64}, small), 64);
  out.words["large exp"] = s.deal(s.derive(Op::kExpTable, {18, 50, 128}, small), 128);
  out.bits["bit"] = s.deal_bits(s.derive(Op::kBit, {k - 1}, one));
  out.bits["and"] = s.deal_bits(s.derive(Op::kAnd, {}, both_bits));
  Register entries = s.derive(Op::kEntryBits, {3, 7}, one);
  out.bits["entry-bits"] = s.deal_bits(entries);
  Register entry[] = {a.whole, entries};
  out.bits["entry"] = s.deal_bits(s.derive(Op::kEntry, {3, 6}, entry));
  out.bits["rotate"] = s.deal_bits(s.derive(Op::kRotate, {4, 1}, entry));
  out.bits["entry-row"] = s.deal_bits(s.derive(Op::kEntryRow, {5}, one));
  out.bits["first-share"] = s.deal_bits(s.derive(Op::kFirstShare, {5}, one));
  Register hot = s.derive(Op::kOneHot, {30}, one);
  out.tables["one-hot"] = s.deal_table(hot);
  Register table_bit[] = {hot, bits.whole};
  Permutation order = s.permutation(3, 5, Rank{1});
  out.permutation = order.item;
  Register moved[] = {a.whole, order.whole};
  out.words["permute"] = s.deal(s.derive(Op::kPermute, {}, moved), k);
  out.tables["table-and"] = s.deal_table(s.derive(Op::kTableAnd, {7}, table_bit));
  return out;
}

ring::Tensor add(const ring::Tensor& a, const ring::Tensor& b) {
  return ring::map([](auto x, auto y) { return decltype(x)(x + y); }, a, b);
}
void expect_equal(const ring::Tensor& a, const ring::Tensor& b, const char* what) {
  ASSERT_EQ(a.shape(), b.shape()) << what;
  ASSERT_EQ(a.bits(), b.bits()) << what;
  auto x = a.dense(), y = b.dense();
  EXPECT_TRUE(std::ranges::equal(x.bytes(), y.bytes())) << what;
}
void expect_equal(const ring::BitTensor& a, const ring::BitTensor& b, const char* what) {
  EXPECT_EQ(a.unpack(), b.unpack()) << what;
}
std::vector<std::uint16_t> tables(const ring::DigitTable& t) {
  std::vector<std::uint16_t> out(t.layout().digits() * static_cast<std::size_t>(t.elements()));
  t.get_block(0, t.elements(), out.data());
  return out;
}
void expect_equal(const ring::DigitTable& a, const ring::DigitTable& b, const char* what) {
  EXPECT_EQ(tables(a), tables(b)) << what;
}
ring::DigitTable exclusive_or(const ring::DigitTable& a, const ring::DigitTable& b) {
  auto x = tables(a), y = tables(b);
  for (std::size_t i = 0; i < x.size(); ++i) x[i] ^= y[i];
  ring::DigitTable out(a.shape(), a.layout());
  out.set_block(0, a.elements(), x.data());
  return out;
}

class Dealer : public testing::TestWithParam<std::tuple<unsigned, unsigned>> {};  // parties, ring
INSTANTIATE_TEST_SUITE_P(Parties, Dealer,
                         testing::Combine(testing::Values(2u, 3u, 5u), testing::Values(32u, 64u, 128u)));

TEST_P(Dealer, GivesSharesThatSumToWhatItComputes) {
  const auto [n, k] = GetParam();
  Recorder recorder(n);
  ask(recorder, k);
  Demand demand = recorder.take();
  MemoryTape tape;
  ASSERT_TRUE(deal(demand, seeds(n), tape).has_value());
  Hand all, first;
  auto keys = seeds(n);
  for (unsigned p = 0; p < n; ++p) {
    PartySource source(Rank{p}, n, keys[p], &tape);
    Hand hand = ask(source, k);
    EXPECT_FALSE(source.failure().has_value());
    if (p == 0) {
      all = first = hand;
      continue;
    }
    for (auto& [name, share] : hand.words) all.words[name] = add(all.words[name], share);
    for (auto& [name, share] : hand.bits) all.bits[name] = all.bits[name] ^ share;
    for (auto& [name, share] : hand.tables) all.tables[name] = exclusive_or(all.tables[name], share);
    if (p + 1 == n) {
      EXPECT_EQ(source.tape_bytes(), tape.bytes().size());
      EXPECT_EQ(cost(demand)->tape_bytes, tape.bytes().size());
    }
  }
  EXPECT_TRUE(tape.fully_read());

  const ring::Tensor a = all.words["a"], b = all.words["b"];
  const ring::Tensor narrow = ring::low_bits(all.words["narrow"], 23);
  const ring::Tensor product = ring::map([](auto x, auto y) { return decltype(x)(x * y); }, a, b);
  const SeedStreams keeper(seeds(n)[1]);
  const ring::Tensor kept = all.words["kept"];
  expect_equal(kept, stream_words(keeper, 5, k, {3, 5}, 29), "kept: the other parties add nothing");
  expect_equal(all.words["multiply kept"],
               ring::map([](auto x, auto y) { return decltype(x)(x * y); }, a, kept), "multiply kept");
  expect_equal(all.words["multiply"], product, "multiply");
  expect_equal(ring::low_bits(all.words["low multiply"], 11), ring::low_bits(product, 11), "low multiply");
  auto reshaped = [](const ring::Tensor& t, Shape shape) {
    return ring::apply_linear(LinearMap::reshape(std::move(shape)), std::span(&t, 1));
  };
  expect_equal(all.words["matmul"], ring::matmul(reshaped(a, {1, 3, 5}), reshaped(b, {1, 5, 3})), "matmul");
  expect_equal(all.words["shift"], ring::map([](auto x) { return decltype(x)(x >> 9); }, a), "shift");
  expect_equal(all.words["cast"], ring::cast(a, 128), "cast");
  expect_equal(ring::low_bits(all.words["words"], 5), ring::to_words(all.bits["bits"], k), "words");
  expect_equal(all.words["exp"], exp_table(narrow, 18, 30, 64), "exp");
  expect_equal(all.words["large exp"], exp_table(narrow, 18, 50, 128), "large exp");
  expect_equal(all.bits["bit"], ring::bit_of(a, k - 1), "bit");
  expect_equal(all.bits["and"], all.bits["bits"] & all.bits["own"], "and");
  const ring::OneHot hot{a, {30}};
  expect_equal(all.tables["one-hot"], hot.written_out(), "one-hot");
  const ring::BitTensor entries = entry_bits(a, 3, 7);
  expect_equal(all.bits["entry-bits"], entries, "entry-bits");
  expect_equal(all.bits["entry"], entry_of(a, entries, 3, 6), "entry");
  expect_equal(all.bits["rotate"], rotated(a, entries, 4, true), "rotate");
  expect_equal(all.bits["entry-row"], entry_row(a, 5), "entry-row");
  expect_equal(all.bits["first-share"], entry_of_row(a, first.bits["entry-row"], 5), "first-share");
  const SeedStreams second(seeds(n)[1]);
  const ring::Tensor order = stream_permutation(second, first.permutation, {3, 5});
  expect_equal(all.words["permute"], ring::take_rows(a, order), "permute");
  expect_equal(all.tables["table-and"], hot.digit_and(7, all.bits["bits"]), "table-and");
}

TEST(DealerTape, IsTheSameForOneSeedAndAnotherForAnother) {
  Recorder recorder(2);
  ask(recorder, 64);
  Demand demand = recorder.take();
  MemoryTape first, second, third;
  ASSERT_TRUE(deal(demand, seeds(2), first).has_value());
  ASSERT_TRUE(deal(demand, seeds(2), second).has_value());
  auto others = seeds(3);
  others.erase(others.begin());
  ASSERT_TRUE(deal(demand, others, third).has_value());
  EXPECT_EQ(first.bytes(), second.bytes());
  EXPECT_NE(first.bytes(), third.bytes());
}

TEST(DealerTape, AndSharesAreTheSameForAnyNumberOfThreads) {
  const Shape shape{9, 5'000};
  const auto all = [&](Source& s) {
    Mask a = s.mask(64, shape, 64);
    Register one[] = {a.whole};
    Hand hand;
    hand.words["a"] = a.share;
    hand.tables["hot"] = s.deal_table(s.derive(Op::kOneHot, {63}, one));
    hand.words["low"] = s.deal(s.derive(Op::kShiftRight, {9}, one), 18);
    return hand;
  };
  Recorder recorder(2);
  all(recorder);
  const Demand demand = recorder.take();
  std::vector<Bytes> tapes;
  std::vector<std::vector<std::uint16_t>> shares;
  for (unsigned threads : {1u, 3u}) {
    ring::set_threads(threads);
    MemoryTape tape;
    ASSERT_TRUE(deal(demand, seeds(2), tape).has_value());
    tapes.push_back(tape.bytes());
    auto keys = seeds(2);
    for (unsigned p = 0; p < 2; ++p) {
      PartySource source(Rank{p}, 2, keys[p], &tape);
      shares.push_back(tables(all(source).tables["hot"]));
      EXPECT_FALSE(source.failure().has_value());
    }
  }
  ring::set_threads(1);
  EXPECT_EQ(tapes[0], tapes[1]);
  EXPECT_EQ(shares[0], shares[2]);
  EXPECT_EQ(shares[1], shares[3]);
}

/// Streams that note what was asked of them.
class Watched final : public Streams {
 public:
  explicit Watched(const Seed& seed) : streams_(seed) {}
  void fill_from(ItemId item, std::uint64_t block, MutableBytes out) const override {
    // In pieces, each of which begins where the one before ended.
    std::size_t& end = asked[item];
    EXPECT_EQ(16 * block, end) << "item " << item;
    end += out.size();
    streams_.fill_from(item, block, out);
  }
  mutable std::map<ItemId, std::size_t> asked;

 private:
  SeedStreams streams_;
};

TEST(Streams, ServeEveryItemOnceAndTheDealerTheSameItems) {
  const unsigned n = 3;
  Recorder recorder(n);
  ask(recorder, 64);
  Demand demand = recorder.take();
  std::vector<std::shared_ptr<const Streams>> dealers, parties;
  for (const auto& seed : seeds(n)) {
    dealers.push_back(std::make_shared<Watched>(seed));
    parties.push_back(std::make_shared<Watched>(seed));
  }
  MemoryTape tape;
  ASSERT_TRUE(deal(demand, dealers, tape).has_value());
  for (unsigned p = 0; p < n; ++p) {
    PartySource source(Rank{p}, n, parties[p], &tape);
    ask(source, 64);
    const auto& party = static_cast<const Watched&>(*parties[p]).asked;
    const auto& dealer = static_cast<const Watched&>(*dealers[p]).asked;
    EXPECT_EQ(party, dealer) << "party " << p;
    EXPECT_LE(party.rbegin()->first, cost(demand)->items);
  }
}

/// What dealing a demand of these steps says.
std::string dealt(const std::vector<Instruction>& instructions) {
  Demand demand;
  for (const auto& i : instructions) {
    demand.steps.emplace_back();
    demand.steps.back().instruction = i;
  }
  MemoryTape tape;
  auto status = deal(demand, seeds(2), tape);
  return status ? "" : status.error().message();
}
Instruction mask(Shape shape) {
  return {
      .op = Op::kMask, .shape = std::move(shape), .numbers = {64, 64}, .map = {}, .name = {}, .operands = {}};
}
Instruction linear(LinearMap map, std::vector<RegisterId> distances) {
  return {.op = Op::kLinear,
          .shape = {},
          .numbers = {},
          .map = std::move(map),
          .name = {},
          .operands = std::move(distances)};
}
Instruction simple(Op op, std::vector<std::int64_t> numbers, std::vector<RegisterId> distances) {
  return {.op = op,
          .shape = {},
          .numbers = std::move(numbers),
          .map = {},
          .name = {},
          .operands = std::move(distances)};
}

TEST(DealerRefuses, WhatWasFreed) {
  EXPECT_EQ(dealt({mask({4}), simple(Op::kDeal, {64}, {1}), simple(Op::kFree, {}, {1})}), "");
  EXPECT_THAT(dealt({mask({4}), simple(Op::kFree, {}, {1}), simple(Op::kDeal, {64}, {1})}),
              HasSubstr("used after it was freed"));
  EXPECT_THAT(dealt({mask({4}), simple(Op::kFree, {}, {1}), simple(Op::kFree, {}, {1})}),
              HasSubstr("used after it was freed"));
}

TEST(DealerRefuses, StandingMasks) {
  Instruction standing = mask({4});
  standing.op = Op::kStandingMask;
  standing.name = "weights@3";
  EXPECT_THAT(dealt({standing}), HasSubstr("standing masks are not served by this dealer"));
}

TEST(DealerRefuses, BitsOfAPartyThatDoesNotExist) {
  Instruction bits = mask({4});
  bits.op = Op::kPrivateBits;
  bits.numbers = {2};
  EXPECT_THAT(dealt({bits}), HasSubstr("a party that does not exist"));
}

TEST(DealerRefuses, MasksOfAPartyThatDoesNotExist) {
  Instruction kept = mask({4});
  kept.op = Op::kPrivateMask;
  kept.numbers = {32, 32, 2};
  EXPECT_THAT(dealt({kept}), HasSubstr("a party that does not exist"));
  kept.numbers[2] = 1;
  EXPECT_EQ(dealt({kept}), "");
  for (std::int64_t rank : {-1, 5}) {
    kept.numbers[2] = rank;
    EXPECT_THAT(dealt({kept}), HasSubstr("private-mask"));
  }
  kept.numbers = {32, 33, 1};
  EXPECT_THAT(dealt({kept}), HasSubstr("private-mask"));
}

TEST(DealerRefuses, PermutationsThatDoNotFit) {
  auto draw = [](Shape shape, std::int64_t rank) {
    Instruction order = simple(Op::kPermutation, {rank}, {});
    order.shape = std::move(shape);
    return order;
  };
  const Instruction permute = simple(Op::kPermute, {}, {2, 1});
  EXPECT_EQ(dealt({mask({2, 4}), draw({2, 4}, 1), permute}), "");
  EXPECT_EQ(dealt({mask({2, 4, 3}), draw({2, 4}, 1), permute}), "");
  EXPECT_THAT(dealt({draw({2, 4}, 2)}), HasSubstr("a party that does not exist"));
  EXPECT_THAT(dealt({draw({2, 4}, -1)}), HasSubstr("permutation"));
  EXPECT_THAT(dealt({draw({4}, 1)}), HasSubstr("permutation"));
  EXPECT_THAT(dealt({draw({1, 2, 4}, 1)}), HasSubstr("permutation"));
  EXPECT_THAT(dealt({mask({2, 5}), draw({2, 4}, 1), permute}), HasSubstr("permute"));
  EXPECT_THAT(dealt({mask({4, 2}), draw({2, 4}, 1), permute}), HasSubstr("permute"));
  EXPECT_THAT(dealt({mask({4}), draw({2, 4}, 1), permute}), HasSubstr("permute"));
  EXPECT_THAT(dealt({mask({2, 4}), mask({2, 4}), permute}), HasSubstr("permute"));
  EXPECT_THAT(dealt({mask({2, 4}), draw({2, 4}, 1), simple(Op::kDeal, {32}, {1})}), HasSubstr("deal"));
}

TEST(DealerRefuses, ADemandForOtherParties) {
  Demand demand;
  demand.parties = 3;
  MemoryTape tape;
  auto status = deal(demand, seeds(2), tape);
  ASSERT_FALSE(status.has_value());
  EXPECT_THAT(status.error().message(), HasSubstr("for 3 parties"));
}

TEST(DealerRefuses, ToGoOnWhenCancelled) {
  Recorder recorder(2);
  ask(recorder, 64);
  std::atomic<bool> cancelled{true};
  MemoryTape tape;
  auto status = deal(recorder.take(), seeds(2), tape, &cancelled);
  ASSERT_FALSE(status.has_value());
  EXPECT_EQ(status.error().code, ErrorCode::kCancelled);
  EXPECT_TRUE(tape.bytes().empty());
}

TEST(DealerRefuses, MapsThatLeaveTheirOperand) {
  using Kind = LinearMap::Kind;
  auto view = [](LinearMap map) { return dealt({mask({4, 4}), linear(std::move(map), {1})}); };
  EXPECT_EQ(view(LinearMap::transpose({1, 0})), "");
  EXPECT_EQ(view(LinearMap::slice({2, 2}, {2, 0}, {1, 3})), "");
  EXPECT_EQ(view(LinearMap::windows({3, 1, 2, 2}, {1, 2}, {1, 3})), "");
  const std::int64_t far = INT64_MAX - 1;
  for (const auto& map : {
           LinearMap::transpose({0, 0}),
           LinearMap::transpose({0}),
           LinearMap::transpose({0, 2}),
           LinearMap::sum({1, 1}),
           LinearMap::sum({-1}),
           LinearMap::reshape({5, 5}),
           LinearMap::slice({2, 2}, {3, 0}, {1, 1}),
           LinearMap::slice({2, 2}, {far, 0}, {2, 1}),
           LinearMap::slice({2, 2}, {0, 0}, {far, 1}),
           LinearMap::slice({2, 2}, {0, 0}, {0, 1}),
           LinearMap::slice({2, 2}, {0, -1}, {1, 1}),
           LinearMap::broadcast({4, 4}, {0, 0}),
           LinearMap::broadcast({4, 5}, {0, 1}),
           LinearMap::broadcast({4}, {0, 1}),
           LinearMap{.kind = Kind::kReverse, .axes = {0, 0}},
           LinearMap{.kind = Kind::kPad, .shape = {9, 9}, .start = {far, 0}, .step = {1, 1}},
           LinearMap{.kind = Kind::kPad, .shape = {9, 9}, .start = {0, 0}, .step = {far, 1}},
           LinearMap{.kind = Kind::kPad, .shape = {9, 9}, .start = {0, 0}, .step = {1}},
           LinearMap::windows({3, 2, 2, 2}, {1, 2}, {1, 3}),
           LinearMap::windows({3, 1, 2}, {1, 2}, {1, 3}),
           LinearMap::windows({3, 1, 2, 2}, {0, 2}, {1, 3}),
           LinearMap::windows({3, 1, 2, 2}, {1, 2}, {far, 3}),
           LinearMap::windows({3, 1, 2, 2}, {far, 2}, {1, 3}),
           LinearMap::windows({3, 1, 2, 2}, {1}, {1, 3}),
           LinearMap::shift_left(64),
           LinearMap{.kind = static_cast<Kind>(0)},
           LinearMap{.kind = static_cast<Kind>(99)},
       }) {
    EXPECT_THAT(view(map), HasSubstr("demand instruction linear")) << static_cast<int>(map.kind);
  }
}

TEST(DealerRefuses, MapsOfOperandsThatDoNotFit) {
  auto two = [](Shape first, Shape second, LinearMap map) {
    return dealt({mask(std::move(first)), mask(std::move(second)), linear(std::move(map), {2, 1})});
  };
  EXPECT_EQ(two({4, 2}, {4, 3}, LinearMap::concatenate(1)), "");
  EXPECT_EQ(two({4, 4}, {2, 2}, LinearMap::update({2, 2})), "");
  // A part of the result that nobody wrote would hand out what the dealer's memory held before.
  EXPECT_THAT(two({4, 2}, {3, 3}, LinearMap::concatenate(1)), HasSubstr("does not fit"));
  EXPECT_THAT(two({4, 4}, {2, 2}, LinearMap::update({3, 0})), HasSubstr("does not fit"));
  EXPECT_THAT(two({4, 4}, {2, 2}, LinearMap::update({INT64_MAX, 0})), HasSubstr("does not fit"));
  EXPECT_THAT(two({4, 4}, {4, 3}, LinearMap::of(LinearMap::Kind::kAdd)), HasSubstr("does not fit"));
  EXPECT_THAT(two({4, 4}, {4}, LinearMap::of(LinearMap::Kind::kAdd)), HasSubstr("differ in ring or rank"));
  EXPECT_THAT(two({4}, {4}, LinearMap::of(LinearMap::Kind::kNegate)), HasSubstr("wrong number of operands"));
}

TEST(DealerRefuses, ParametersOutOfRange) {
  Instruction bad = mask({4});
  for (std::vector<std::int64_t> numbers :
       {std::vector<std::int64_t>{64, 0}, {64, 65}, {63, 63}, {-64, 1}, {64}}) {
    bad.numbers = numbers;
    EXPECT_THAT(dealt({bad}), HasSubstr("demand instruction mask"));
  }
  Instruction huge = mask({1ll << 40});
  EXPECT_THAT(dealt({huge}), HasSubstr("too many elements"));
  const std::vector<Instruction> one_wrong{simple(Op::kShiftRight, {64}, {1}),
                                           simple(Op::kShiftRight, {-1}, {1}),
                                           simple(Op::kBit, {64}, {1}),
                                           simple(Op::kOneHot, {0}, {1}),
                                           simple(Op::kOneHot, {65}, {1}),
                                           simple(Op::kCast, {32}, {1}),
                                           simple(Op::kCast, {96}, {1}),
                                           simple(Op::kDeal, {65}, {1}),
                                           simple(Op::kDeal, {0}, {1}),
                                           simple(Op::kDealBits, {}, {1}),
                                           simple(Op::kDealTable, {}, {1}),
                                           simple(Op::kWords, {64}, {1}),
                                           simple(Op::kAnd, {}, {1}),
                                           simple(Op::kAnd, {}, {}),
                                           simple(Op::kExpTable, {0, 30, 64}, {1}),
                                           simple(Op::kExpTable, {33, 30, 64}, {1}),
                                           simple(Op::kExpTable, {18, 0, 64}, {1}),
                                           simple(Op::kExpTable, {18, 61, 64}, {1}),
                                           simple(Op::kExpTable, {18, 30, 32}, {1}),
                                           simple(Op::kMatmul, {}, {1, 1}),
                                           simple(Op::kTableAnd, {0}, {1, 1}),
                                           simple(Op::kEntryBits, {0, 0}, {1}),
                                           simple(Op::kEntryBits, {15, 0}, {1}),
                                           simple(Op::kEntryBits, {4, 61}, {1}),
                                           simple(Op::kEntryBits, {4, -1}, {1}),
                                           simple(Op::kEntry, {4, 0}, {1, 1}),
                                           simple(Op::kEntryRow, {0}, {1}),
                                           simple(Op::kEntryRow, {15}, {1}),
                                           simple(Op::kFirstShare, {0}, {1}),
                                           simple(Op::kFirstShare, {15}, {1}),
                                           simple(Op::kRotate, {4, 0}, {1, 1}),
                                           simple(Op::kPermute, {}, {1, 1}),
                                           simple(Op::kMultiply, {}, {1})};
  for (const auto& wrong : one_wrong) {
    EXPECT_THAT(dealt({mask({4}), wrong}), HasSubstr(to_string(wrong.op))) << to_string(wrong.op);
  }
}

TEST(DealerRefuses, EntriesThatDoNotFit) {
  auto bits = [](Shape shape) {
    Instruction draw = simple(Op::kMaskBits, {}, {});
    draw.shape = std::move(shape);
    return draw;
  };
  auto of = [&](Shape shape, Instruction read) { return dealt({mask({4}), bits(std::move(shape)), read}); };
  EXPECT_EQ(of({8, 4}, simple(Op::kEntry, {3, 0}, {2, 1})), "");
  EXPECT_EQ(of({8, 5, 4}, simple(Op::kEntry, {3, 61}, {2, 1})), "");
  EXPECT_THAT(of({8, 4}, simple(Op::kEntry, {4, 0}, {2, 1})), HasSubstr("entry"));
  EXPECT_THAT(of({8, 4}, simple(Op::kEntry, {3, 62}, {2, 1})), HasSubstr("entry"));
  EXPECT_THAT(of({8, 5}, simple(Op::kEntry, {3, 0}, {2, 1})), HasSubstr("entry"));
  EXPECT_THAT(of({8}, simple(Op::kEntry, {3, 0}, {2, 1})), HasSubstr("entry"));
  EXPECT_EQ(of({5, 4}, simple(Op::kRotate, {3, 1}, {2, 1})), "");
  EXPECT_THAT(of({9, 4}, simple(Op::kRotate, {3, 1}, {2, 1})), HasSubstr("rotate"));
  EXPECT_THAT(of({0, 4}, simple(Op::kRotate, {3, 1}, {2, 1})), HasSubstr("rotate"));
  EXPECT_THAT(of({5, 4}, simple(Op::kRotate, {3, 2}, {2, 1})), HasSubstr("rotate"));
  EXPECT_THAT(of({5, 1, 4}, simple(Op::kRotate, {3, 0}, {2, 1})), HasSubstr("rotate"));
  // A share exists of what was dealt, once it was dealt, and of nothing else.
  const Instruction share = simple(Op::kFirstShare, {3}, {2}), deal_it = simple(Op::kDealBits, {}, {1});
  EXPECT_EQ(dealt({mask({4}), bits({4, 8}), deal_it, share}), "");
  EXPECT_THAT(dealt({mask({4}), bits({4, 8}), share}), HasSubstr("not dealt just before"));
  EXPECT_THAT(dealt({mask({4}), bits({4, 9}), deal_it, share}), HasSubstr("not dealt just before"));
  EXPECT_THAT(dealt({mask({4}), bits({4, 8}), deal_it, simple(Op::kDeal, {64}, {2}), share}),
              HasSubstr("not dealt just before"));
}

TEST(PartySource, FailsOnceAndForAllWhenItsTapeEnds) {
  Recorder recorder(2);
  ask(recorder, 64);
  MemoryTape whole, cut;
  ASSERT_TRUE(deal(recorder.take(), seeds(2), whole).has_value());
  ASSERT_TRUE(cut.write(ByteView(whole.bytes()).first(whole.bytes().size() - 1)).has_value());
  auto keys = seeds(2);
  PartySource source(Rank{1}, 2, keys[1], &cut);
  Hand hand = ask(source, 64);
  ASSERT_TRUE(source.failure().has_value());
  EXPECT_THAT(source.failure()->message(), HasSubstr("exhausted"));
  EXPECT_TRUE(std::all_of(hand.tables["table-and"].digit(0), hand.tables["table-and"].digit(0) + 15,
                          [](auto table) { return table == 0; }))
      << "zeros in the place of what is not there";
  (void)source.mask_bits({3});
  (void)source.deal_bits(source.mask_bits({3}).whole);
  EXPECT_THAT(source.failure()->message(), HasSubstr("exhausted"));
}

}  // namespace
}  // namespace spud::correlation
