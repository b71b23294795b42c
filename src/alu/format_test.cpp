// SPDX-License-Identifier: Apache-2.0
#include "alu/format.hpp"

#include <gtest/gtest.h>

namespace spud::alu {
namespace {

const NumberFormat kDevice{.ring_bits = 128, .fraction_bits = 26};

TEST(ElementFormat, FloatsLiveInTheDevicesRing) {
  for (DType dtype : {DType::kF16, DType::kBF16, DType::kF32, DType::kF64}) {
    EXPECT_EQ(element_format(dtype, kDevice), (ElementFormat{false, 128, 26})) << to_string(dtype);
  }
}

TEST(ElementFormat, IntegersLiveInTheSmallestRingThatHoldsTheirType) {
  for (DType dtype : {DType::kS8, DType::kU8, DType::kS16, DType::kU16, DType::kS32, DType::kU32}) {
    EXPECT_EQ(element_format(dtype, kDevice), (ElementFormat{false, 32, 0})) << to_string(dtype);
  }
  for (DType dtype : {DType::kS64, DType::kU64}) {
    EXPECT_EQ(element_format(dtype, kDevice), (ElementFormat{false, 64, 0})) << to_string(dtype);
  }
}

TEST(ElementFormat, PredsAreBits) {
  EXPECT_EQ(element_format(DType::kPred, kDevice), (ElementFormat{true, 1, 0}));
}

TEST(StoredBytes, AreWholeWordsOrPackedBits) {
  const auto bytes = [](DType dtype, Shape shape) {
    return stored_bytes({dtype, std::move(shape)}, element_format(dtype, kDevice));
  };
  EXPECT_EQ(bytes(DType::kF32, {3, 2}), 96u);
  EXPECT_EQ(bytes(DType::kU8, {3}), 12u);
  EXPECT_EQ(bytes(DType::kS64, {}), 8u);
  EXPECT_EQ(bytes(DType::kPred, {8}), 1u);
  EXPECT_EQ(bytes(DType::kPred, {9}), 2u);
  EXPECT_EQ(bytes(DType::kPred, {0}), 0u);
  EXPECT_EQ(bytes(DType::kF64, {5, 0}), 0u);
}

}  // namespace
}  // namespace spud::alu
