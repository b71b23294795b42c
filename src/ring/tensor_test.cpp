// SPDX-License-Identifier: Apache-2.0
#include "ring/tensor.hpp"

#include <numeric>
#include <random>

#include <gtest/gtest.h>

#include "ring/bit_tensor.hpp"
#include "ring/dense_bits.hpp"
#include "ring/linear_map.hpp"
#include "ring/map.hpp"

namespace spud::ring {
namespace {

using Kind = LinearMap::Kind;

template <class Word>
Tensor random_tensor(unsigned bits, const Shape& shape, unsigned seed) {
  std::mt19937_64 rng(seed);
  std::vector<Word> words(static_cast<std::size_t>(element_count(shape)));
  for (auto& w : words) {
    unsigned __int128 wide = static_cast<unsigned __int128>(rng()) << 64 | rng();
    w = static_cast<Word>(bits == 4 ? wide & 15 : wide);
  }
  return Tensor::of<Word>(bits, shape, words);
}

std::vector<std::uint64_t> values(const Tensor& t) {
  Tensor dense = t.dense();
  auto words = dense.words<std::uint64_t>();
  return {words.begin(), words.end()};
}

Tensor counting(const Shape& shape) {
  std::vector<std::uint64_t> words(static_cast<std::size_t>(element_count(shape)));
  std::iota(words.begin(), words.end(), 0);
  return Tensor::of<std::uint64_t>(64, shape, words);
}

Tensor run(const LinearMap& map, const Tensor& t) {
  return apply_linear(map, std::span(&t, 1));
}

TEST(LinearMap, TransposeSliceReverseAndBroadcastAreViews) {
  Tensor t = counting({2, 3});
  EXPECT_EQ(values(run({.kind = Kind::kTranspose, .axes = {1, 0}}, t)),
            (std::vector<std::uint64_t>{0, 3, 1, 4, 2, 5}));
  EXPECT_EQ(values(run({.kind = Kind::kSlice, .shape = {2, 2}, .start = {0, 0}, .step = {1, 2}}, t)),
            (std::vector<std::uint64_t>{0, 2, 3, 5}));
  EXPECT_EQ(values(run({.kind = Kind::kReverse, .axes = {1}}, t)),
            (std::vector<std::uint64_t>{2, 1, 0, 5, 4, 3}));
  EXPECT_EQ(values(run({.kind = Kind::kBroadcast, .shape = {2, 2, 3}, .axes = {0, 2}}, t)),
            (std::vector<std::uint64_t>{0, 1, 2, 0, 1, 2, 3, 4, 5, 3, 4, 5}));
}

TEST(LinearMap, PadTakesNegativeEdgesAndInterior) {
  Tensor t = counting({3});
  LinearMap pad{.kind = Kind::kPad, .shape = {4}, .start = {-1}, .step = {2}};
  EXPECT_EQ(values(run(pad, t)), (std::vector<std::uint64_t>{0, 1, 0, 2}));
}

TEST(LinearMap, SumOverAnyAxes) {
  Tensor t = counting({2, 3, 2});
  EXPECT_EQ(values(run({.kind = Kind::kSum, .axes = {0, 2}}, t)),
            (std::vector<std::uint64_t>{0 + 1 + 6 + 7, 2 + 3 + 8 + 9, 4 + 5 + 10 + 11}));
  EXPECT_EQ(values(run({.kind = Kind::kSum, .axes = {1}}, counting({2, 0}))),
            (std::vector<std::uint64_t>{0, 0}));
}

TEST(LinearMap, ConcatenateAndUpdate) {
  std::vector<Tensor> parts{counting({1, 2}), counting({2, 2})};
  EXPECT_EQ(values(apply_linear({.kind = Kind::kConcatenate, .axes = {0}}, parts)),
            (std::vector<std::uint64_t>{0, 1, 0, 1, 2, 3}));
  std::vector<Tensor> update{counting({2, 2}), Tensor::zeros(64, {1, 1})};
  EXPECT_EQ(values(apply_linear({.kind = Kind::kUpdate, .start = {1, 1}}, update)),
            (std::vector<std::uint64_t>{0, 1, 2, 0}));
  EXPECT_EQ(values(update[0]), (std::vector<std::uint64_t>{0, 1, 2, 3}))
      << "an update leaves its operand alone";
}

TEST(LinearMap, MovesBitsLikeWords) {
  BitTensor bits = BitTensor::pack({2, 3}, std::vector<std::uint8_t>{1, 0, 0, 1, 1, 0});
  BitTensor moved = apply_linear({.kind = Kind::kTranspose, .axes = {1, 0}}, std::span(&bits, 1));
  EXPECT_EQ(moved.unpack(), (std::vector<std::uint8_t>{1, 1, 0, 1, 0, 0}));
}

TEST(LinearMap, PhantomsStayPhantomsOfTheRightShape) {
  Tensor ghost = Tensor::phantom(32, {4, 3});
  Tensor sum = run({.kind = Kind::kSum, .axes = {0}}, ghost);
  EXPECT_TRUE(sum.is_phantom());
  EXPECT_EQ(sum.shape(), (Shape{3}));
  EXPECT_EQ(sum.bits(), 32u);
}

TEST(DenseBits, EveryWidthRoundTrips) {
  for (unsigned bits : {4u, 32u, 64u, 128u}) {
    for (unsigned width = 1; width <= bits; ++width) {
      Tensor t =
          with_ring(bits, [&]<class R>(R) { return random_tensor<typename R::Word>(bits, {37}, width); });
      Bytes packed(packed_bytes(37, width));
      pack_low_bits(t, width, packed);
      Tensor back = unpack_low_bits(bits, {37}, width, packed);
      Tensor want = low_bits(t, width);
      EXPECT_TRUE(std::ranges::equal(back.bytes(), want.bytes())) << bits << ' ' << width;
      // Lowest bit first, without gaps.
      with_ring(bits, [&]<class R>(R) {
        Bytes expected(packed.size());
        for (std::size_t at = 0; at < 37 * width; ++at) {
          const auto word = t.words<typename R::Word>()[at / width];
          expected[at / 8] |= static_cast<std::byte>((word >> (at % width) & 1) << (at % 8));
        }
        EXPECT_EQ(packed, expected) << bits << ' ' << width;
      });
    }
  }
}

TEST(DenseBits, AddsPackedNumbersOfEveryWidth) {
  for (unsigned bits : {4u, 32u, 64u, 128u}) {
    for (unsigned width = 1; width <= bits; ++width) {
      with_ring(bits, [&]<class R>(R) {
        using Word = typename R::Word;
        Tensor a = random_tensor<Word>(bits, {37}, width), b = random_tensor<Word>(bits, {37}, width + 1000);
        Bytes packed(packed_bytes(37, width));
        pack_low_bits(b, width, packed);
        Tensor sum = plus_packed(a, width, packed);
        Tensor want = low_bits(map([](auto x, auto y) { return decltype(x)(x + y); }, a, b), width);
        EXPECT_TRUE(std::ranges::equal(sum.bytes(), want.bytes())) << bits << ' ' << width;
      });
    }
  }
}

TEST(BitTensor, SurplusBitsStayZero) {
  BitTensor bits = ~BitTensor::zeros({67});
  EXPECT_EQ(bits.words()[1], 7u);
  EXPECT_EQ(bits.byte_count(), 9u);
  EXPECT_EQ(values(to_words(bits, 64)), std::vector<std::uint64_t>(67, 1));
}

}  // namespace
}  // namespace spud::ring
