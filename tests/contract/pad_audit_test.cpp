// SPDX-License-Identifier: Apache-2.0
// No word leaves a party but under a pad of its own: audited over a computation of every step, and shown to
// be found where it is not so.
#include "tests/contract/pad_audit.hpp"

#include <gmock/gmock.h>

#include "protocol/semi2k/semi2k.hpp"

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
  Arith x = co_await p.input(in.words(d, 0));
  Arith y = co_await p.input(in.words(d, 1));
  Arith xy = co_await p.multiply(x, y);
  Arith t = co_await p.truncate(xy, 18);  // n = 2: not masked
  Started<Boolean> sign(d.executor, p.negative(t));
  Started<Boolean> order(d.executor, p.less(x, y, true));
  Started<Boolean> zero(d.executor, p.is_zero(x));
  Boolean s = co_await sign;
  Boolean l = co_await order;
  Boolean z = co_await zero;
  Arith relu = co_await p.mux(p.logical_not(s), t);
  Boolean both = co_await p.logical_and(l, z);
  Arith number = co_await p.to_arith(both, k);
  Arith floor = co_await p.shift_right(t, 5);
  Arith again = co_await p.truncate(t, 9);  // masked by now
  Arith wide = co_await p.widen(t, 128, true);
  protocol::ExpWindow window{.input_fraction = 18, .result_fraction = 18, .high = 2};
  Arith power = co_await p.exp(relu, window);
  window.high = 9;  // in the larger ring
  Arith large = co_await p.exp(x, window);
  std::vector<std::vector<std::int64_t>> weights(1, std::vector<std::int64_t>(32, 4));
  std::vector<Arith> leads = co_await p.leading_one(x, 32, weights);
  Arith left = p.linear(ring::LinearMap::reshape({1, 1, 5}), {leads[0]});
  Arith right = p.linear(ring::LinearMap::reshape({1, 5, 1}), {power});
  Arith dot = co_await p.matmul(left, right);
  (void)p.output(dot);
  (void)p.output_bits(both);
  co_return 0;
}

class PadAudits : public testing::TestWithParam<unsigned> {};
INSTANTIATE_TEST_SUITE_P(Parties, PadAudits, testing::Values(2u, 3u));

TEST_P(PadAudits, FindNothingInAComputationOfEveryStep) {
  Inputs in(GetParam(), Sharing::kRandom, 4);
  in.add(Numbers{64, {1, 2, 3000, 4, 5}});
  in.add(Numbers{64, {7, 0, 3, 1ull << 40, 5}});
  PadAudit<int> audit(streams(GetParam()), [&](Desk d) { return every_step(d, in); });
  EXPECT_GT(audit.played().sent.at(0).size(), 150u);
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
  ring::Tensor opened = co_await send(d, add(x, mask.share), mask.item);
  co_return 0;
}
TEST(PadAudit, FindsNothingInAnHonestOpening) {
  EXPECT_THAT(findings(honest), IsEmpty());
}

Task<int> unpadded(Desk d, ring::Tensor x) {
  ring::Tensor opened = co_await send(d, x, std::nullopt);
  co_return 0;
}
TEST(PadAudit, FindsWhatIsSentUnpadded) {
  EXPECT_THAT(findings(unpadded), Contains(HasSubstr("no pad")));
}

Task<int> pad_dropped(Desk d, ring::Tensor x) {
  auto mask = d.source.mask(64, x.shape(), 64);
  ring::Tensor opened = co_await send(d, x, mask.item);
  co_return 0;
}
TEST(PadAudit, FindsAPadThatIsNamedButNotAdded) {
  EXPECT_THAT(findings(pad_dropped), Contains(HasSubstr("not in it")));
}

Task<int> half_padded(Desk d, ring::Tensor x) {
  auto mask = d.source.mask(64, x.shape(), 32);
  ring::Tensor opened = co_await send(d, add(x, mask.share), mask.item);
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
  ring::BitTensor opened = co_await protocol::PendingBits(opening);
  co_return 0;
}
TEST(PadAudit, FindsAPadThatTheReceiverKnows) {
  EXPECT_THAT(findings(receivers_pad), Contains(HasSubstr("a receiver knows")));
}

Task<int> dealt_pad(Desk d, ring::Tensor x) {
  // The last party's part is on the tape: another job's tape, or the dealer, knows it.
  auto mask = d.source.mask(64, x.shape(), 64);
  ring::Tensor share = d.source.deal(mask.whole, 64);
  ring::Tensor opened = co_await send(d, add(x, share), mask.item + 1);
  co_return 0;
}
TEST(PadAudit, FindsADealtShareInThePlaceOfAPad) {
  EXPECT_THAT(findings(dealt_pad), Contains(HasSubstr("dealt share")));
}

// Re-randomisation drops Δ: the next use opens the value anew, under another pad. Who keeps Δ opens nothing.
Task<int> rerandomised(Desk d, ring::Tensor x, bool keeps_delta) {
  Arith value = co_await d.protocol.input(x);
  Arith square = co_await d.protocol.multiply(value, value);
  Arith fresh = value;
  if (!keeps_delta) {
    ring::Tensor share = d.protocol.output(value);
    Arith reshared = co_await d.protocol.input(share);
    fresh = reshared;
  }
  Arith again = co_await d.protocol.multiply(fresh, fresh);
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
  Arith x = co_await d.protocol.input(part(d));
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
