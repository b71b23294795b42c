// SPDX-License-Identifier: Apache-2.0
#include "ring/bit_sum.hpp"

#include <algorithm>

#include "ring/simd.hpp"

namespace spud::ring {
namespace {

/// Words at a time: the sum and one product of them stay in the first-level cache.
constexpr std::size_t kPiece = 512;

using Product = std::vector<const std::uint64_t*>;

[[gnu::always_inline]] inline void add_products(std::span<const Product> products,
                                                std::uint64_t* __restrict out, std::size_t words) {
  for (std::size_t begin = 0; begin < words; begin += kPiece) {
    const std::size_t n = std::min(kPiece, words - begin);
    std::uint64_t* __restrict sum = out + begin;
    alignas(64) std::uint64_t product[kPiece];
    for (const auto& factors : products) {
      const std::uint64_t* first = factors[0] + begin;
      if (factors.size() == 1) {
        for (std::size_t i = 0; i < n; ++i) sum[i] ^= first[i];
        continue;
      }
      const std::uint64_t* last = factors.back() + begin;
      if (factors.size() == 2) {
        for (std::size_t i = 0; i < n; ++i) sum[i] ^= first[i] & last[i];
        continue;
      }
      const std::uint64_t* second = factors[1] + begin;
      if (factors.size() == 3) {
        for (std::size_t i = 0; i < n; ++i) sum[i] ^= first[i] & second[i] & last[i];
        continue;
      }
      for (std::size_t i = 0; i < n; ++i) product[i] = first[i] & second[i];
      for (std::size_t f = 2; f + 1 < factors.size(); ++f) {
        const std::uint64_t* next = factors[f] + begin;
        for (std::size_t i = 0; i < n; ++i) product[i] &= next[i];
      }
      for (std::size_t i = 0; i < n; ++i) sum[i] ^= product[i] & last[i];
    }
  }
}

void add_portable(std::span<const Product> products, std::uint64_t* out, std::size_t words) {
  add_products(products, out, words);
}
#if SPUD_SIMD_X86
SPUD_TARGET_AVX2 void add_avx2(std::span<const Product> products, std::uint64_t* out, std::size_t words) {
  add_products(products, out, words);
}
SPUD_TARGET_AVX512 void add_avx512(std::span<const Product> products, std::uint64_t* out, std::size_t words) {
  add_products(products, out, words);
}
#endif

}  // namespace

BitTensor sum_of_products(const Shape& shape, std::span<const std::vector<BitTensor>> products) {
  std::vector<Product> words;
  for (const auto& factors : products) {
    SPUD_CHECK(!factors.empty(), "a product has factors");
    Product& product = words.emplace_back();
    for (const auto& factor : factors) {
      if (factor.is_phantom()) return BitTensor::phantom(shape);
      SPUD_CHECK(factor.elements() == element_count(shape), "bit tensors agree in element count");
      product.push_back(factor.words());
    }
  }
  BitTensor out = BitTensor::zeros(shape);
#if SPUD_SIMD_X86
  if (simd_path() == SimdPath::kAvx512) {
    add_avx512(words, out.writable(), out.word_count());
    return out;
  }
  if (simd_path() == SimdPath::kAvx2) {
    add_avx2(words, out.writable(), out.word_count());
    return out;
  }
#endif
  add_portable(words, out.writable(), out.word_count());
  return out;
}

}  // namespace spud::ring
