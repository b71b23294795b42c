// SPDX-License-Identifier: Apache-2.0
// A weight by the interval that a number lies in, and the number times it.
#include <random>

#include "protocol/semi2k/cost.hpp"
#include "tests/contract/harness.hpp"
#include "tests/contract/measured_cost.hpp"

namespace spud::contract {
namespace {

namespace cost = protocol::semi2k::cost;
using protocol::Scaled;
using Lists = std::vector<std::vector<std::int64_t>>;

struct Case {
  ProtocolKind kind;
  unsigned parties, bits;
};
class Scales : public testing::TestWithParam<Case> {};
INSTANTIATE_TEST_SUITE_P(Protocols, Scales, testing::ValuesIn([] {
                           std::vector<Case> out;
                           for (unsigned k : {32u, 64u, 128u}) {
                             out.push_back({ProtocolKind::kRef2k, 2, k});
                             for (unsigned n : {2u, 3u}) out.push_back({ProtocolKind::kSemi2k, n, k});
                           }
                           return out;
                         }()),
                         [](const auto& info) {
                           return std::string(vm::to_string(info.param.kind)) + "_n" +
                                  std::to_string(info.param.parties) + "_k" + std::to_string(info.param.bits);
                         });

/// Of the intervals that `ends` cut the numbers into, which one x lies in.
Task<std::vector<Boolean>> places_of(Desk d, Arith x, std::vector<__int128> ends, unsigned width) {
  auto less_task = d.protocol.less_than_public(x, ends, width);
  std::vector<Boolean> less = co_await less_task;
  std::vector<Boolean> places{less[0]};
  for (std::size_t j = 1; j < less.size(); ++j)
    places.push_back(d.protocol.exclusive_or(less[j], less[j - 1]));
  places.push_back(d.protocol.logical_not(less.back()));
  co_return places;
}

Task<std::vector<ring::Tensor>> scaled(Desk d, const Inputs& in, std::vector<__int128> ends, Lists weights) {
  auto x_task = d.protocol.input(in.words(d, 0));
  Arith x = co_await x_task;
  auto places_task = places_of(d, x, ends, 30);
  std::vector<Boolean> places = co_await places_task;
  auto scaled_task = d.protocol.scale(x, places, weights);
  Scaled out = co_await scaled_task;
  std::vector<ring::Tensor> shares{d.protocol.output(out.product)};
  for (const auto& weight : out.weights) shares.push_back(d.protocol.output(weight));
  co_return shares;
}

TEST_P(Scales, ANumberByTheIntervalItLiesIn) {
  const auto& [kind, parties, k] = GetParam();
  std::vector<__int128> ends;
  for (unsigned d = 7; d-- > 1;) ends.push_back(-(__int128{1} << 4 * d));
  ends.insert(ends.end(), {0, 1});
  for (unsigned d = 1; d < 7; ++d) ends.push_back(__int128{1} << 4 * d);
  Numbers x{k, {0, 1}};
  std::mt19937_64 rng(3);
  for (const __int128 end : ends) {
    for (int by : {-1, 0, 1}) x.values.push_back(static_cast<Wide>(end + by) & x.mask());
  }
  for (int i = 0; i < 100; ++i)
    x.values.push_back(static_cast<Wide>(static_cast<__int128>(rng() >> (35 + rng() % 28)) - (1 << 27)) &
                       x.mask());
  Lists weights(3);
  for (std::size_t j = 0; j <= ends.size(); ++j) {
    weights[0].push_back(j % 3 == 0 ? 0 : -(std::int64_t{1} << (4 * j)));
    weights[1].push_back(static_cast<std::int64_t>(rng()) / 2);
    weights[2].push_back(static_cast<std::int64_t>(j));
  }
  Inputs in(parties, Sharing::kRandom, 6);
  in.add(x);
  using Shares = std::vector<ring::Tensor>;
  auto outcome = run<Shares>(kind, parties, 29, [&](Desk desk) { return scaled(desk, in, ends, weights); });
  for (std::size_t l = 0; l <= weights.size(); ++l) {
    Shares parts;
    for (const auto& shares : outcome.shares) parts.push_back(shares.at(l));
    const Numbers got = sum(parts);
    for (std::size_t i = 0; i < x.values.size(); ++i) {
      std::size_t place = 0;
      while (place < ends.size() && x.at(i) >= ends[place]) ++place;
      const auto weight = static_cast<Wide>(static_cast<__int128>(weights[l == 0 ? 0 : l - 1][place]));
      ASSERT_TRUE(got.values[i] == (l == 0 ? weight * x.values[i] & x.mask() : weight & x.mask()))
          << "list " << l << " number " << i << " place " << place;
    }
  }
}

TEST(ScaleCosts, AreStated) {
  for (unsigned n : {2u, 3u}) {
    for (unsigned k : {32u, 64u, 128u}) {
      for (unsigned lists : {1u, 3u}) {
        const Cost got = measured(n, k, 1, true, [lists](Desk d, std::vector<Arith> x) -> Task<int> {
          Boolean none = d.protocol.constant_bits(ring::BitTensor::zeros(x[0].shape()));
          std::vector<Boolean> places(5, none);
          places[2] = d.protocol.logical_not(none);
          Lists weights(lists, std::vector<std::int64_t>(5, 7));
          auto z_task = d.protocol.scale(x[0], places, weights);
          Scaled z = co_await z_task;
          co_return 0;
        });
        const Cost want = n == 2 ? cost::scale_two(k, lists) : cost::scale(k, 5);
        EXPECT_EQ(got, want) << n << ' ' << k << ' ' << lists;
      }
    }
  }
}

}  // namespace
}  // namespace spud::contract
