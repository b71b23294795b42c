// SPDX-License-Identifier: Apache-2.0
#include "ring/digit_block.hpp"

#include <algorithm>
#include <bit>
#include <cstring>

#include "ring/dense_bits.hpp"
#include "ring/simd.hpp"

#if SPUD_SIMD_X86
#include <immintrin.h>
#endif

namespace spud::ring {
namespace {

using Lut = std::array<std::uint16_t, 16>;

/// One entry for each value of four bits, those above the digit's own ignored.
Lut look_up_table(const Select& select, unsigned digit_bits) {
  SPUD_CHECK(select.size() == std::size_t{1} << digit_bits, "one selection a public digit");
  Lut lut{};
  for (unsigned v = 0; v < 16; ++v) lut[v] = select[v & (select.size() - 1)];
  return lut;
}

// ---- splitting numbers into planes of 16 bits
template <class Word>
void split_plain(const Word* in, std::int64_t begin, std::int64_t count, unsigned plane, std::uint16_t* out) {
  for (std::int64_t i = begin; i < count; ++i) out[i] = static_cast<std::uint16_t>(in[i] >> 16 * plane);
}

#if SPUD_SIMD_X86
[[gnu::target("avx512f,avx512dq,avx512bw,avx512vl")]] std::int64_t split_avx512(const std::uint64_t* in,
                                                                                std::int64_t count,
                                                                                unsigned plane,
                                                                                std::uint16_t* out) {
  const __m128i shift = _mm_cvtsi32_si128(static_cast<int>(16 * plane));
  std::int64_t i = 0;
  for (; i + 8 <= count; i += 8) {
    const __m512i words = _mm512_srl_epi64(_mm512_loadu_si512(in + i), shift);
    _mm_storeu_si128(reinterpret_cast<__m128i*>(out + i), _mm512_cvtepi64_epi16(words));
  }
  return i;
}
#endif

// ---- look-ups: entries & selection, then the parity of each 16-bit lane
std::uint64_t parity(unsigned hit) {
  hit ^= hit >> 8;
  hit ^= hit >> 4;
  return 0x6996u >> (hit & 15) & 1;
}

/// Words word_begin … of one or two look-ups. The index into a Lut is public: a digit of a number that every
/// party knows.
template <std::size_t kOuts>
void look_up_plain(const std::uint16_t* tables, const std::uint16_t* plane, unsigned shift,
                   std::int64_t count, const std::array<Lut, kOuts>& luts,
                   const std::array<std::uint64_t*, kOuts>& out) {
  for (std::int64_t base = 0; base < count; base += 64) {
    const std::int64_t lanes = std::min<std::int64_t>(64, count - base);
    std::array<std::uint64_t, kOuts> words{};
    for (std::int64_t i = 0; i < lanes; ++i) {
      const unsigned digit = plane[base + i] >> shift & 15, table = tables[base + i];
      for (std::size_t o = 0; o < kOuts; ++o) words[o] |= parity(table & luts[o][digit]) << i;
    }
    for (std::size_t o = 0; o < kOuts; ++o) out[o][base / 64] = words[o];
  }
}

#if SPUD_SIMD_X86
/// 32 lanes: the parities of a's lanes and of b's, as two masks. Both are folded in one register: a's eight
/// remaining bits in the low bytes, b's in the high ones.
struct Parities {
  std::uint32_t a, b;
};
[[gnu::target("avx512f,avx512dq,avx512bw,avx512vl"), gnu::always_inline]] inline Parities parities(
    __m512i a, __m512i b) {
  a = _mm512_xor_si512(a, _mm512_srli_epi16(a, 8));
  b = _mm512_xor_si512(b, _mm512_slli_epi16(b, 8));
  __m512i both = _mm512_mask_blend_epi8(0xaaaaaaaaaaaaaaaaull, a, b);
  both = _mm512_xor_si512(both, _mm512_srli_epi16(both, 4));
  both = _mm512_xor_si512(both, _mm512_srli_epi16(both, 2));
  both = _mm512_xor_si512(both, _mm512_srli_epi16(both, 1));
  return {_mm512_test_epi16_mask(both, _mm512_set1_epi16(1)),
          _mm512_test_epi16_mask(both, _mm512_set1_epi16(256))};
}

template <std::size_t kOuts>
[[gnu::target("avx512f,avx512dq,avx512bw,avx512vl")]] void look_up_avx512(
    const std::uint16_t* tables, const std::uint16_t* plane, unsigned shift, std::int64_t count,
    const std::array<Lut, kOuts>& luts, const std::array<std::uint64_t*, kOuts>& out) {
  // A lane's index is its low five bits: the table stands twice, so that the fifth does not matter.
  alignas(64) std::uint16_t twice[kOuts][32];
  for (std::size_t o = 0; o < kOuts; ++o) {
    for (std::size_t v = 0; v < 32; ++v) twice[o][v] = luts[o][v % 16];
  }
  const __m512i first = _mm512_load_si512(twice[0]), second = _mm512_load_si512(twice[kOuts - 1]);
  const __m128i by = _mm_cvtsi32_si128(static_cast<int>(shift));
  for (std::int64_t base = 0; base < count; base += 64) {
    std::uint64_t a = 0, b = 0;
    for (int half = 0; half < 2; ++half) {
      const __m512i table = _mm512_loadu_si512(tables + base + 32 * half);
      const __m512i digits = _mm512_srl_epi16(_mm512_loadu_si512(plane + base + 32 * half), by);
      const auto [x, y] = parities(_mm512_and_si512(table, _mm512_permutexvar_epi16(digits, first)),
                                   _mm512_and_si512(table, _mm512_permutexvar_epi16(digits, second)));
      a |= static_cast<std::uint64_t>(x) << (32 * half);
      b |= static_cast<std::uint64_t>(y) << (32 * half);
    }
    out[0][base / 64] = a;
    out[kOuts - 1][base / 64] = b;
  }
}

template <std::size_t kOuts>
[[gnu::target("avx2,bmi,bmi2")]] void look_up_avx2(const std::uint16_t* tables, const std::uint16_t* plane,
                                                   unsigned shift, std::int64_t count,
                                                   const std::array<Lut, kOuts>& luts,
                                                   const std::array<std::uint64_t*, kOuts>& out) {
  // A byte shuffle looks up the low and the high halves of the selections apart.
  __m256i low[kOuts], high[kOuts];
  for (std::size_t o = 0; o < kOuts; ++o) {
    alignas(16) std::uint8_t l[16], h[16];
    for (int v = 0; v < 16; ++v) {
      l[v] = static_cast<std::uint8_t>(luts[o][static_cast<std::size_t>(v)]);
      h[v] = static_cast<std::uint8_t>(luts[o][static_cast<std::size_t>(v)] >> 8);
    }
    low[o] = _mm256_broadcastsi128_si256(_mm_load_si128(reinterpret_cast<const __m128i*>(l)));
    high[o] = _mm256_broadcastsi128_si256(_mm_load_si128(reinterpret_cast<const __m128i*>(h)));
  }
  const __m128i by = _mm_cvtsi32_si128(static_cast<int>(shift));
  for (std::int64_t base = 0; base < count; base += 64) {
    std::uint64_t words[kOuts] = {};
    for (int part = 0; part < 4; ++part) {
      const auto at = base + 16 * part;
      const __m256i table = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(tables + at));
      __m256i digits = _mm256_srl_epi16(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(plane + at)), by);
      digits = _mm256_and_si256(digits, _mm256_set1_epi16(15));
      for (std::size_t o = 0; o < kOuts; ++o) {
        // The index's high byte is zero, so the shuffle puts entry 0 there: only the low byte is kept.
        const __m256i keep = _mm256_set1_epi16(255);
        const __m256i selected = _mm256_or_si256(_mm256_and_si256(_mm256_shuffle_epi8(low[o], digits), keep),
                                                 _mm256_slli_epi16(_mm256_shuffle_epi8(high[o], digits), 8));
        __m256i hit = _mm256_and_si256(table, selected);
        hit = _mm256_xor_si256(hit, _mm256_srli_epi16(hit, 8));
        hit = _mm256_xor_si256(hit, _mm256_srli_epi16(hit, 4));
        hit = _mm256_xor_si256(hit, _mm256_srli_epi16(hit, 2));
        hit = _mm256_xor_si256(hit, _mm256_srli_epi16(hit, 1));
        // Bit 0 of each lane to the top of its low byte; then every second bit of the byte mask.
        const auto mask = static_cast<std::uint32_t>(_mm256_movemask_epi8(_mm256_slli_epi16(hit, 7)));
        words[o] |= static_cast<std::uint64_t>(_pext_u32(mask, 0x55555555u)) << (16 * part);
      }
    }
    for (std::size_t o = 0; o < kOuts; ++o) out[o][base / 64] = words[o];
  }
}
#endif

