// SPDX-License-Identifier: Apache-2.0
#include "ring/turned_sum.hpp"

#include <array>
#include <bit>

#include "ring/simd.hpp"
#include "ring/workers.hpp"

#if SPUD_SIMD_X86
#include <immintrin.h>
#endif

namespace spud::ring {
namespace {

constexpr std::size_t kMostAtOnce = 4;
/// Elements that a thread takes at a time.
constexpr std::int64_t kBlock = 512;

/// Some elements, and up to four tables: turned around, and of whole groups of 64 entries.
template <class Word>
struct Job {
  const std::uint64_t* bits;
  unsigned width;
  const std::uint32_t* place;
  std::array<const Word*, kMostAtOnce> table;
  std::array<Word*, kMostAtOnce> to;
  std::size_t groups() const { return width < 6 ? 1 : std::size_t{1} << (width - 6); }
};

/// Group g of an element's factors: bit u is the factor of entry −64·g − u, which is bits[place + 64·g + u].
template <class Word>
[[gnu::always_inline]] inline std::uint64_t factors(const Job<Word>& job, std::int64_t i, std::size_t g) {
  const std::uint32_t place = job.place[i];
  if (job.width < 6) {
    const unsigned entries = 1u << job.width;
    const auto first = static_cast<std::uint64_t>(i) << job.width;
    const std::uint64_t all = (std::uint64_t{1} << entries) - 1;
    const std::uint64_t word = job.bits[first / 64] >> (first % 64) & all;
    return (word >> place | word << ((entries - place) & (entries - 1))) & all;
  }
  const std::size_t groups = job.groups();
  const std::uint64_t* words = job.bits + static_cast<std::size_t>(i) * groups;
  const std::size_t from = g + place / 64, shift = place % 64;
  const std::uint64_t low = words[from & (groups - 1)], high = words[(from + 1) & (groups - 1)];
  return shift == 0 ? low : low >> shift | high << (64 - shift);
}

template <class Word, std::size_t kTables>
[[gnu::always_inline]] inline void sums(const Job<Word>& job, std::int64_t first, std::int64_t count) {
  for (std::int64_t i = first; i < first + count; ++i) {
    Word sum[kTables] = {};
    for (std::size_t g = 0; g < job.groups(); ++g) {
      const std::uint64_t word = factors(job, i, g);
      for (std::size_t t = 0; t < kTables; ++t) {
        Word part = 0;
        for (unsigned v = 0; v < 64; ++v) {
          const auto take = static_cast<Word>(-static_cast<Word>(word >> v & 1));
          part = static_cast<Word>(part + (job.table[t][64 * g + v] & take));
        }
        sum[t] = static_cast<Word>(sum[t] + part);
      }
    }
    for (std::size_t t = 0; t < kTables; ++t) job.to[t][i] = sum[t];
  }
}

template <class Word, std::size_t kTables>
void sums_portable(const Job<Word>& job, std::int64_t first, std::int64_t count) {
  sums<Word, kTables>(job, first, count);
}
#if SPUD_SIMD_X86
template <class Word, std::size_t kTables>
SPUD_TARGET_AVX2 void sums_avx2(const Job<Word>& job, std::int64_t first, std::int64_t count) {
  sums<Word, kTables>(job, first, count);
}
/// Of unsigned numbers: the compiler's own sum of lanes adds signed ones, which must not wrap.
SPUD_TARGET_AVX512 inline std::uint64_t sum_of_lanes(__m512i v) {
  const __m256i half = _mm256_add_epi64(_mm512_castsi512_si256(v), _mm512_extracti64x4_epi64(v, 1));
  const __m128i pair = _mm_add_epi64(_mm256_castsi256_si128(half), _mm256_extracti128_si256(half, 1));
  return static_cast<std::uint64_t>(_mm_cvtsi128_si64(pair)) +
         static_cast<std::uint64_t>(_mm_extract_epi64(pair, 1));
}

/// Two sums, of neighbours: they share what is loaded of a table. Eight bits are the mask of eight lanes.
struct TwoSums {
  __m512i first, second;
};
template <class Word>
SPUD_TARGET_AVX512 [[gnu::always_inline]] inline void add(TwoSums& sums, const Word* entries, __mmask8 first,
                                                          __mmask8 second) {
  const __m512i some = _mm512_loadu_si512(entries);
  sums.first = _mm512_mask_add_epi64(sums.first, first, sums.first, some);
  sums.second = _mm512_mask_add_epi64(sums.second, second, sums.second, some);
}

template <class Word>
SPUD_TARGET_AVX512 [[gnu::always_inline]] inline void write(const Job<Word>& job, std::size_t t,
                                                            std::int64_t i, const TwoSums& sums) {
  job.to[t][i] = static_cast<Word>(sum_of_lanes(sums.first));
  job.to[t][i + 1] = static_cast<Word>(sum_of_lanes(sums.second));
}

/// Sums that are names, not a list: lists stay in memory.
template <class Word, std::size_t kTables>
SPUD_TARGET_AVX512 void two_sums(const Job<Word>& job, std::int64_t i) {
  const __m512i zero = _mm512_setzero_si512();
  TwoSums a{zero, zero}, b{zero, zero}, c{zero, zero}, d{zero, zero};
  for (std::size_t g = 0; g < job.groups(); ++g) {
    const std::uint64_t first = factors(job, i, g), second = factors(job, i + 1, g);
    for (unsigned v = 0; v < 8; ++v) {
      const auto in_first = static_cast<__mmask8>(first >> (8 * v));
      const auto in_second = static_cast<__mmask8>(second >> (8 * v));
      const std::size_t at = 64 * g + 8 * v;
      add(a, job.table[0] + at, in_first, in_second);
      if constexpr (kTables > 1) add(b, job.table[1] + at, in_first, in_second);
      if constexpr (kTables > 2) add(c, job.table[2] + at, in_first, in_second);
      if constexpr (kTables > 3) add(d, job.table[3] + at, in_first, in_second);
    }
  }
  write(job, 0, i, a);
  if constexpr (kTables > 1) write(job, 1, i, b);
  if constexpr (kTables > 2) write(job, 2, i, c);
  if constexpr (kTables > 3) write(job, 3, i, d);
}

template <class Word, std::size_t kTables>
SPUD_TARGET_AVX512 void sums_avx512(const Job<Word>& job, std::int64_t first, std::int64_t count) {
  if constexpr (sizeof(Word) != 8) {
    sums<Word, kTables>(job, first, count);
  } else {
    std::int64_t i = first;
    for (; i + 2 <= first + count; i += 2) two_sums<Word, kTables>(job, i);
    if (i < first + count) sums<Word, kTables>(job, i, 1);
  }
}
#endif

template <class Word, std::size_t kTables>
void run(const Job<Word>& job, std::int64_t elements) {
  auto* loop = sums_portable<Word, kTables>;
#if SPUD_SIMD_X86
  if (simd_path() == SimdPath::kAvx2) loop = sums_avx2<Word, kTables>;
  if (simd_path() == SimdPath::kAvx512) loop = sums_avx512<Word, kTables>;
#endif
  const std::int64_t blocks = (elements + kBlock - 1) / kBlock;
  parallel_for(blocks, 2, [&](std::int64_t from, std::int64_t to) {
    loop(job, from * kBlock, std::min(to * kBlock, elements) - from * kBlock);
  });
}

}  // namespace

std::vector<Tensor> turned_sums(const BitTensor& bits, const Tensor& place, std::span<const Tensor> tables) {
  SPUD_CHECK(!tables.empty(), "there is a table");
  const auto entries = static_cast<std::size_t>(tables[0].elements());
  SPUD_CHECK(std::has_single_bit(entries), "tables have a power of two of entries");
  SPUD_CHECK(bits.elements() == place.elements() * tables[0].elements(), "a bit for each entry");
  std::vector<Tensor> out;
  if (bits.is_phantom() || place.is_phantom()) {
    for (const auto& table : tables) out.push_back(Tensor::phantom(table.bits(), place.shape()));
    return out;
  }
  const auto count = static_cast<std::size_t>(place.elements());
  std::vector<std::uint32_t> places(count);
  const Tensor dense = place.dense();
  with_ring(place.bits(), [&]<class R>(R) {
    const auto* in = dense.template data<typename R::Word>();
    for (std::size_t i = 0; i < count; ++i)
      places[i] = static_cast<std::uint32_t>(in[i]) & static_cast<std::uint32_t>(entries - 1);
  });
  with_ring(tables[0].bits(), [&]<class R>(R) {
    using Word = typename R::Word;
    std::vector<std::vector<Word>> lists;
    for (const auto& table : tables) {
      SPUD_CHECK(table.bits() == tables[0].bits() && static_cast<std::size_t>(table.elements()) == entries,
                 "tables agree in ring and size");
      const Tensor list = table.dense();
      const auto* entry = list.template data<Word>();
      auto& turned = lists.emplace_back((entries + 63) / 64 * 64);
      for (std::size_t u = 0; u < entries; ++u) turned[u] = entry[(entries - u) & (entries - 1)];
      out.push_back(Tensor::uninitialised(table.bits(), place.shape()));
    }
    for (std::size_t first = 0; first < tables.size(); first += kMostAtOnce) {
      const std::size_t some = std::min(kMostAtOnce, tables.size() - first);
      Job<Word> job{bits.words(), static_cast<unsigned>(std::countr_zero(entries)), places.data(), {}, {}};
      for (std::size_t t = 0; t < some; ++t) {
        job.table[t] = lists[first + t].data();
        job.to[t] = out[first + t].template writable<Word>();
      }
      if (some == 1) run<Word, 1>(job, place.elements());
      if (some == 2) run<Word, 2>(job, place.elements());
      if (some == 3) run<Word, 3>(job, place.elements());
      if (some == 4) run<Word, 4>(job, place.elements());
    }
    if (8 * sizeof(Word) != R::kBits) {
      for (auto& sum : out) {
        auto* words = sum.template writable<Word>();
        for (std::size_t i = 0; i < count; ++i) words[i] = R::reduce(words[i]);
      }
    }
  });
  return out;
}

}  // namespace spud::ring
