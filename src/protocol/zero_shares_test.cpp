// SPDX-License-Identifier: Apache-2.0
#include "protocol/zero_shares.hpp"

#include <set>

#include <gtest/gtest.h>

#include "ring/map.hpp"
#include "system/crypto/random.hpp"

namespace spud::protocol {
namespace {

std::vector<ZeroShares> all(unsigned parties, std::uint64_t attempt = 1) {
  std::vector<std::map<Rank, Seed>> keys(parties);
  crypto::SeededRandom random(attempt);
  for (unsigned p = 0; p < parties; ++p) {
    for (unsigned q = p + 1; q < parties; ++q) {
      Seed key = *random.seed();
      keys[p].emplace(Rank{q}, key.clone());
      keys[q].emplace(Rank{p}, std::move(key));
    }
  }
  std::vector<ZeroShares> out;
  for (unsigned p = 0; p < parties; ++p) out.emplace_back(Rank{p}, std::move(keys[p]));
  return out;
}

std::string hex(const ring::Tensor& t) {
  return to_hex(t.dense().bytes());
}
std::string hex(const ring::BitTensor& t) {
  return to_hex(t.bytes());
}

TEST(ZeroShares, OfNumbersSumToZero) {
  for (unsigned parties : {2u, 3u, 5u}) {
    for (unsigned k : {4u, 32u, 64u, 128u}) {
      auto shares = all(parties);
      ring::Tensor total = shares[0].words(k, {7, 3});
      EXPECT_NE(hex(total), hex(ring::Tensor::zeros(k, {7, 3})));
      for (unsigned p = 1; p < parties; ++p) {
        total =
            ring::map([](auto a, auto b) { return decltype(a)(a + b); }, total, shares[p].words(k, {7, 3}));
      }
      EXPECT_EQ(hex(total), hex(ring::Tensor::zeros(k, {7, 3})));
    }
  }
}

TEST(ZeroShares, OfBitsSumToZero) {
  for (unsigned parties : {2u, 3u, 5u}) {
    auto shares = all(parties);
    ring::BitTensor total = shares[0].bits({131});
    EXPECT_NE(hex(total), hex(ring::BitTensor::zeros({131})));
    for (unsigned p = 1; p < parties; ++p) total = total ^ shares[p].bits({131});
    EXPECT_EQ(hex(total), hex(ring::BitTensor::zeros({131})));
  }
}

TEST(ZeroShares, DifferFromCallToCallWhateverIsAskedFor) {
  auto shares = all(2);
  std::set<std::string> seen;
  unsigned calls = 0;
  for (int i = 0; i < 50; ++i) {
    seen.insert(hex(shares[0].words(64, {2})));
    seen.insert(hex(shares[0].bits({128})));  // as many bytes: a stream used twice would show
    calls += 2;
  }
  EXPECT_EQ(seen.size(), calls);
}

TEST(ZeroShares, DifferFromAttemptToAttempt) {
  EXPECT_NE(hex(all(2, 1)[0].words(64, {2})), hex(all(2, 2)[0].words(64, {2})));
}

// Each pair's pad is unknown to the third party.
TEST(ZeroShares, OfOnePartyDoNotFollowFromAnothers) {
  auto shares = all(3);
  auto a = shares[0].words(64, {1}), b = shares[1].words(64, {1}), c = shares[2].words(64, {1});
  EXPECT_NE(hex(a), hex(ring::map([](auto x) { return decltype(x)(-x); }, b)));
  EXPECT_NE(hex(b), hex(ring::map([](auto x) { return decltype(x)(-x); }, c)));
}

}  // namespace
}  // namespace spud::protocol
