// SPDX-License-Identifier: Apache-2.0
#include "ring/bit_sum.hpp"

#include <random>

#include <gtest/gtest.h>

#include "ring/simd.hpp"

namespace spud::ring {
namespace {

class BitSums : public testing::TestWithParam<SimdPath> {
 protected:
  void SetUp() override { set_simd_path(GetParam()); }
  void TearDown() override { set_simd_path(simd_paths().front()); }
};
INSTANTIATE_TEST_SUITE_P(Paths, BitSums, testing::ValuesIn(simd_paths()),
                         [](const auto& info) { return to_string(info.param); });

TEST_P(BitSums, EqualOneOperationAfterTheOther) {
  std::mt19937_64 rng(1);
  for (std::int64_t n : {1, 64, 1000, 33'000, 70'001}) {
    std::vector<std::vector<BitTensor>> products;
    BitTensor want = BitTensor::zeros({n});
    for (std::size_t factors = 1; factors <= 6; ++factors) {
      BitTensor product = ~BitTensor::zeros({n});
      auto& row = products.emplace_back();
      for (std::size_t f = 0; f < factors; ++f) {
        BitTensor bits = BitTensor::zeros({n});
        for (std::size_t i = 0; i < bits.word_count(); ++i) bits.writable()[i] = rng() | rng();
        bits.clear_surplus();
        product = product & bits;
        row.push_back(std::move(bits));
      }
      want = want ^ product;
    }
    EXPECT_EQ(sum_of_products({n}, products).unpack(), want.unpack()) << n;
  }
}

TEST(BitSum, OfNothingIsZero) {
  EXPECT_EQ(sum_of_products({70}, {}).unpack(), std::vector<std::uint8_t>(70, 0));
}

TEST(BitSum, OnShapesIsAPhantom) {
  const std::vector<std::vector<BitTensor>> products{{BitTensor::zeros({3})}, {BitTensor::phantom({3})}};
  EXPECT_TRUE(sum_of_products({3}, products).is_phantom());
}

}  // namespace
}  // namespace spud::ring
