// SPDX-License-Identifier: Apache-2.0
// What a truncation realises, exactly: ⌊(x + 2^f − 1 − d) / 2^f⌋ with a dither d that the adversary may know,
// party 1's own low bits or Δ' mod 2^f; and that its error is 0 on average.
#include <cmath>

#include "protocol/semi2k/semi2k.hpp"
#include "tests/contract/lockstep.hpp"

namespace spud::contract {
namespace {

struct Shared {
  Numbers whole;
  std::vector<Numbers> parts;  ///< by rank
};

/// Uniform over what a truncation by f may be given, and both ends of it.
Shared shared(unsigned n, unsigned k, unsigned f, std::size_t count) {
  std::mt19937_64 rng(31);
  const __int128 limit = (static_cast<__int128>(1) << (k - 2)) - (static_cast<__int128>(1) << f);
  Shared out{{k, {}}, std::vector<Numbers>(n, Numbers{k, {}})};
  auto draw = [&] { return static_cast<Wide>(rng()) << 64 | rng(); };
  while (out.whole.values.size() < count) {
    auto x = static_cast<__int128>(draw() % static_cast<Wide>(2 * limit + 1)) - limit;
    if (out.whole.values.size() < 2) x = out.whole.values.empty() ? limit : -limit;
    Wide rest = static_cast<Wide>(x);
    for (unsigned p = 0; p + 1 < n; ++p) {
      out.parts[p].values.push_back(draw() & out.whole.mask());
      rest -= out.parts[p].values.back();
    }
    out.parts[n - 1].values.push_back(rest & out.whole.mask());
    out.whole.values.push_back(static_cast<Wide>(x) & out.whole.mask());
  }
  return out;
}

struct Truncated {
  ring::Tensor share, delta;  ///< delta: of the masked form
};

Task<Truncated> truncate(Desk desk, const Shared& in, unsigned f, bool mask_first) {
  ring::Tensor part = in.parts[index(desk.seat.rank)].tensor();
  if (desk.on_shapes) part = ring::Tensor::phantom(part.bits(), part.shape());
  auto x_task = desk.protocol.input(part);
  Arith x = co_await x_task;
  Truncated out;
  if (mask_first) {
    auto masked_task = dynamic_cast<protocol::semi2k::Semi2k&>(desk.protocol).masked(x);
    auto masked = co_await masked_task;
    out.delta = masked.delta;
  }
  auto t_task = desk.protocol.truncate(x, f);
  Arith t = co_await t_task;
  out.share = desk.protocol.output(t);
  co_return out;
}

StreamsOfAll streams(unsigned n) {
  StreamsOfAll out;
  for (unsigned p = 0; p < n; ++p) out.push_back(std::make_shared<correlation::SeedStreams>(seed_of(60 + p)));
  return out;
}

/// The law at every value; and the mean error within five standard deviations of 0.
void verify(const Numbers& x, const Numbers& t, const std::vector<Wide>& dither, unsigned f) {
  const __int128 unit = static_cast<__int128>(1) << f;
  double total = 0, variance = 0;
  for (std::size_t i = 0; i < x.values.size(); ++i) {
    const auto d = static_cast<__int128>(dither[i] & static_cast<Wide>(unit - 1));
    ASSERT_TRUE(t.at(i) == (x.at(i) + unit - 1 - d) >> f) << i;
    const __int128 low = x.at(i) & (unit - 1);
    total += static_cast<double>((t.at(i) << f) - x.at(i));
    variance += static_cast<double>(low) * static_cast<double>(unit - low);
  }
  EXPECT_LT(std::abs(total), 5 * std::sqrt(variance));
}

constexpr std::size_t kMany = 100'000;

class TruncationLaw : public testing::TestWithParam<std::tuple<unsigned, unsigned>> {};  // ring, bits dropped
INSTANTIATE_TEST_SUITE_P(Rings, TruncationLaw,
                         testing::Values(std::tuple{32u, 8u}, std::tuple{64u, 18u}, std::tuple{64u, 1u},
                                         std::tuple{64u, 43u}, std::tuple{128u, 26u}));

TEST_P(TruncationLaw, OfTwoPartiesIsDitheredByPartyOnesLowBits) {
  const auto [k, f] = GetParam();
  Shared in = shared(2, k, f, kMany);
  auto out = play<Truncated>(streams(2), [&, f = f](Desk desk) { return truncate(desk, in, f, false); });
  verify(in.whole, sum(std::vector{out.results[0].share, out.results[1].share}), in.parts[1].values, f);
}

TEST_P(TruncationLaw, OfAMaskedValueIsDitheredByItsPublicLowBits) {
  const auto [k, f] = GetParam();
  for (unsigned n : {2u, 3u, 5u}) {
    Shared in = shared(n, k, f, kMany);
    auto out = play<Truncated>(streams(n), [&, f = f](Desk desk) { return truncate(desk, in, f, true); });
    std::vector<ring::Tensor> shares;
    for (const auto& result : out.results) shares.push_back(result.share);
    Numbers delta = Numbers::of(out.results[0].delta);
    for (auto& d : delta.values) d += Wide{1} << (k - 2);
    verify(in.whole, sum(shares), delta.values, f);
  }
}

}  // namespace
}  // namespace spud::contract