template <std::size_t kOuts>
void look_up_any(const std::uint16_t* tables, const std::uint16_t* plane, unsigned shift, std::int64_t count,
                 const std::array<Lut, kOuts>& luts, const std::array<std::uint64_t*, kOuts>& out) {
  std::int64_t done = 0;
#if SPUD_SIMD_X86
  const std::int64_t whole = count / 64 * 64;
  if (simd_path() == SimdPath::kAvx512) {
    look_up_avx512<kOuts>(tables, plane, shift, whole, luts, out);
    done = whole;
  } else if (simd_path() == SimdPath::kAvx2) {
    look_up_avx2<kOuts>(tables, plane, shift, whole, luts, out);
    done = whole;
  }
#endif
  std::array<std::uint64_t*, kOuts> rest = out;
  for (auto& to : rest) to += done / 64;
  look_up_plain<kOuts>(tables + done, plane + done, shift, count - done, luts, rest);
}

// ---- one-hot tables
[[gnu::always_inline]] inline void one_hot_loop(const std::uint16_t* plane, unsigned shift, unsigned mask,
                                                std::int64_t count, std::uint16_t* __restrict tables) {
  for (std::int64_t i = 0; i < count; ++i)
    tables[i] = static_cast<std::uint16_t>(tables[i] ^ 1u << (plane[i] >> shift & mask));
}
#if SPUD_SIMD_X86
[[gnu::target("avx512f,avx512dq,avx512bw,avx512vl")]] std::int64_t one_hot_avx512(
    const std::uint16_t* plane, unsigned shift, unsigned mask, std::int64_t count, std::uint16_t* tables) {
  const __m128i by = _mm_cvtsi32_si128(static_cast<int>(shift));
  const __m512i keep = _mm512_set1_epi16(static_cast<short>(mask)), one = _mm512_set1_epi16(1);
  std::int64_t i = 0;
  for (; i + 32 <= count; i += 32) {
    const __m512i digits = _mm512_and_si512(_mm512_srl_epi16(_mm512_loadu_si512(plane + i), by), keep);
    _mm512_storeu_si512(tables + i,
                        _mm512_xor_si512(_mm512_loadu_si512(tables + i), _mm512_sllv_epi16(one, digits)));
  }
  return i;
}
#endif

}  // namespace

