// SPDX-License-Identifier: Apache-2.0
#include "ops/plain/bit_patterns.hpp"

#include <cstdint>
#include <limits>

#include <gmock/gmock.h>

#include "ops/plain/evaluate_for_tests.hpp"

namespace spud::ops::plain {
namespace {

using testing::ElementsAre;

template <class T>
constexpr DType kDType = DType::kS8;
template <>
constexpr DType kDType<std::int16_t> = DType::kS16;
template <>
constexpr DType kDType<std::int32_t> = DType::kS32;
template <>
constexpr DType kDType<std::int64_t> = DType::kS64;
template <>
constexpr DType kDType<std::uint8_t> = DType::kU8;
template <>
constexpr DType kDType<std::uint16_t> = DType::kU16;
template <>
constexpr DType kDType<std::uint32_t> = DType::kU32;
template <>
constexpr DType kDType<std::uint64_t> = DType::kU64;

template <class T>
class BitPatterns : public testing::Test {};
using Integers = testing::Types<std::int8_t, std::int16_t, std::int32_t, std::int64_t, std::uint8_t,
                                std::uint16_t, std::uint32_t, std::uint64_t>;
TYPED_TEST_SUITE(BitPatterns, Integers);

TYPED_TEST(BitPatterns, AreCountedInTheirOwnWidth) {
  using T = TypeParam;
  constexpr int kWidth = 8 * sizeof(T);
  const T top = static_cast<T>(T{1} << (kWidth - 1));
  auto x = tensor<T>(kDType<T>, {4}, {T{0}, T{1}, top, static_cast<T>(~T{0})});
  EXPECT_THAT(elements<T>(run_like(Opcode::kPopcnt, {x})), ElementsAre(0, 1, 1, kWidth));
  EXPECT_THAT(elements<T>(run_like(Opcode::kClz, {x})), ElementsAre(kWidth, kWidth - 1, 0, 0));
}

TYPED_TEST(BitPatterns, AreShiftedOutAtTheirOwnWidth) {
  using T = TypeParam;
  constexpr int kWidth = 8 * sizeof(T);
  const T top = static_cast<T>(T{1} << (kWidth - 1)), ones = static_cast<T>(~T{0});
  auto x = tensor<T>(kDType<T>, {5}, {top, top, top, top, top});
  auto places = tensor<T>(kDType<T>, {5}, {T{0}, T{1}, T{kWidth - 1}, T{kWidth}, ones});
  EXPECT_THAT(elements<T>(run_like(Opcode::kShiftRightLogical, {x, places})),
              ElementsAre(top, static_cast<T>(T{1} << (kWidth - 2)), T{1}, T{0}, T{0}));
  EXPECT_THAT(elements<T>(run_like(Opcode::kShiftRightArithmetic, {x, places})),
              ElementsAre(top, static_cast<T>(T{3} << (kWidth - 2)), ones, ones, ones));
  auto one = tensor<T>(kDType<T>, {5}, {T{1}, T{1}, T{1}, T{1}, T{1}});
  EXPECT_THAT(elements<T>(run_like(Opcode::kShiftLeft, {one, places})),
              ElementsAre(T{1}, T{2}, top, T{0}, T{0}));
}

TEST(Bitcasts, KeepTheBytes) {
  Attributes to;
  to.dtype = DType::kU32;
  auto words = run(Opcode::kBitcastConvert, {line({1.0f, -0.0f})}, {DType::kU32, {2}}, to);
  EXPECT_THAT(elements<std::uint32_t>(words), ElementsAre(0x3f800000u, 0x80000000u));
  to.dtype = DType::kU8;
  auto bytes = run(Opcode::kBitcastConvert, {ints({2}, {0x04030201, -1})}, {DType::kU8, {2, 4}}, to);
  EXPECT_THAT(elements<std::uint8_t>(bytes), ElementsAre(1, 2, 3, 4, 255, 255, 255, 255));
  to.dtype = DType::kS16;
  auto pairs = run(Opcode::kBitcastConvert, {bytes.reshaped({2, 2, 2})}, {DType::kS16, {2, 2}}, to);
  EXPECT_THAT(elements<std::int16_t>(pairs), ElementsAre(0x0201, 0x0403, -1, -1));
}

}  // namespace
}  // namespace spud::ops::plain
