// SPDX-License-Identifier: Apache-2.0
#include "ring/weighted_bits.hpp"

#include <algorithm>
#include <vector>

#include "ring/simd.hpp"
#include "ring/workers.hpp"

namespace spud::ring {
namespace {

constexpr std::int64_t kBlock = 64;

template <class Word>
struct Job {
  std::vector<const std::uint64_t*> bits;
  std::vector<Word> weights;
  Word* to;
};

/// Blocks of 64 elements, the last as many as there are.
template <class Word>
[[gnu::always_inline]] inline void sums(const Job<Word>& job, std::int64_t first, std::int64_t last) {
  for (std::int64_t begin = first; begin < last; begin += kBlock) {
    alignas(64) Word sum[kBlock] = {};
    for (std::size_t j = 0; j < job.bits.size(); ++j) {
      const std::uint64_t word = job.bits[j][begin / kBlock];
      const Word weight = job.weights[j];
      for (unsigned i = 0; i < kBlock; ++i)
        sum[i] = static_cast<Word>(sum[i] + (weight & static_cast<Word>(-static_cast<Word>(word >> i & 1))));
    }
    std::copy_n(sum, std::min(kBlock, last - begin), job.to + begin);
  }
}

template <class Word>
void sums_portable(const Job<Word>& job, std::int64_t first, std::int64_t last) {
  sums(job, first, last);
}
#if SPUD_SIMD_X86
template <class Word>
SPUD_TARGET_AVX2 void sums_avx2(const Job<Word>& job, std::int64_t first, std::int64_t last) {
  sums(job, first, last);
}
template <class Word>
SPUD_TARGET_AVX512 void sums_avx512(const Job<Word>& job, std::int64_t first, std::int64_t last) {
  sums(job, first, last);
}
#endif

}  // namespace

Tensor weighted_bits(std::span<const BitTensor> bits, std::span<const std::int64_t> weights,
                     unsigned ring_bits) {
  SPUD_CHECK(!bits.empty() && bits.size() == weights.size(), "a weight a tensor of bits");
  const Shape& shape = bits[0].shape();
  for (const auto& one : bits) {
    SPUD_CHECK(one.shape() == shape, "bit tensors agree in shape");
    if (one.is_phantom()) return Tensor::phantom(ring_bits, shape);
  }
  Tensor out = Tensor::uninitialised(ring_bits, shape);
  with_ring(ring_bits, [&]<class R>(R) {
    using Word = typename R::Word;
    Job<Word> job{{}, {}, out.template writable<Word>()};
    for (const auto& one : bits) job.bits.push_back(one.words());
    for (const std::int64_t weight : weights)
      job.weights.push_back(static_cast<Word>(static_cast<__int128>(weight)));
    auto* loop = sums_portable<Word>;
#if SPUD_SIMD_X86
    if (simd_path() == SimdPath::kAvx2) loop = sums_avx2<Word>;
    if (simd_path() == SimdPath::kAvx512) loop = sums_avx512<Word>;
#endif
    const std::int64_t n = out.elements();
    parallel_for((n + kBlock - 1) / kBlock, 64, [&](std::int64_t from, std::int64_t to) {
      loop(job, from * kBlock, std::min(to * kBlock, n));
      if constexpr (8 * sizeof(Word) != R::kBits) {
        for (std::int64_t i = from * kBlock; i < std::min(to * kBlock, n); ++i)
          job.to[i] = R::reduce(job.to[i]);
      }
    });
  });
  return out;
}

}  // namespace spud::ring
