// SPDX-License-Identifier: Apache-2.0
#include "ring/turned_sum.hpp"

#include <array>
#include <numeric>

#include "ring/simd.hpp"
#include "ring/workers.hpp"

#if SPUD_SIMD_X86
#include <immintrin.h>
#endif

namespace spud::ring {
namespace {

constexpr std::int64_t kLanes = 64;  // elements whose bits are turned at a time
constexpr std::size_t kMostAtOnce = 4;

/// Bit j of row i becomes bit i of row j.
[[gnu::always_inline]] inline void transpose(std::uint64_t* rows) {
  std::uint64_t mask = 0x00000000ffffffff;
  for (unsigned step = 32; step != 0; step >>= 1, mask ^= mask << step) {
    for (unsigned pair = 0; pair < 64; pair += 2 * step) {
      for (unsigned i = pair; i < pair + step; ++i) {
        const std::uint64_t swap = (rows[i] >> step ^ rows[i + step]) & mask;
        rows[i] ^= swap << step;
        rows[i + step] ^= swap;
      }
    }
  }
}

/// Some elements, and up to four tables, each of whole groups of 64 entries.
template <class Word>
struct Job {
  const std::uint64_t* bits;
  std::size_t bit_words;
  std::int64_t elements;
  unsigned width;
  const std::uint32_t* place;
  std::array<const Word*, kMostAtOnce> table;
  std::array<Word*, kMostAtOnce> to;
  std::size_t entries() const { return std::size_t{1} << width; }
  std::size_t groups() const { return (entries() + 63) / 64; }
};

/// Elements that are read at a time: a cache line of each entry's bits.
constexpr std::int64_t kBlock = 8 * kLanes;

/// Of up to kBlock elements, 64 by 64: an element's bits in a row of words, from the last entry to the first.
template <class Word>
[[gnu::always_inline]] inline void turn_block(const Job<Word>& job, std::int64_t first, std::int64_t count,
                                              std::uint64_t* rows) {
  const std::size_t entries = job.entries(), groups = job.groups();
  const auto parts = static_cast<std::size_t>((count + kLanes - 1) / kLanes);
  for (std::size_t v = 0; v < groups * 64; ++v) {
    const std::size_t at =
        (entries - 1 - v) * static_cast<std::size_t>(job.elements) + static_cast<std::size_t>(first);
    for (std::size_t part = 0; part < parts; ++part) {
      std::uint64_t word = 0;
      if (v < entries) {
        const std::size_t from = at / 64 + part;
        word = job.bits[from] >> (at % 64);
        if (at % 64 != 0 && from + 1 < job.bit_words) word |= job.bits[from + 1] << (64 - at % 64);
      }
      rows[part * groups * 64 + v] = word;
    }
  }
  for (std::size_t g = 0; g < parts * groups; ++g) transpose(rows + 64 * g);
}

/// Group g of an element's factors: bit u is the factor of entry 64·g + u, which is bits[place − 64·g − u].
template <class Word>
[[gnu::always_inline]] inline std::uint64_t factors(const Job<Word>& job, const std::uint64_t* rows,
                                                    std::int64_t i, std::uint32_t place, std::size_t g) {
  const std::size_t entries = job.entries(), groups = job.groups();
  const std::size_t by = (entries - 1 - place) & (entries - 1);
  rows += static_cast<std::size_t>(i / kLanes) * groups * 64;
  const auto element = static_cast<std::size_t>(i % kLanes);
  if (groups == 1) {
    const std::uint64_t word = rows[element];
    return by == 0 ? word : word >> by | word << (entries - by);
  }
  const std::size_t from = g + by / 64, shift = by % 64;
  const std::uint64_t low = rows[64 * (from & (groups - 1)) + element];
  const std::uint64_t high = rows[64 * ((from + 1) & (groups - 1)) + element];
  return shift == 0 ? low : low >> shift | high << (64 - shift);
}

template <class Word, std::size_t kTables>
[[gnu::always_inline]] inline void sums(const Job<Word>& job, std::int64_t first, std::int64_t count,
                                        std::uint64_t* rows) {
  turn_block(job, first, count, rows);
  for (std::int64_t i = 0; i < count; ++i) {
    Word sum[kTables] = {};
    for (std::size_t g = 0; g < job.groups(); ++g) {
      const std::uint64_t word = factors(job, rows, i, job.place[first + i], g);
      for (std::size_t t = 0; t < kTables; ++t) {
        Word part = 0;
        for (unsigned v = 0; v < 64; ++v) {
          const auto take = static_cast<Word>(-static_cast<Word>(word >> v & 1));
          part = static_cast<Word>(part + (job.table[t][64 * g + v] & take));
        }
        sum[t] = static_cast<Word>(sum[t] + part);
      }
    }
    for (std::size_t t = 0; t < kTables; ++t) job.to[t][first + i] = sum[t];
  }
}

template <class Word, std::size_t kTables>
void sums_portable(const Job<Word>& job, std::int64_t first, std::int64_t count, std::uint64_t* rows) {
  sums<Word, kTables>(job, first, count, rows);
}
#if SPUD_SIMD_X86
template <class Word, std::size_t kTables>
SPUD_TARGET_AVX2 void sums_avx2(const Job<Word>& job, std::int64_t first, std::int64_t count,
                                std::uint64_t* rows) {
  sums<Word, kTables>(job, first, count, rows);
}
template <class Word, std::size_t kTables>
SPUD_TARGET_AVX512 void sums_avx512(const Job<Word>& job, std::int64_t first, std::int64_t count,
                                    std::uint64_t* rows) {
  if constexpr (sizeof(Word) != 8) {
    sums<Word, kTables>(job, first, count, rows);
  } else {
    // Eight bits are the mask of eight sums.
    turn_block(job, first, count, rows);
    for (std::int64_t i = 0; i < count; ++i) {
      __m512i sum[kTables];
      for (std::size_t t = 0; t < kTables; ++t) sum[t] = _mm512_setzero_si512();
      for (std::size_t g = 0; g < job.groups(); ++g) {
        const std::uint64_t word = factors(job, rows, i, job.place[first + i], g);
        for (unsigned v = 0; v < 8; ++v) {
          const auto take = static_cast<__mmask8>(word >> (8 * v));
          for (std::size_t t = 0; t < kTables; ++t) {
            const __m512i entries = _mm512_loadu_si512(job.table[t] + 64 * g + 8 * v);
            sum[t] = _mm512_mask_add_epi64(sum[t], take, sum[t], entries);
          }
        }
      }
      for (std::size_t t = 0; t < kTables; ++t) {
        // The compiler's own sum of lanes adds signed numbers, which must not wrap.
        alignas(64) std::uint64_t lanes[8];
        _mm512_store_si512(lanes, sum[t]);
        job.to[t][first + i] = static_cast<Word>(std::accumulate(lanes, lanes + 8, std::uint64_t{0}));
      }
    }
  }
}
#endif

template <class Word, std::size_t kTables>
void run(const Job<Word>& job) {
  auto* loop = sums_portable<Word, kTables>;
#if SPUD_SIMD_X86
  if (simd_path() == SimdPath::kAvx2) loop = sums_avx2<Word, kTables>;
  if (simd_path() == SimdPath::kAvx512) loop = sums_avx512<Word, kTables>;
#endif
  const std::int64_t blocks = (job.elements + kBlock - 1) / kBlock;
  parallel_for(blocks, 2, [&](std::int64_t from, std::int64_t to) {
    std::vector<std::uint64_t> rows(job.groups() * kBlock);
    for (std::int64_t block = from; block < to; ++block) {
      const std::int64_t first = block * kBlock;
      loop(job, first, std::min(kBlock, job.elements - first), rows.data());
    }
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
      lists.emplace_back(entry, entry + entries);
      lists.back().resize((entries + 63) / 64 * 64);
      out.push_back(Tensor::uninitialised(table.bits(), place.shape()));
    }
    for (std::size_t first = 0; first < tables.size(); first += kMostAtOnce) {
      const std::size_t some = std::min(kMostAtOnce, tables.size() - first);
      Job<Word> job{bits.words(), bits.word_count(), place.elements(), 0, places.data(), {}, {}};
      job.width = static_cast<unsigned>(std::countr_zero(entries));
      for (std::size_t t = 0; t < some; ++t) {
        job.table[t] = lists[first + t].data();
        job.to[t] = out[first + t].template writable<Word>();
      }
      if (some == 1) run<Word, 1>(job);
      if (some == 2) run<Word, 2>(job);
      if (some == 3) run<Word, 3>(job);
      if (some == 4) run<Word, 4>(job);
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
