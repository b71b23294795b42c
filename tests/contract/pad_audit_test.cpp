// SPDX-License-Identifier: Apache-2.0
// No word leaves a party but under a pad of its own: audited over a computation of every step, and shown to
// be found where it is not so.
#include "tests/contract/pad_audit.hpp"

#include <gmock/gmock.h>

#include "protocol/semi2k/semi2k.hpp"
#include "ring/map.hpp"

namespace spud::contract {
namespace {

using protocol::Started;
using protocol::semi2k::Semi2k;
using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;

StreamsOfAll streams(unsigned parties) {
  StreamsOfAll out;
  for (unsigned p = 0; p < parties; ++p)
    out.push_back(std::make_shared<correlation::SeedStreams>(seed_of(200 + p)));
  return out;
}

Task<int> every_step(Desk d, const Inputs& in) {
  auto& p = d.protocol;
  const unsigned k = 64;
  auto x_task = p.input(in.words(d, 0));
  Arith x = co_await x_task;
  auto y_task = p.input(in.words(d, 1));
  Arith y = co_await y_task;
  auto xy_task = p.multiply(x, y);
  Arith xy = co_await xy_task;
  auto t_task = p.truncate(xy, 18);
  Arith t = co_await t_task;  // n = 2: not masked
  Started<Boolean> sign(d.executor, p.negative(t));
  Started<Boolean> order(d.executor, p.less(x, y, true));
  Started<Boolean> zero(d.executor, p.is_zero(x));
  Boolean s = co_await sign;
  Boolean l = co_await order;
  Boolean z = co_await zero;
  auto relu_task = p.mux(p.logical_not(s), t);
  Arith relu = co_await relu_task;
  auto both_task = p.logical_and(l, z);
  Boolean both = co_await both_task;
  Boolean rows = p.move_bits(ring::LinearMap::concatenate(0), {s, l, z});
  rows = p.move_bits(ring::LinearMap::reshape({3, 5}), {rows});
  std::vector<protocol::Condition> wanted(2);
  wanted[0].set = {0, 2};
  wanted[1].clear = {1, 0};
  auto hold_task = p.all_hold(rows, wanted);
  Boolean hold = co_await hold_task;
  std::vector<Arith> numbers{t, xy, relu};
  auto chosen_task = p.choose(both, numbers);
  protocol::Chosen chosen = co_await chosen_task;
  auto number_task = p.to_arith(both, k);
  Arith number = co_await number_task;
  auto floor_task = p.shift_right(t, 5);
  Arith floor = co_await floor_task;
  auto again_task = p.truncate(t, 9);
  Arith again = co_await again_task;  // masked by now
  auto wide_task = p.widen(t, 128, true);
  Arith wide = co_await wide_task;
  protocol::ExpWindow window{.input_fraction = 18, .result_fraction = 18, .high = 2};
  auto power_task = p.exp(relu, window);
  Arith power = co_await power_task;
  window.high = 9;  // in the larger ring
  auto large_task = p.exp(x, window);
  Arith large = co_await large_task;
  std::vector<std::vector<std::int64_t>> weights(1, std::vector<std::int64_t>(32, 4));
  auto leads_task = p.leading_one(x, 32, weights);
  std::vector<Arith> leads = co_await leads_task;
  std::vector<Boolean> places{both, p.logical_not(both)};
  std::vector<std::vector<std::int64_t>> by_place{{3, -4}, {1 << 20, 5}};
  auto scaled_task = p.scale(x, places, by_place);
  protocol::Scaled scaled = co_await scaled_task;
  Arith left = p.linear(ring::LinearMap::reshape({1, 1, 5}), {leads[0]});
  Arith right = p.linear(ring::LinearMap::reshape({1, 5, 1}), {power});
  auto dot_task = p.matmul(left, right);
  Arith dot = co_await dot_task;
  (void)p.output(dot);
  (void)p.output_bits(both);
  co_return 0;
}

// Each opening is audited by playing all of it again: so the numbers are short ones.
Task<int> every_step_on_bits(Desk d, const Inputs& in) {
  auto& p = d.protocol;
  auto x_task = p.input(in.words(d, 0));
  Arith x = co_await x_task;
  auto y_task = p.input(in.words(d, 1));
  Arith y = co_await y_task;
  auto wide_task = p.widen_bounded(y, 64);  // not masked: of two parties by their top bits
  Arith wide = co_await wide_task;
  auto sign_task = p.negative(x, 20);  // under a narrow mask
  Boolean sign = co_await sign_task;
  auto zero_task = p.is_zero(x, 24);
  Boolean zero = co_await zero_task;
  auto prepared_task = p.prepare(x);
  Arith prepared = co_await prepared_task;
  std::vector<__int128> limits{-5, 1000};
  Started<std::vector<Boolean>> some(d.executor, p.less_than_public(x, limits, 21));
  Started<std::vector<Boolean>> bits(d.executor, p.bits(x, 32));
  Started<Arith> shifted(d.executor, p.shift_right_full(x, 18, true));
  Started<Arith> wrapped(d.executor, p.wrap(x, 8, true)), low(d.executor, p.wrap(wide, 16, false));
  std::vector<Boolean> below = co_await some;
  std::vector<Boolean> x_bits = co_await bits;
  Arith last = co_await wrapped;
  Arith low_bits = co_await low;
  Arith s = co_await shifted;
  x_bits.resize(3, x_bits[0]);
  auto number_task = p.compose(x_bits, 32);
  Arith number = co_await number_task;
  std::vector<std::uint32_t> words(300);
  for (std::size_t i = 0; i < words.size(); ++i) words[i] = static_cast<std::uint32_t>(i * i % 7);
  ring::Tensor large = ring::Tensor::of<std::uint32_t>(32, {300}, words);
  words.assign(8, 0xfedcba98u);
  ring::Tensor small = ring::Tensor::of<std::uint32_t>(32, {8}, words);
  auto first_task = p.look_up(y, small);
  Arith first = co_await first_task;
  auto second_task = p.look_up(y, large);  // two levels
  Arith second = co_await second_task;
  (void)p.output(first);
  (void)p.output(second);
  co_return 0;
}

Task<int> secret_shifts(Desk d, const Inputs& in) {
  auto& p = d.protocol;
  auto x_task = p.input(in.words(d, 0));
  Arith x = co_await x_task;
  auto y_task = p.input(in.words(d, 1));
  Arith y = co_await y_task;
  Started<Arith> left(d.executor, p.shift(x, y, protocol::Shift::kLeft));
  Started<Arith> right(d.executor, p.shift(x, y, protocol::Shift::kRightArithmetic));
  Arith l = co_await left;
  Arith r = co_await right;
  (void)p.output(l);
  (void)p.output(r);
  co_return 0;
}

/// Columns of two rings, one of them masked before; then an order that is opened, of many rows, so that no
/// two shares of zero are alike.
Task<int> shuffle_and_order(Desk d, const Inputs& in) {
  auto& p = d.protocol;
  auto x_task = p.input(in.words(d, 0));
  Arith x = co_await x_task;
  auto y_task = p.input(in.words(d, 1));
  Arith y = co_await y_task;
  auto prepared_task = p.prepare(x);
  Arith prepared = co_await prepared_task;
  std::vector<Arith> columns{p.linear(ring::LinearMap::reshape({2, 40}), {prepared}),
                             p.linear(ring::LinearMap::reshape({2, 40}), {y}), p.narrow(y, 32)};
  columns[2] = p.linear(ring::LinearMap::reshape({2, 40, 1}), {columns[2]});
  auto shuffled_task = p.shuffle(columns);
  std::vector<Arith> shuffled = co_await shuffled_task;
  std::vector<std::uint32_t> at(80);
  for (std::size_t i = 0; i < at.size(); ++i) at[i] = static_cast<std::uint32_t>((7 * i + 1) % 40);
  const ring::Tensor places = ring::Tensor::of<std::uint32_t>(32, {2, 40}, at);
  Arith other = p.take_rows(shuffled[0], places);
  auto less_task =
      p.negative(p.linear(ring::LinearMap::of(ring::LinearMap::Kind::kSubtract), {shuffled[0], other}));
  Boolean less = co_await less_task;
  auto order_task = p.reveal_order(less);
  ring::BitTensor order = co_await order_task;
  auto square_task = p.multiply(shuffled[0], shuffled[0]);
  Arith square = co_await square_task;
  co_return 0;
}

class PadAudits : public testing::TestWithParam<unsigned> {};
INSTANTIATE_TEST_SUITE_P(Parties, PadAudits, testing::Values(2u, 3u, 5u));

TEST_P(PadAudits, FindNothingInAComputationOfEveryStep) {
  Inputs in(GetParam(), Sharing::kRandom, 4);
  in.add(Numbers{64, {1, 2, 3000, 4, 5}});
  in.add(Numbers{64, {7, 0, 3, 1ull << 40, 5}});
  PadAudit<int> audit(streams(GetParam()), [&](Desk d) { return every_step(d, in); });
  EXPECT_GT(audit.played().sent.at(0).size(), 150u);
  EXPECT_THAT(audit.findings(), IsEmpty());
}

TEST_P(PadAudits, FindNothingInStepsOnBits) {
  Inputs in(GetParam(), Sharing::kRandom, 4);
  in.add(Numbers{32, {1, 2, 3000, 4, 5}});
  in.add(Numbers{32, {7, 0, 3, 5, 2}});
  PadAudit<int> audit(streams(GetParam()), [&](Desk d) { return every_step_on_bits(d, in); });
  EXPECT_GT(audit.played().sent.at(0).size(), 60u);
  EXPECT_THAT(audit.findings(), IsEmpty());
}

TEST_P(PadAudits, FindNothingInShiftsBySecretPlaces) {
  Inputs in(GetParam(), Sharing::kRandom, 4);
  in.add(Numbers{4, {1, 2, 15, 4, 5}});
  in.add(Numbers{4, {7, 0, 3, 5, 2}});
  PadAudit<int> audit(streams(GetParam()), [&](Desk d) { return secret_shifts(d, in); });
  EXPECT_THAT(audit.findings(), IsEmpty());
}

TEST_P(PadAudits, FindNothingInAShuffleAndAnOrder) {
  Inputs in(GetParam(), Sharing::kRandom, 4);
  in.add(sample(64, 80, 1));
  in.add(sample(64, 80, 2));
  PadAudit<int> audit(streams(GetParam()), [&](Desk d) { return shuffle_and_order(d, in); });
  // x prepared, three columns a party of which the first step finds x masked; a sign, its order, a square.
  EXPECT_EQ(audit.played().sent.at(0).size(), 3u * GetParam() + (1 + 33) + 1 + 1);
  EXPECT_THAT(audit.findings(), IsEmpty());
}

// ---- what it finds
// -----------------------------------------------------------------------------------------

using Mutant = Task<int> (*)(Desk, ring::Tensor);

ring::Tensor part(const Desk& d) {
  const Shape shape{5};
  if (d.on_shapes) return ring::Tensor::phantom(64, shape);
  std::vector<std::uint64_t> words(5, 1000 + index(d.seat.rank));
  return ring::Tensor::of<std::uint64_t>(64, shape, words);
}

std::vector<std::string> findings(Mutant mutant, unsigned parties = 2) {
  PadAudit<int> audit(streams(parties), [mutant](Desk d) { return mutant(d, part(d)); });
  return audit.findings();
}

ring::Tensor add(const ring::Tensor& a, const ring::Tensor& b) {
  return ring::map([](auto x, auto y) { return decltype(x)(x + y); }, a, b);
}
protocol::PendingWords send(const Desk& d, ring::Tensor words, std::optional<ItemId> pad,
                            unsigned width = 64) {
  auto opening = std::make_shared<protocol::WordsOpening>(std::move(words), width);
  opening->pad = pad;
  d.executor.post(opening);
  return protocol::PendingWords(std::move(opening));
}

Task<int> honest(Desk d, ring::Tensor x) {
  auto mask = d.source.mask(64, x.shape(), 64);
  auto opened_task = send(d, add(x, mask.share), mask.item);
  ring::Tensor opened = co_await opened_task;
  co_return 0;
}
TEST(PadAudit, FindsNothingInAnHonestOpening) {
  EXPECT_THAT(findings(honest), IsEmpty());
}

Task<int> unpadded(Desk d, ring::Tensor x) {
  auto opened_task = send(d, x, std::nullopt);
  ring::Tensor opened = co_await opened_task;
  co_return 0;
}
TEST(PadAudit, FindsWhatIsSentUnpadded) {
  EXPECT_THAT(findings(unpadded), Contains(HasSubstr("no pad")));
}

Task<int> pad_dropped(Desk d, ring::Tensor x) {
  auto mask = d.source.mask(64, x.shape(), 64);
  auto opened_task = send(d, x, mask.item);
  ring::Tensor opened = co_await opened_task;
  co_return 0;
}
TEST(PadAudit, FindsAPadThatIsNamedButNotAdded) {
  EXPECT_THAT(findings(pad_dropped), Contains(HasSubstr("not in it")));
}

Task<int> result_unrefreshed(Desk d, ring::Tensor x) {
  auto opening = std::make_shared<protocol::BitsOpening>(ring::bit_of(x, 0));
  opening->is_result = true;
  d.executor.post(opening);
  auto opened_task = protocol::PendingBits(opening);
  ring::BitTensor opened = co_await opened_task;
  co_return 0;
}
TEST(PadAudit, FindsAResultThatIsNotRefreshed) {
  EXPECT_THAT(findings(result_unrefreshed), Contains(HasSubstr("no share of zero")));
}

Task<int> half_padded(Desk d, ring::Tensor x) {
  auto mask = d.source.mask(64, x.shape(), 32);
  auto opened_task = send(d, add(x, mask.share), mask.item);
  ring::Tensor opened = co_await opened_task;
  co_return 0;
}
TEST(PadAudit, FindsAPadThatIsTooNarrow) {
  EXPECT_THAT(findings(half_padded), Contains(HasSubstr("too small")));
}

Task<int> pad_reused(Desk d, ring::Tensor x) {
  auto mask = d.source.mask(64, x.shape(), 64);
  auto first = send(d, add(x, mask.share), mask.item);
  auto second = send(d, add(add(x, x), mask.share), mask.item);
  ring::Tensor a = co_await first;
  ring::Tensor b = co_await second;
  co_return 0;
}
TEST(PadAudit, FindsAPadUsedTwice) {
  EXPECT_THAT(findings(pad_reused), Contains(HasSubstr("used twice")));
}

Task<int> pad_reused_under_another_name(Desk d, ring::Tensor x) {
  auto mask = d.source.mask(64, x.shape(), 64);
  auto other = d.source.mask(64, x.shape(), 64);
  auto first = send(d, add(x, mask.share), mask.item);
  auto second = send(d, add(add(x, x), mask.share), other.item);
  ring::Tensor a = co_await first;
  ring::Tensor b = co_await second;
  co_return 0;
}
TEST(PadAudit, FindsAPadUsedTwiceUnderAnotherName) {
  auto found = findings(pad_reused_under_another_name);
  EXPECT_THAT(found, Contains(HasSubstr("in opening 1 too")));
  EXPECT_THAT(found, Contains(HasSubstr("not in it")));
}

Task<int> receivers_pad(Desk d, ring::Tensor x) {
  // Party 0's bits pad what party 1 sends.
  auto mask = d.source.private_bits(x.shape(), Rank{0});
  auto opening = std::make_shared<protocol::BitsOpening>(ring::bit_of(x, 0) ^ mask.share);
  opening->pad = mask.item;
  d.executor.post(opening);
  auto opened_task = protocol::PendingBits(opening);
  ring::BitTensor opened = co_await opened_task;
  co_return 0;
}
TEST(PadAudit, FindsAPadThatTheReceiverKnows) {
  EXPECT_THAT(findings(receivers_pad), Contains(HasSubstr("a receiver knows")));
}

Task<int> dealt_pad(Desk d, ring::Tensor x) {
  // The last party's part is on the tape: another job's tape, or the dealer, knows it.
  auto mask = d.source.mask(64, x.shape(), 64);
  ring::Tensor share = d.source.deal(mask.whole, 64);
  auto opened_task = send(d, add(x, share), mask.item + 1);
  ring::Tensor opened = co_await opened_task;
  co_return 0;
}
TEST(PadAudit, FindsADealtShareInThePlaceOfAPad) {
  EXPECT_THAT(findings(dealt_pad), Contains(HasSubstr("dealt share")));
}

// Re-randomisation drops Δ: the next use opens the value anew, under another pad. Who keeps Δ opens nothing.
Task<int> rerandomised(Desk d, ring::Tensor x, bool keeps_delta) {
  auto value_task = d.protocol.input(x);
  Arith value = co_await value_task;
  auto square_task = d.protocol.multiply(value, value);
  Arith square = co_await square_task;
  Arith fresh = value;
  if (!keeps_delta) {
    ring::Tensor share = d.protocol.output(value);
    auto reshared_task = d.protocol.input(share);
    Arith reshared = co_await reshared_task;
    fresh = reshared;
  }
  auto again_task = d.protocol.multiply(fresh, fresh);
  Arith again = co_await again_task;
  co_return 0;
}
TEST(PadAudit, SeesThatARerandomisedValueIsOpenedAnewUnderAnotherPad) {
  PadAudit<int> fresh(streams(2), [](Desk d) { return rerandomised(d, part(d), false); });
  PadAudit<int> mutant(streams(2), [](Desk d) { return rerandomised(d, part(d), true); });
  EXPECT_THAT(fresh.findings(), IsEmpty());
  EXPECT_EQ(fresh.played().sent.at(0).size(), 2u);
  EXPECT_EQ(mutant.played().sent.at(0).size(), 1u) << "keeping delta is seen by the opening that is missing";
}

// A refreshed output does not change when the same value came about by other shares; an unrefreshed one hands
// them out. The output share is what leaves: its pad is the sharing of zero.
Task<ring::Tensor> output(Desk d, bool refreshed) {
  auto x_task = d.protocol.input(part(d));
  Arith x = co_await x_task;
  if (refreshed) co_return d.protocol.output(x);
  co_return dynamic_cast<Semi2k&>(d.protocol).share_of(x);
}
TEST(PadAudit, SeesWhetherAnOutputIsRefreshed) {
  auto share = [](bool refreshed) {
    return play<ring::Tensor>(streams(2), [refreshed](Desk d) { return output(d, refreshed); }).results[0];
  };
  const Numbers zero = Numbers::of(zero_shares(0, 2).words(64, {5}));
  const Numbers unrefreshed = Numbers::of(share(false)), refreshed = Numbers::of(share(true));
  for (std::size_t i = 0; i < 5; ++i) {
    EXPECT_TRUE(unrefreshed.values[i] == 1000) << "the mutant hands out its share as it is";
    EXPECT_TRUE(refreshed.values[i] == ((1000 + zero.values[i]) & zero.mask()));
  }
}

}  // namespace
}  // namespace spud::contract
