// SPDX-License-Identifier: Apache-2.0
#include "io/split.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "system/crypto/random.hpp"

namespace spud::io {
namespace {

using testing::HasSubstr;

class Broken final : public Random {
 public:
  Status fill(MutableBytes) override { return fail(ErrorCode::kUnavailable, "no randomness"); }
};

Literal counted(const TensorType& type) {
  Literal x(type);
  for (std::int64_t i = 0; i < x.elements(); ++i) {
    is_float(type.dtype) ? x.set_float(i, 0.5 * static_cast<double>(i) - 3) : x.set_int(i, i % 3);
  }
  return x;
}

std::vector<alu::StoredShare> shares_of(const Split& split) {
  std::vector<alu::StoredShare> shares;
  for (const auto& seed : split.seeds)
    shares.push_back(expand_share(seed, split.last.type, split.last.format));
  shares.push_back(split.last);
  return shares;
}

using Case = std::tuple<unsigned, std::size_t, DType>;
class EveryDevice : public testing::TestWithParam<Case> {};

TEST_P(EveryDevice, SharesPutTogetherAreTheValue) {
  auto [ring_bits, parties, dtype] = GetParam();
  auto format = alu::element_format(dtype, {.ring_bits = ring_bits, .fraction_bits = 8});
  crypto::SeededRandom random(5);
  for (const Shape& shape : {Shape{}, Shape{0}, Shape{13}, Shape{3, 8}}) {
    Literal x = counted({dtype, shape});
    auto encoded = encode(x, format);
    ASSERT_TRUE(encoded.has_value());
    auto cut = split(*encoded, parties, random);
    ASSERT_TRUE(cut.has_value());
    EXPECT_EQ(cut->seeds.size(), parties - 1);
    auto shares = shares_of(*cut);
    ASSERT_EQ(cut->digests.size(), parties);
    for (std::size_t i = 0; i < parties; ++i) EXPECT_EQ(cut->digests[i], share_digest(shares[i]));
    auto back = reconstruct(shares);
    ASSERT_TRUE(back.has_value());
    EXPECT_TRUE(std::ranges::equal(back->bytes(), x.bytes()));
  }
}

INSTANTIATE_TEST_SUITE_P(
    Devices, EveryDevice,
    testing::Combine(testing::Values(32u, 64u, 128u), testing::Values(std::size_t{2}, std::size_t{5}),
                     testing::Values(DType::kF32, DType::kS64, DType::kU8, DType::kPred)),
    [](const auto& info) {
      return std::to_string(std::get<0>(info.param)) + "_" + std::to_string(std::get<1>(info.param)) + "_" +
             to_string(std::get<2>(info.param));
    });

TEST(Split, LargeTensorsSpanSeveralChunks) {
  TensorType type{DType::kF32, {(1 << 18) + 5}};
  auto format = alu::element_format(type.dtype, {.ring_bits = 64, .fraction_bits = 18});
  Literal x = counted(type);
  crypto::SeededRandom random(6);
  auto cut = split(*encode(x, format), 3, random);
  ASSERT_TRUE(cut.has_value());
  auto shares = shares_of(*cut);
  for (std::size_t i = 0; i < 3; ++i) EXPECT_EQ(cut->digests[i], share_digest(shares[i]));
  EXPECT_TRUE(std::ranges::equal(reconstruct(shares)->bytes(), x.bytes()));
}

TEST(Split, NoTwoSeedsAreEqualAndNoShareIsTheValue) {
  auto format = alu::element_format(DType::kF32, {});
  auto encoded = encode(counted({DType::kF32, {100}}), format);
  crypto::SeededRandom random(7);
  auto cut = split(*encoded, 3, random);
  ASSERT_TRUE(cut.has_value());
  EXPECT_FALSE(std::ranges::equal(cut->seeds[0].view(), cut->seeds[1].view()));
  for (const auto& share : shares_of(*cut))
    EXPECT_FALSE(std::ranges::equal(share.data, encoded->words.view()));
}

TEST(Split, UnusedBitsOfEveryShareAreZero) {
  auto format = alu::element_format(DType::kPred, {});
  crypto::SeededRandom random(8);
  for (int i = 0; i < 20; ++i) {
    auto cut = split(*encode(counted({DType::kPred, {11}}), format), 3, random);
    ASSERT_TRUE(cut.has_value());
    for (const auto& share : shares_of(*cut)) EXPECT_EQ(share.data[1] & std::byte{0xf8}, std::byte{0});
  }
}

TEST(Split, RefusesPartiesThatNoDeviceHasAndFailedRandomness) {
  auto encoded = encode(counted({DType::kF32, {2}}), alu::element_format(DType::kF32, {}));
  crypto::SeededRandom random(9);
  for (std::size_t parties : {0, 1, 6}) EXPECT_FALSE(split(*encoded, parties, random).has_value());
  Broken broken;
  auto refused = split(*encoded, 2, broken);
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().code, ErrorCode::kUnavailable);
}

TEST(Split, ReconstructionRefusesSharesThatDoNotBelongTogether) {
  auto format = alu::element_format(DType::kF32, {});
  crypto::SeededRandom random(10);
  auto cut = split(*encode(counted({DType::kF32, {4}}), format), 3, random);
  ASSERT_TRUE(cut.has_value());
  const auto good = shares_of(*cut);
  auto refused = [&](auto change) {
    auto shares = good;
    change(shares[1]);
    auto result = reconstruct(shares);
    EXPECT_FALSE(result.has_value());
    if (!result) {
      EXPECT_EQ(result.error().code, ErrorCode::kPeerFault);
      EXPECT_THAT(result.error().message(), HasSubstr("share 1"));
    }
  };
  refused([](alu::StoredShare& share) { share.data.pop_back(); });
  refused([](alu::StoredShare& share) { share.data.push_back({}); });
  refused([](alu::StoredShare& share) { share.type.shape = {2, 2}; });
  refused([](alu::StoredShare& share) { share.type.dtype = DType::kF64; });
  refused([](alu::StoredShare& share) { share.format.fraction_bits = 4; });
  EXPECT_FALSE(reconstruct({}).has_value());
}

// Seeds travel and shares are stored: their expansion must never change.
TEST(Split, ExpansionIsFixed) {
  std::array<std::byte, Seed::kBytes> zeros{};
  auto share = expand_share(Seed(zeros), {DType::kS32, {4}}, alu::element_format(DType::kS32, {}));
  EXPECT_EQ(to_hex(share.data), "fae0e319cdad2d2ab6473f15d395e583");
}

}  // namespace
}  // namespace spud::io
