// SPDX-License-Identifier: Apache-2.0
#include "ring/matmul.hpp"

#include <array>
#include <cstdlib>

#include <gtest/gtest.h>

#include "ring/random_tensor_for_tests.hpp"
#include "ring/simd.hpp"
#include "ring/workers.hpp"

namespace spud::ring {
namespace {

enum class Layout { kDense, kTransposed, kSpread, kReversed };

std::vector<std::int64_t> strides_of(Layout layout, const Shape& s) {
  switch (layout) {
    case Layout::kDense:
      return {s[1] * s[2], s[2], 1};
    case Layout::kTransposed:
      return {s[1] * s[2], 1, s[1]};
    case Layout::kSpread:
      return {s[1] * s[2] * 6, s[2] * 6, 2};
    case Layout::kReversed:
      return {s[1] * s[2], -s[2], -1};
  }
  std::abort();
}

/// The same values, elsewhere in memory.
template <class Word>
Tensor laid(const Tensor& t, Layout layout) {
  const Shape& shape = t.shape();
  if (t.elements() == 0) return t;
  const auto strides = strides_of(layout, shape);
  std::int64_t size = 1, first = 0;
  for (std::size_t d = 0; d < 3; ++d) {
    size += std::abs(strides[d]) * (shape[d] - 1);
    if (strides[d] < 0) first -= strides[d] * (shape[d] - 1);
  }
  Tensor memory = Tensor::zeros(t.bits(), {size});
  const Word* from = t.data<Word>();
  for (std::int64_t i = 0; i < shape[0]; ++i)
    for (std::int64_t j = 0; j < shape[1]; ++j)
      for (std::int64_t k = 0; k < shape[2]; ++k)
        memory.writable<Word>()[first + i * strides[0] + j * strides[1] + k * strides[2]] = *from++;
  return memory.view(shape, strides, first);
}

/// plus ± a·b of dense tensors, by definition.
template <class R>
Tensor plain(const Tensor& plus, Product::Sign sign, const Tensor& a, const Tensor& b) {
  using Word = typename R::Word;
  const std::int64_t batch = a.shape()[0], m = a.shape()[1], k = a.shape()[2], n = b.shape()[2];
  Tensor out = Tensor::from_bytes(plus.bits(), plus.shape(), plus.bytes());
  for (std::int64_t t = 0; t < batch; ++t) {
    for (std::int64_t i = 0; i < m; ++i) {
      Word* row = out.writable<Word>() + (t * m + i) * n;
      for (std::int64_t p = 0; p < k; ++p) {
        const Word left = a.data<Word>()[(t * m + i) * k + p];
        const Word* right = b.data<Word>() + (t * k + p) * n;
        for (std::int64_t j = 0; j < n; ++j) {
          const Word product = static_cast<Word>(left * right[j]);
          const bool minus = sign == Product::Sign::kMinus;
          row[j] = R::reduce(static_cast<Word>(minus ? row[j] - product : row[j] + product));
        }
      }
    }
  }
  return out;
}

class MatmulInRing : public testing::TestWithParam<unsigned> {
 protected:
  void TearDown() override {
    set_threads(1);
    set_simd_path(simd_paths().front());
  }

