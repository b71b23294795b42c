// SPDX-License-Identifier: Apache-2.0
#include "alu/encode_public.hpp"

#include <cmath>
#include <vector>

#include <gtest/gtest.h>

namespace spud::alu {
namespace {

Literal reals(const std::vector<double>& x, DType dtype = DType::kF64) {
  Literal out(TensorType{dtype, {static_cast<std::int64_t>(x.size())}});
  for (std::size_t i = 0; i < x.size(); ++i) out.set_float(static_cast<std::int64_t>(i), x[i]);
  return out;
}
Literal integers(DType dtype, const std::vector<std::int64_t>& x) {
  Literal out(TensorType{dtype, {static_cast<std::int64_t>(x.size())}});
  for (std::size_t i = 0; i < x.size(); ++i) out.set_int(static_cast<std::int64_t>(i), x[i]);
  return out;
}

template <class Word>
std::vector<Word> words(const Literal& value, unsigned ring_bits, unsigned fraction_bits) {
  auto out = encode_public(value, ring_bits, fraction_bits);
  EXPECT_TRUE(out.has_value());
  if (!out) return {};
  auto view = out->words<Word>();
  return {view.begin(), view.end()};
}

TEST(EncodePublic, RoundsFloatsToTheNearestTiesToEven) {
  const Literal x = reals({0, 1, -1, 0.5 / 256, 1.5 / 256, -2.5 / 256, 2.6 / 256});
  EXPECT_EQ(words<std::uint64_t>(x, 64, 8), (std::vector<std::uint64_t>{0, 256, -256ull, 0, 2, -2ull, 3}));
}

TEST(EncodePublic, SaturatesWhatIsTooLarge) {
  const Literal x = reals({HUGE_VAL, -HUGE_VAL, 1e30, -1e30});
  EXPECT_EQ(words<std::uint32_t>(x, 32, 8),
            (std::vector<std::uint32_t>{1u << 30, -(1u << 30), 1u << 30, -(1u << 30)}));
  EXPECT_EQ(words<std::uint64_t>(x, 64, 18)[0], std::uint64_t{1} << 62);
  EXPECT_EQ(words<std::uint64_t>(x, 64, 18)[1], -(std::uint64_t{1} << 62));
  using Wide = unsigned __int128;
  EXPECT_TRUE(words<Wide>(reals({HUGE_VAL}), 128, 26)[0] == Wide{1} << 126);
}

TEST(EncodePublic, RefusesWhatIsNotANumber) {
  for (DType dtype : {DType::kF16, DType::kBF16, DType::kF32, DType::kF64}) {
    auto out = encode_public(reals({1, NAN}, dtype), 64, 18);
    ASSERT_FALSE(out.has_value());
    EXPECT_EQ(out.error().code, ErrorCode::kBadInput);
  }
}

TEST(EncodePublic, TakesIntegersModuloTheRing) {
  EXPECT_EQ(words<std::uint32_t>(integers(DType::kS32, {-1, INT32_MIN, 7}), 32, 0),
            (std::vector<std::uint32_t>{0xffffffff, 0x80000000, 7}));
  EXPECT_EQ(words<std::uint64_t>(integers(DType::kS8, {-1, 5}), 64, 0),
            (std::vector<std::uint64_t>{-1ull, 5}));
  EXPECT_EQ(words<std::uint32_t>(integers(DType::kS64, {(1ll << 40) + 3}), 32, 0),
            (std::vector<std::uint32_t>{3}));
  using Wide = unsigned __int128;
  // The highest u64 is no −1 in a larger ring.
  EXPECT_TRUE(words<Wide>(integers(DType::kU64, {-1}), 128, 0)[0] == Wide{~0ull});
  EXPECT_TRUE(words<Wide>(integers(DType::kS64, {-1}), 128, 0)[0] == ~Wide{0});
}

TEST(EncodePublic, EmptyTensorsAndPredsAsBits) {
  EXPECT_TRUE(words<std::uint64_t>(reals({}), 64, 18).empty());
  EXPECT_EQ(public_bits(integers(DType::kPred, {1, 0, 1})).unpack(), (std::vector<std::uint8_t>{1, 0, 1}));
}

TEST(FactorFractionBits, AreNoneForIntegersAndWholeFloats) {
  EXPECT_EQ(factor_fraction_bits(integers(DType::kS32, {3, -7}), 18), 0u);
  EXPECT_EQ(factor_fraction_bits(reals({3, -8, 0}), 18), 0u);
  EXPECT_EQ(factor_fraction_bits(reals({}), 18), 0u);
}

TEST(FactorFractionBits, AreTheFewestThatAreExact) {
  EXPECT_EQ(factor_fraction_bits(reals({0.5}), 18), 1u);
  EXPECT_EQ(factor_fraction_bits(reals({3, 0.375, 0.25}), 18), 3u);
}

TEST(FactorFractionBits, KeepTheLargestMagnitudeAsExactAsTheDevice) {
  EXPECT_EQ(factor_fraction_bits(reals({1.1}), 18), 18u);
  EXPECT_EQ(factor_fraction_bits(reals({1000.1, 0.1}), 18), 18u);
  EXPECT_EQ(factor_fraction_bits(reals({0.1}), 18), 21u);  // 0.1 lies in [2^−4, 2^−3)
  EXPECT_EQ(factor_fraction_bits(reals({1e-9}), 18), 36u);
}

TEST(FactorFractionBits, AreNotLedAstrayByInfinities) {
  EXPECT_EQ(factor_fraction_bits(reals({HUGE_VAL, 0.5}), 18), 1u);
}

}  // namespace
}  // namespace spud::alu