unsigned DigitLayout::table_bits() const {
  unsigned bits = 0;
  for (unsigned d = 0; d < digits(); ++d) bits += entries_of(d);
  return bits;
}

std::size_t packed_table_bytes(DigitLayout layout, std::int64_t count) {
  std::size_t bytes = 0;
  for (unsigned d = 0; d < layout.digits(); ++d) bytes += packed_bytes(count, layout.entries_of(d));
  return bytes;
}

void pack_tables(DigitLayout layout, std::int64_t count, const std::uint16_t* tables, MutableBytes out) {
  SPUD_CHECK(out.size() == packed_table_bytes(layout, count), "packing fits exactly");
  for (unsigned d = 0; d < layout.digits(); ++d, tables += count) {
    const unsigned width = layout.entries_of(d);
    MutableBytes to = out.first(packed_bytes(count, width));
    out = out.subspan(to.size());
    if (width == 16 && std::endian::native == std::endian::little) {
      if (count > 0) std::memcpy(to.data(), tables, to.size());
      continue;
    }
    std::uint32_t pending = 0;
    unsigned filled = 0;
    std::size_t at = 0;
    for (std::int64_t i = 0; i < count; ++i) {
      pending |= (tables[i] & ((1u << width) - 1)) << filled;
      for (filled += width; filled >= 8; filled -= 8, pending >>= 8)
        to[at++] = static_cast<std::byte>(pending);
    }
    if (filled > 0) to[at] = static_cast<std::byte>(pending);
  }
}

