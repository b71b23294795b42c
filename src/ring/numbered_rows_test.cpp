// SPDX-License-Identifier: Apache-2.0
#include "ring/numbered_rows.hpp"

#include <array>

#include <gtest/gtest.h>

namespace spud::ring {
namespace {

Tensor matrix(Shape shape, std::vector<std::uint64_t> words) {
  return Tensor::of<std::uint64_t>(64, std::move(shape), words);
}
std::vector<std::uint64_t> words_of(const Tensor& t) {
  auto words = t.words<std::uint64_t>();
  return {words.begin(), words.end()};
}

TEST(NumberedRows, AreTakenInAnyOrderAndAgain) {
  const Tensor x = matrix({3, 2}, {1, 2, 3, 4, 5, 6});
  const std::array<std::int64_t, 4> rows{2, -1, 0, 2};
  const Tensor taken = pick_rows(x, rows);
  EXPECT_EQ(taken.shape(), (Shape{4, 2}));
  EXPECT_EQ(words_of(taken), (std::vector<std::uint64_t>{5, 6, 0, 0, 1, 2, 5, 6}));
}

TEST(NumberedRows, OfAViewAreItsOwn) {
  const Tensor x = matrix({2, 3}, {1, 2, 3, 4, 5, 6});
  const std::array<std::int64_t, 2> rows{2, 0};
  EXPECT_EQ(words_of(pick_rows(x.view({3, 2}, {1, 3}, 0), rows)), (std::vector<std::uint64_t>{3, 6, 1, 4}));
}

TEST(NumberedRows, OfBitsAreTakenAlike) {
  const std::array<std::uint8_t, 6> bits{1, 0, 0, 1, 1, 1};
  const std::array<std::int64_t, 3> rows{1, -1, 0};
  const auto taken = pick_rows(BitTensor::pack({2, 3}, bits), rows);
  EXPECT_EQ(taken.unpack(), (std::vector<std::uint8_t>{1, 1, 1, 0, 0, 0, 1, 0, 0}));
}

TEST(NumberedRows, AreSummedModuloTheRing) {
  const Tensor x = matrix({4, 1}, {~std::uint64_t{0}, 5, 7, 2});
  const std::array<std::int64_t, 4> rows{1, -1, 0, 1};
  EXPECT_EQ(words_of(sum_rows(x, rows, 3)), (std::vector<std::uint64_t>{7, 1, 0}));
  const Tensor small = Tensor::of<std::uint8_t>(4, {2, 1}, std::array<std::uint8_t, 2>{15, 3});
  const std::array<std::int64_t, 2> both{0, 0};
  EXPECT_EQ(sum_rows(small, both, 1).words<std::uint8_t>()[0], 2);
}

TEST(NumberedRows, OfAPhantomHaveAShape) {
  const std::array<std::int64_t, 3> rows{0, 0, 1};
  const Tensor phantom = Tensor::phantom(32, {2, 5});
  EXPECT_EQ(pick_rows(phantom, rows).shape(), (Shape{3, 5}));
  EXPECT_TRUE(sum_rows(Tensor::phantom(32, {3, 5}), rows, 2).is_phantom());
  EXPECT_EQ(pick_rows(BitTensor::phantom({2, 5}), rows).shape(), (Shape{3, 5}));
}

}  // namespace
}  // namespace spud::ring
