// SPDX-License-Identifier: Apache-2.0
#include "io/encode.hpp"

#include <cmath>
#include <limits>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace spud::io {
namespace {

using testing::HasSubstr;

constexpr alu::NumberFormat k64{.ring_bits = 64, .fraction_bits = 18};

Literal floats(Shape shape, const std::vector<double>& values, DType dtype = DType::kF64) {
  Literal x(TensorType{dtype, std::move(shape)});
  for (std::size_t i = 0; i < values.size(); ++i) x.set_float(static_cast<std::int64_t>(i), values[i]);
  return x;
}

class EveryRing : public testing::TestWithParam<alu::NumberFormat> {};

TEST_P(EveryRing, FloatsComeBackWithinHalfAUnit) {
  auto format = alu::element_format(DType::kF64, GetParam());
  double unit = std::ldexp(1.0, -static_cast<int>(format.fraction_bits));
  auto x = floats({6}, {0, 1.25, -1.25, 1.0 / 3, -100.7, 0.4 * unit});
  auto encoded = encode(x, format);
  ASSERT_TRUE(encoded.has_value()) << encoded.error().message();
  EXPECT_EQ(encoded->words.size(), 6 * format.ring_bits / 8);
  auto back = decode(x.type(), format, encoded->words.view());
  for (int i = 0; i < 6; ++i) EXPECT_LE(std::fabs(back.float_at(i) - x.float_at(i)), unit / 2);
  EXPECT_EQ(back.float_at(5), 0);
}

TEST_P(EveryRing, RoundsTiesToEven) {
  auto format = alu::element_format(DType::kF64, GetParam());
  double unit = std::ldexp(1.0, -static_cast<int>(format.fraction_bits));
  auto encoded = encode(floats({4}, {0.5 * unit, 1.5 * unit, -0.5 * unit, -2.5 * unit}), format);
  ASSERT_TRUE(encoded.has_value());
  auto back = decode({DType::kF64, {4}}, format, encoded->words.view());
  EXPECT_EQ(back.float_at(0), 0);
  EXPECT_EQ(back.float_at(1), 2 * unit);
  EXPECT_EQ(back.float_at(2), 0);
  EXPECT_EQ(back.float_at(3), -2 * unit);
}

TEST_P(EveryRing, TakesTheLargestMagnitudeAndRefusesTheNext) {
  auto format = alu::element_format(DType::kF64, GetParam());
  double largest = largest_magnitude(format);
  EXPECT_LE(largest, std::ldexp(1.0, static_cast<int>(format.ring_bits - 2 - format.fraction_bits)));
  auto x = floats({2}, {largest, -largest});
  auto encoded = encode(x, format);
  ASSERT_TRUE(encoded.has_value());
  auto back = decode(x.type(), format, encoded->words.view());
  EXPECT_EQ(back.float_at(0), largest);
  EXPECT_EQ(back.float_at(1), -largest);
  EXPECT_FALSE(encode(floats({1}, {std::nextafter(largest, INFINITY)}), format).has_value());
}

INSTANTIATE_TEST_SUITE_P(Formats, EveryRing,
                         testing::Values(alu::NumberFormat{32, 8}, alu::NumberFormat{64, 18},
                                         alu::NumberFormat{64, 4}, alu::NumberFormat{128, 40}),
                         [](const auto& info) {
                           return std::to_string(info.param.ring_bits) + "_" +
                                  std::to_string(info.param.fraction_bits);
                         });

TEST(Encode, WordsAreTwosComplementLittleEndian) {
  auto encoded = encode(floats({1}, {-1}), {.boolean = false, .ring_bits = 64, .fraction_bits = 4});
  ASSERT_TRUE(encoded.has_value());
  EXPECT_EQ(to_hex(encoded->words.view()), "f0ffffffffffffff");
}

TEST(Encode, RefusesWhatIsNotFiniteOrTooLargeByPlaceWithoutTheValue) {
  auto format = alu::element_format(DType::kF64, k64);
  for (double bad : {std::nan(""), static_cast<double>(INFINITY), -1e300, 0x1p44}) {
    auto refused = encode(floats({2, 3}, {0, 0, 0, 0, 0, bad}), format);
    ASSERT_FALSE(refused.has_value());
    EXPECT_EQ(refused.error().code, ErrorCode::kBadInput);
    EXPECT_THAT(refused.error().where, HasSubstr("row 1, column 2"));
  }
  auto refused = encode(floats({1}, {123456}), format, 1000);
  ASSERT_FALSE(refused.has_value());
  EXPECT_THAT(refused.error().message(), testing::Not(HasSubstr("123456")));
  EXPECT_THAT(encode(floats({1, 1, 1}, {1e300}), format).error().where, HasSubstr("[0,0,0]"));
}

TEST(Encode, ABoundBeyondTheRingIsLoweredToIt) {
  EXPECT_FALSE(encode(floats({1}, {0x1p50}), alu::element_format(DType::kF64, k64), 1e30).has_value());
}

TEST(Encode, IntegersOfEveryWidthComeBackAndWrap) {
  for (auto dtype : {DType::kS8, DType::kS16, DType::kS32, DType::kS64, DType::kU8, DType::kU16, DType::kU32,
                     DType::kU64}) {
    auto format = alu::element_format(dtype, k64);
    Literal x(TensorType{dtype, {3}});
    for (std::int64_t i = 0; i < 3; ++i) x.set_int(i, i - 1);
    auto encoded = encode(x, format);
    ASSERT_TRUE(encoded.has_value());
    EXPECT_EQ(encoded->words.size(), 3 * format.ring_bits / 8);
    auto back = decode(x.type(), format, encoded->words.view());
    EXPECT_TRUE(std::ranges::equal(back.bytes(), x.bytes())) << to_string(dtype);
  }
  Bytes word(4);
  word[1] = std::byte{1};  // 256
  word[0] = std::byte{7};
  EXPECT_EQ(decode({DType::kU8, {1}}, alu::element_format(DType::kU8, k64), word).int_at(0), 7);
}

TEST(Encode, PredBecomesPackedBits) {
  Literal x(TensorType{DType::kPred, {10}});
  for (int i : {0, 3, 9}) x.set_int(i, 1);
  auto format = alu::element_format(DType::kPred, k64);
  auto encoded = encode(x, format);
  ASSERT_TRUE(encoded.has_value());
  EXPECT_EQ(to_hex(encoded->words.view()), "0902");
  EXPECT_TRUE(std::ranges::equal(decode(x.type(), format, encoded->words.view()).bytes(), x.bytes()));
}

TEST(Encode, DecodedSinglesAreRoundedOnce) {
  // 2^53 + 2^29 + 1 is just above a tie between singles; by way of double it would land on the tie and go
  // down.
  std::uint64_t word = (1ull << 53) + (1ull << 29) + 1;
  Bytes words(8);
  store_word(words.data(), word);
  auto got = decode({DType::kF32, {1}}, {.boolean = false, .ring_bits = 64, .fraction_bits = 0}, words);
  EXPECT_EQ(got.as<float>()[0], 0x1.000002p53f);
}

TEST(Encode, EmptyTensorsAreEmpty) {
  auto encoded = encode(floats({0, 4}, {}), alu::element_format(DType::kF64, k64));
  ASSERT_TRUE(encoded.has_value());
  EXPECT_EQ(encoded->words.size(), 0u);
  EXPECT_EQ(decode({DType::kF64, {0, 4}}, encoded->format, encoded->words.view()).elements(), 0);
}

}  // namespace
}  // namespace spud::io
