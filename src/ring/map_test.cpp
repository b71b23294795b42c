// SPDX-License-Identifier: Apache-2.0
#include "ring/map.hpp"

#include <random>

#include <gtest/gtest.h>

#include "ring/linear_map.hpp"

namespace spud::ring {
namespace {

/// Every instruction set × ring, against a loop over elements.
class MapPaths : public testing::TestWithParam<std::tuple<SimdPath, unsigned>> {
 protected:
  void SetUp() override { set_simd_path(std::get<0>(GetParam())); }
  void TearDown() override { set_simd_path(simd_paths().front()); }
  unsigned k() const { return std::get<1>(GetParam()); }

  template <class Body>
  void with_words(Body&& body) {
    with_ring(k(), [&]<class R>(R) { body(R{}); });
  }
  template <class R>
  static Tensor random_tensor(const Shape& shape, unsigned seed) {
    using Word = typename R::Word;
    std::mt19937_64 rng(seed);
    std::vector<Word> words(static_cast<std::size_t>(element_count(shape)));
    for (auto& w : words)
      w = R::reduce(static_cast<Word>(static_cast<unsigned __int128>(rng()) << 64 | rng()));
    return Tensor::of<Word>(R::kBits, shape, words);
  }
  static BitTensor random_bits(const Shape& shape, unsigned seed) {
    std::mt19937_64 rng(seed);
    BitTensor out = BitTensor::zeros(shape);
    for (std::size_t i = 0; i < out.word_count(); ++i) out.writable()[i] = rng();
    out.clear_surplus();
    return out;
  }
};
INSTANTIATE_TEST_SUITE_P(
    Paths, MapPaths, testing::Combine(testing::ValuesIn(simd_paths()), testing::Values(4u, 32u, 64u, 128u)),
    [](const auto& info) {
      return std::string(to_string(std::get<0>(info.param))) + "_k" + std::to_string(std::get<1>(info.param));
    });

constexpr std::int64_t kCounts[] = {0, 1, 63, 64, 65, 128, 1000};

TEST_P(MapPaths, Words) {
  with_words([&]<class R>(R) {
    using Word = typename R::Word;
    for (std::int64_t n : kCounts) {
      Tensor a = random_tensor<R>({n}, 1), b = random_tensor<R>({n}, 2), c = random_tensor<R>({n}, 3);
      Tensor out = map([](auto x, auto y, auto z) { return decltype(x)(x * y - (z << 1)); }, a, b, c);
      for (std::int64_t i = 0; i < n; ++i) {
        const Word want =
            R::reduce(static_cast<Word>(a.data<Word>()[i] * b.data<Word>()[i] - (c.data<Word>()[i] << 1)));
        ASSERT_EQ(out.data<Word>()[i], want) << i << " of " << n;
      }
    }
  });
}

TEST_P(MapPaths, WordsWithBits) {
  with_words([&]<class R>(R) {
    using Word = typename R::Word;
    for (std::int64_t n : kCounts) {
      Tensor a = random_tensor<R>({n}, 4);
      BitTensor s = random_bits({n}, 5), t = random_bits({n}, 6);
      Tensor out =
          map([](auto x, auto bit, auto other) { return decltype(bit)(bit * other + other - x); }, s, a, t);
      for (std::int64_t i = 0; i < n; ++i) {
        const Word bit = s.bit(i), x = a.data<Word>()[i], other = t.bit(i);
        ASSERT_EQ(out.data<Word>()[i], R::reduce(static_cast<Word>(x * other + other - bit)))
            << i << " of " << n;
      }
    }
  });
}

TEST_P(MapPaths, Bits) {
  with_words([&]<class R>(R) {
    using Word = typename R::Word;
    for (std::int64_t n : kCounts) {
      Tensor a = random_tensor<R>({n}, 7), b = random_tensor<R>({n}, 8);
      BitTensor out = map_to_bits([](auto x, auto y) { return decltype(x)((x + y) >> 3); }, a, b);
      for (std::int64_t i = 0; i < n; ++i) {
        ASSERT_EQ(out.bit(i), static_cast<Word>(a.data<Word>()[i] + b.data<Word>()[i]) >> 3 & 1)
            << i << " of " << n;
      }
      if (n % 64 != 0) {
        EXPECT_EQ(out.words()[out.word_count() - 1] >> (n % 64), 0u);
      }
      for (unsigned position : {0u, R::kBits - 1}) {
        BitTensor bit = bit_of(a, position);
        for (std::int64_t i = 0; i < n; ++i) ASSERT_EQ(bit.bit(i), a.data<Word>()[i] >> position & 1);
      }
    }
  });
}

TEST_P(MapPaths, ViewsAreReadInOrder) {
  with_words([&]<class R>(R) {
    using Word = typename R::Word;
    Tensor a = random_tensor<R>({5, 7}, 9), b = random_tensor<R>({7, 5}, 10);
    Tensor turned = apply_linear(LinearMap::transpose({1, 0}), std::span(&a, 1));
    Tensor out = map([](auto x, auto y) { return decltype(x)(x + y); }, turned, b);
    for (std::int64_t i = 0; i < 7; ++i) {
      for (std::int64_t j = 0; j < 5; ++j) {
        const Word want = R::reduce(static_cast<Word>(a.data<Word>()[j * 7 + i] + b.data<Word>()[i * 5 + j]));
        EXPECT_EQ(out.data<Word>()[i * 5 + j], want);
      }
    }
  });
}

TEST(Maps, ThreadsShareLargeTensors) {
  const std::int64_t n = 200'001;
  Tensor a = Tensor::uninitialised(64, {n});
  BitTensor bits = BitTensor::zeros({n});
  std::mt19937_64 rng(11);
  for (std::int64_t i = 0; i < n; ++i) a.writable<std::uint64_t>()[i] = rng();
  for (std::size_t i = 0; i < bits.word_count(); ++i) bits.writable()[i] = rng();
  bits.clear_surplus();
  const auto words = [&] { return map([](auto x, auto b) { return decltype(x)(x * b + 1); }, a, bits); };
  const auto low = [&] { return map_to_bits([](auto x) { return decltype(x)(x >> 7); }, a); };
  const Tensor one = words();
  const BitTensor one_low = low();
  set_threads(2);
  const Tensor two = words();
  const BitTensor two_low = low();
  set_threads(1);
  EXPECT_TRUE(std::ranges::equal(one.bytes(), two.bytes()));
  EXPECT_EQ(one_low.unpack(), two_low.unpack());
}

TEST(MapsOnShapes, GivePhantoms) {
  Tensor shape_only = Tensor::phantom(64, {3}), real = Tensor::zeros(64, {3});
  EXPECT_TRUE(map([](auto x, auto y) { return decltype(x)(x + y); }, real, shape_only).is_phantom());
  EXPECT_TRUE(
      map([](auto x, auto y) { return decltype(x)(x + y); }, real, BitTensor::phantom({3})).is_phantom());
  EXPECT_TRUE(map_to_bits([](auto x) { return x; }, shape_only).is_phantom());
}

TEST(SimdPath, HasANameEach) {
  for (SimdPath path : simd_paths()) EXPECT_EQ(simd_path_from_string(to_string(path)), path);
  EXPECT_FALSE(simd_path_from_string("sse9").has_value());
  EXPECT_EQ(simd_paths().back(), SimdPath::kPortable);
}

}  // namespace
}  // namespace spud::ring
