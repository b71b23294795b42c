// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <map>

#include <gtest/gtest.h>

#include "correlation/streams.hpp"
#include "system/crypto/random.hpp"

namespace spud::correlation {
namespace {

std::vector<std::vector<std::uint32_t>> drawn(const Streams& streams, std::int64_t batch, std::int64_t rows) {
  const ring::Tensor places = stream_permutation(streams, 3, {batch, rows});
  std::vector<std::vector<std::uint32_t>> out;
  for (std::int64_t b = 0; b < batch; ++b) {
    const auto* from = places.data<std::uint32_t>() + b * rows;
    out.emplace_back(from, from + rows);
  }
  return out;
}
SeedStreams streams() {
  crypto::SeededRandom random(17);
  return SeedStreams(*random.seed());
}

TEST(StreamPermutation, HoldsEveryPlaceOnce) {
  for (std::int64_t rows : {0, 1, 2, 3, 100, 9'000}) {
    for (auto order : drawn(streams(), 3, rows)) {
      std::sort(order.begin(), order.end());
      for (std::size_t i = 0; i < order.size(); ++i) ASSERT_EQ(order[i], i);
    }
  }
}

TEST(StreamPermutation, IsUniform) {
  constexpr std::int64_t kBatch = 240'000;
  std::map<std::vector<std::uint32_t>, int> count;
  for (const auto& order : drawn(streams(), kBatch, 4)) ++count[order];
  ASSERT_EQ(count.size(), 24u);
  for (const auto& [order, times] : count) EXPECT_LT(std::abs(times - 10'000), 5 * 98) << "5σ";
}

/// Every block of the stream is the same: ones, but for the topmost byte.
class Constant final : public Streams {
 public:
  explicit Constant(std::byte top) : top_(top) {}
  void fill_from(ItemId, std::uint64_t, MutableBytes out) const override {
    for (std::size_t i = 0; i < out.size(); ++i) out[i] = i % 16 == 15 ? top_ : std::byte{255};
  }

 private:
  std::byte top_;
};

// Row i changes places with row ⌊word · (i + 1) / 2^128⌋.
TEST(StreamPermutation, ReadsNumbersOf128BitsLowestByteFirst) {
  using Order = std::vector<std::uint32_t>;
  EXPECT_EQ(drawn(Constant(std::byte{0xff}), 1, 4)[0], (Order{0, 1, 2, 3}));
  EXPECT_EQ(drawn(Constant(std::byte{0x7f}), 1, 4)[0], (Order{1, 3, 0, 2}));
  EXPECT_EQ(drawn(Constant(std::byte{0x00}), 1, 4)[0], (Order{3, 0, 1, 2}));
}

}  // namespace
}  // namespace spud::correlation