void unpack_tables(DigitLayout layout, std::int64_t count, ByteView in, std::uint16_t* tables) {
  SPUD_CHECK(in.size() == packed_table_bytes(layout, count), "unpacking fits exactly");
  for (unsigned d = 0; d < layout.digits(); ++d, tables += count) {
    const unsigned width = layout.entries_of(d);
    ByteView from = in.first(packed_bytes(count, width));
    in = in.subspan(from.size());
    if (width == 16 && std::endian::native == std::endian::little) {
      if (count > 0) std::memcpy(tables, from.data(), from.size());
      continue;
    }
    std::uint32_t pending = 0;
    unsigned filled = 0;
    std::size_t at = 0;
    for (std::int64_t i = 0; i < count; ++i) {
      for (; filled < width; filled += 8) pending |= std::to_integer<std::uint32_t>(from[at++]) << filled;
      tables[i] = static_cast<std::uint16_t>(pending & ((1u << width) - 1));
      pending >>= width;
      filled -= width;
    }
  }
}

void BlockDigits::load(const Tensor& numbers, std::int64_t first, std::int64_t count, unsigned width) {
  load_planes(numbers, first, count, 0, (width + 15) / 16);
}
void BlockDigits::load_from(const Tensor& numbers, std::int64_t first, std::int64_t count, unsigned digit,
                            unsigned width) {
  load_planes(numbers, first, count, digit / 4, (width + 15) / 16);
}
void BlockDigits::load_digit(const Tensor& numbers, std::int64_t first, std::int64_t count, unsigned digit) {
  load_planes(numbers, first, count, digit / 4, digit / 4 + 1);
}

void BlockDigits::load_planes(const Tensor& numbers, std::int64_t first, std::int64_t count, unsigned begin,
                              unsigned end) {
  SPUD_CHECK(count <= DigitBlock::kElements && first + count <= numbers.elements() &&
                 end <= (numbers.bits() + 15) / 16,
             "a block of the tensor");
  count_ = count;
  with_ring(numbers.bits(), [&]<class R>(R) {
    const auto* in = numbers.data<typename R::Word>() + first;
    for (unsigned plane = begin; plane < end; ++plane) {
      std::int64_t done = 0;
#if SPUD_SIMD_X86
      if constexpr (R::kBits == 64) {
        if (simd_path() == SimdPath::kAvx512) done = split_avx512(in, count, plane, planes_[plane]);
      }
#endif
      split_plain(in, done, count, plane, planes_[plane]);
    }
  });
}

void BlockDigits::one_hot(unsigned digit, unsigned digit_bits, std::uint16_t* tables) const {
  const std::uint16_t* plane = planes_[digit / 4];
  const unsigned shift = digit % 4 * 4, mask = (1u << digit_bits) - 1;
  std::int64_t done = 0;
#if SPUD_SIMD_X86
  if (simd_path() == SimdPath::kAvx512) done = one_hot_avx512(plane, shift, mask, count_, tables);
#endif
  one_hot_loop(plane + done, shift, mask, count_ - done, tables + done);
}

void BlockDigits::look_up(const std::uint16_t* tables, unsigned digit, unsigned digit_bits,
                          const Select& select, std::uint64_t* out) const {
  look_up_any<1>(tables, planes_[digit / 4], digit % 4 * 4, count_, {look_up_table(select, digit_bits)},
                 {out});
}

void BlockDigits::look_up(const std::uint16_t* tables, unsigned digit, unsigned digit_bits,
                          const std::array<Select, 2>& selects,
                          const std::array<std::uint64_t*, 2>& out) const {
  look_up_any<2>(tables, planes_[digit / 4], digit % 4 * 4, count_,
                 {look_up_table(selects[0], digit_bits), look_up_table(selects[1], digit_bits)}, out);
}

}  // namespace spud::ring
