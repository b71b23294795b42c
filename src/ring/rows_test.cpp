// SPDX-License-Identifier: Apache-2.0
#include "ring/rows.hpp"

#include <numeric>

#include <gtest/gtest.h>

#include "ring/linear_map.hpp"

namespace spud::ring {
namespace {

Tensor ramp(unsigned bits, Shape shape) {
  Tensor out = Tensor::uninitialised(bits, std::move(shape));
  with_ring(bits, [&]<class R>(R) {
    auto* to = out.writable<typename R::Word>();
    for (std::int64_t i = 0; i < out.elements(); ++i) to[i] = R::reduce(static_cast<typename R::Word>(i));
  });
  return out;
}
Tensor places(Shape shape, const std::vector<std::uint32_t>& at) {
  return Tensor::of<std::uint32_t>(32, std::move(shape), at);
}

class Rows : public testing::TestWithParam<unsigned> {};
INSTANTIATE_TEST_SUITE_P(Rings, Rows, testing::Values(4u, 32u, 64u, 128u));

TEST_P(Rows, AreTakenBatchByBatch) {
  for (const Shape& row : {Shape{}, Shape{1}, Shape{3}, Shape{2, 2}}) {
    Shape shape{2, 3};
    shape.insert(shape.end(), row.begin(), row.end());
    const Tensor x = ramp(GetParam(), shape);
    const std::vector<std::uint32_t> at{2, 0, 0, 1, 1, 1, 2, 0};
    const Tensor out = take_rows(x, places({2, 4}, at));
    shape[1] = 4;
    ASSERT_EQ(out.shape(), shape);
    const std::int64_t size = element_count(row);
    with_ring(GetParam(), [&]<class R>(R) {
      using Word = typename R::Word;
      for (std::int64_t i = 0; i < 8; ++i) {
        for (std::int64_t w = 0; w < size; ++w) {
          const std::int64_t from = (i / 4 * 3 + at[static_cast<std::size_t>(i)]) * size + w;
          EXPECT_TRUE(out.words<Word>()[static_cast<std::size_t>(i * size + w)] ==
                      R::reduce(static_cast<Word>(from)));
        }
      }
    });
  }
}

TEST_P(Rows, MayBeAView) {
  const Tensor x = ramp(GetParam(), {3, 2});
  const Tensor turned = apply_linear(LinearMap::transpose({1, 0}), std::span(&x, 1));
  const Tensor out = take_rows(turned, places({2, 1}, {2, 1}));
  with_ring(GetParam(), [&]<class R>(R) {
    EXPECT_TRUE(out.words<typename R::Word>()[0] == 4);
    EXPECT_TRUE(out.words<typename R::Word>()[1] == 3);
  });
}

TEST(RowsOfManyNumbers, AreTheSameWithThreads) {
  std::vector<std::uint32_t> at(100'000);
  std::iota(at.begin(), at.end(), 0u);
  for (std::size_t i = 0; i < at.size(); ++i) std::swap(at[i], at[i * 7919 % at.size()]);
  const Tensor out = take_rows(ramp(64, {1, 100'000}), places({1, 100'000}, at));
  for (std::size_t i = 0; i < at.size(); ++i) ASSERT_EQ(out.words<std::uint64_t>()[i], at[i]);
}

TEST(RowsOfPhantoms, HaveAShapeOnly) {
  const Tensor out = take_rows(Tensor::phantom(32, {2, 5, 7}), Tensor::phantom(32, {2, 9}));
  EXPECT_TRUE(out.is_phantom());
  EXPECT_EQ(out.shape(), (Shape{2, 9, 7}));
}

TEST(RowsDeathTest, OfWhatIsNotThere) {
  EXPECT_DEATH((void)take_rows(ramp(32, {1, 3}), places({1, 1}, {3})), "exists");
}

}  // namespace
}  // namespace spud::ring