  /// Compares every path, layout and sign with the definition.
  void compare(std::int64_t batch, std::int64_t m, std::int64_t k, std::int64_t n,
               const std::vector<Layout>& layouts) {
    const unsigned bits = GetParam();
    const Tensor a = random_tensor_for_tests(bits, {batch, m, k}, 1),
                 b = random_tensor_for_tests(bits, {batch, k, n}, 2),
                 plus = random_tensor_for_tests(bits, {batch, m, n}, 3);
    with_ring(bits, [&]<class R>(R) {
      using Word = typename R::Word;
      const std::array expected{plain<R>(plus, Product::Sign::kPlus, a, b),
                                plain<R>(plus, Product::Sign::kMinus, a, b)};
      for (Layout left : layouts) {
        for (Layout right : layouts) {
          const Tensor x = laid<Word>(a, left), y = laid<Word>(b, right);
          for (SimdPath path : simd_paths()) {
            set_simd_path(path);
            for (auto sign : {Product::Sign::kPlus, Product::Sign::kMinus}) {
              Tensor out = Tensor::from_bytes(bits, plus.shape(), plus.bytes());
              add_product(out, {sign, x, y});
              EXPECT_TRUE(std::ranges::equal(out.bytes(), expected[static_cast<std::size_t>(sign)].bytes()))
                  << to_string(path) << ' ' << bits << " bits: " << batch << "×[" << m << ", " << k << "]·["
                  << k << ", " << n << "], layouts " << static_cast<int>(left) << ' '
                  << static_cast<int>(right) << ", sign " << static_cast<int>(sign);
            }
          }
        }
      }
    });
  }
};

const std::vector<Layout> kAll{Layout::kDense, Layout::kTransposed, Layout::kSpread, Layout::kReversed};

TEST_P(MatmulInRing, EveryPathAndLayoutAgreesWithTheDefinition) {
  for (const auto& [m, k, n] : std::vector<std::array<std::int64_t, 3>>{{1, 1, 1},
                                                                        {2, 3, 2},
                                                                        {5, 7, 3},
                                                                        {8, 4, 16},
                                                                        {7, 11, 13},
                                                                        {9, 2, 131},
                                                                        {67, 3, 5},
                                                                        {31, 19, 33},
                                                                        {1, 23, 37},
                                                                        {37, 23, 1},
                                                                        {1, 29, 1},
                                                                        {4, 1, 17}}) {
    compare(2, m, k, n, kAll);
  }
}

TEST_P(MatmulInRing, EmptyOperandsAddNothing) {
  for (const auto& [m, k, n] :
       std::vector<std::array<std::int64_t, 3>>{{3, 0, 2}, {0, 3, 2}, {2, 3, 0}, {1, 0, 1}, {0, 0, 0}}) {
    compare(2, m, k, n, {Layout::kDense});
  }
  compare(0, 2, 3, 4, {Layout::kDense});
}

TEST_P(MatmulInRing, BlocksMeetAtTheirEdges) {
  for (const auto& [m, k, n] : std::vector<std::array<std::int64_t, 3>>{
           {129, 257, 17}, {16, 256, 32}, {3, 5, 1031}, {2, 513, 128}, {1, 600, 9}, {9, 600, 1}}) {
    compare(1, m, k, n, {Layout::kDense, Layout::kTransposed});
  }
}

// Sums of many large limbs and products: what would overflow, did it not wrap or have room.
TEST_P(MatmulInRing, LargestElementsNeitherOverflowNorCarryWrongly) {
  const unsigned bits = GetParam();
  const std::int64_t k = 1500;
  Bytes ones(static_cast<std::size_t>(k * 9) * word_bytes(bits), Bytes::value_type{0xff});
  Tensor a = Tensor::from_bytes(bits, {1, 9, k}, ones), b = Tensor::from_bytes(bits, {1, k, 9}, ones);
  // (−1)·(−1) = 1, k times.
  with_ring(bits, [&]<class R>(R) {
    using Word = typename R::Word;
    for (SimdPath path : simd_paths()) {
      set_simd_path(path);
      Tensor out = matmul(a, b);
      for (Word word : out.words<Word>())
        EXPECT_TRUE(word == R::reduce(static_cast<Word>(k))) << to_string(path);
    }
  });
}

TEST_P(MatmulInRing, ResultDoesNotDependOnTheNumberOfThreads) {
  struct Case {
    std::int64_t batch, m, k, n;
  };
  // Wide, tall, more products than threads, and vectors: each large enough to be cut.
  for (const auto& [batch, m, k, n] : {Case{1, 70, 260, 180}, Case{1, 180, 260, 70}, Case{5, 60, 130, 90},
                                       Case{1, 1, 1031, 3100}, Case{1, 3100, 1031, 1}}) {
    const Tensor a = random_tensor_for_tests(GetParam(), {batch, m, k}, 1),
                 b = random_tensor_for_tests(GetParam(), {batch, k, n}, 2);
    for (SimdPath path : simd_paths()) {
      set_simd_path(path);
      Tensor alone;
      for (unsigned count : {1u, 2u, 3u}) {
        set_threads(count);
        const Tensor out = matmul(a, b);
        if (count == 1) alone = out;
        EXPECT_TRUE(std::ranges::equal(out.bytes(), alone.bytes()))
            << to_string(path) << ' ' << m << ' ' << k << ' ' << n << ", " << count << " threads";
      }
    }
  }
}

TEST_P(MatmulInRing, BroadcastOperandsAreReadWhereTheyLie) {
  const unsigned bits = GetParam();
  Tensor row = random_tensor_for_tests(bits, {1, 1, 6}, 1), b = random_tensor_for_tests(bits, {1, 6, 21}, 2);
  Tensor wide = row.view({3, 5, 6}, {0, 0, 1}, 0), batch = b.view({3, 6, 21}, {0, 21, 1}, 0);
  for (SimdPath path : simd_paths()) {
    set_simd_path(path);
    Tensor want = matmul(wide.dense(), batch.dense());
    EXPECT_TRUE(std::ranges::equal(matmul(wide, batch).bytes(), want.bytes())) << to_string(path);
  }
}

TEST_P(MatmulInRing, SumsOfProducts) {
  const unsigned bits = GetParam();
  auto random = [&](const Shape& shape, unsigned seed) { return random_tensor_for_tests(bits, shape, seed); };
  Tensor a = random({2, 9, 5}, 1), b = random({2, 5, 7}, 2), c = random({2, 9, 3}, 3),
         d = random({2, 3, 7}, 4);
  Tensor plus = random({2, 7, 9}, 5), turned = plus.view({2, 9, 7}, {63, 1, 9}, 0);
  const Product products[] = {{Product::Sign::kPlus, a, b}, {Product::Sign::kMinus, c, d}};
  Tensor sum = matmul_sum(turned, products);
  with_ring(bits, [&]<class R>(R) {
    Tensor want = plain<R>(plain<R>(turned.dense(), Product::Sign::kPlus, a, b), Product::Sign::kMinus, c, d);
    EXPECT_TRUE(std::ranges::equal(sum.bytes(), want.bytes()));
  });
  Tensor untouched = random({2, 7, 9}, 5);
  EXPECT_TRUE(std::ranges::equal(plus.bytes(), untouched.bytes())) << "a sum leaves its operands alone";
}

TEST_P(MatmulInRing, PhantomsGivePhantoms) {
  const unsigned bits = GetParam();
  Tensor a = Tensor::phantom(bits, {2, 3, 4}), b = random_tensor_for_tests(bits, {2, 4, 5}, 1);
  EXPECT_TRUE(matmul(a, b).is_phantom());
  EXPECT_EQ(matmul(a, b).shape(), (Shape{2, 3, 5}));
  const Product product[] = {{Product::Sign::kPlus, a, b}};
  EXPECT_TRUE(matmul_sum(Tensor::zeros(bits, {2, 3, 5}), product).is_phantom());
}

INSTANTIATE_TEST_SUITE_P(Bits, MatmulInRing, testing::Values(4u, 32u, 64u, 128u),
                         testing::PrintToStringParamName());

}  // namespace
}  // namespace spud::ring
