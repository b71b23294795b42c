// SPDX-License-Identifier: Apache-2.0
#include "ring/weighted_bits.hpp"

#include <random>

#include <gtest/gtest.h>

#include "ring/simd.hpp"

namespace spud::ring {
namespace {

TEST(WeightedBits, AreTheirDefinitionInEveryRingOnEveryInstructionSet) {
  std::mt19937_64 rng(1);
  for (unsigned k : {4u, 32u, 64u, 128u}) {
    for (std::int64_t count : {1, 63, 64, 65, 700}) {
      std::vector<BitTensor> bits;
      std::vector<std::int64_t> weights;
      std::vector<unsigned __int128> want(static_cast<std::size_t>(count));
      for (int j = 0; j < 7; ++j) {
        std::vector<std::uint8_t> bit(static_cast<std::size_t>(count));
        for (auto& b : bit) b = rng() & 1;
        weights.push_back(static_cast<std::int64_t>(rng()));
        for (std::size_t i = 0; i < bit.size(); ++i)
          want[i] += bit[i] * static_cast<unsigned __int128>(static_cast<__int128>(weights.back()));
        bits.push_back(BitTensor::pack({count}, bit));
      }
      for (SimdPath path : simd_paths()) {
        set_simd_path(path);
        const Tensor got = weighted_bits(bits, weights, k);
        ASSERT_EQ(got.bits(), k);
        with_ring(k, [&]<class R>(R) {
          const auto* words = got.data<typename R::Word>();
          for (std::size_t i = 0; i < want.size(); ++i)
            ASSERT_EQ(words[i], R::reduce(static_cast<typename R::Word>(want[i]))) << to_string(path) << i;
        });
      }
      set_simd_path(simd_paths().front());
    }
  }
  const std::vector<BitTensor> some{BitTensor::phantom({3})};
  EXPECT_TRUE(weighted_bits(some, std::vector<std::int64_t>{4}, 64).is_phantom());
}

}  // namespace
}  // namespace spud::ring
