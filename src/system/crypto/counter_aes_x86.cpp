// SPDX-License-Identifier: Apache-2.0
#include "system/crypto/counter_aes_x86.hpp"

#if defined(__x86_64__)

#include <cstring>

#include <immintrin.h>

// Counters are kept as two little-endian numbers, the low one first, so that they grow by one addition;
// turning all 16 bytes round makes the block. AES has a latency of several cycles: eight registers under way
// hide it.
namespace spud::crypto::x86 {
namespace {

constexpr int kUnderWay = 8;

const __m128i* round_key(const AesSchedule& schedule, int round) {
  return reinterpret_cast<const __m128i*>(schedule.keys.data()) + round;
}

template <int kConstant>
[[gnu::target("aes,ssse3")]] __m128i next_key(__m128i key) {
  const __m128i word = _mm_shuffle_epi32(_mm_aeskeygenassist_si128(key, kConstant), 0xff);
  key = _mm_xor_si128(key, _mm_slli_si128(key, 4));
  key = _mm_xor_si128(key, _mm_slli_si128(key, 8));
  return _mm_xor_si128(key, word);
}

// With a mask of all lanes because g++ 12 warns of its own plain form that it reads what was never set.
[[gnu::target("avx512f"), gnu::always_inline]] inline __m512i four_times(__m128i block) {
  return _mm512_maskz_broadcast_i32x4(0xffff, block);
}

}  // namespace

bool has_aesni() {
  return __builtin_cpu_supports("aes") && __builtin_cpu_supports("ssse3");
}

bool has_vaes() {
  return has_aesni() && __builtin_cpu_supports("vaes") && __builtin_cpu_supports("avx512f") &&
         __builtin_cpu_supports("avx512bw");
}

[[gnu::target("aes,ssse3")]] void expand(AesSchedule& schedule) {
  auto* key = reinterpret_cast<__m128i*>(schedule.keys.data());
  key[1] = next_key<0x01>(key[0]);
  key[2] = next_key<0x02>(key[1]);
  key[3] = next_key<0x04>(key[2]);
  key[4] = next_key<0x08>(key[3]);
  key[5] = next_key<0x10>(key[4]);
  key[6] = next_key<0x20>(key[5]);
  key[7] = next_key<0x40>(key[6]);
  key[8] = next_key<0x80>(key[7]);
  key[9] = next_key<0x1b>(key[8]);
  key[10] = next_key<0x36>(key[9]);
}

[[gnu::target("aes,ssse3")]] void fill_aesni(const AesSchedule& schedule, std::uint64_t high,
                                             std::uint64_t low, MutableBytes out) {
  const __m128i turn = _mm_set_epi8(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
  const __m128i one = _mm_set_epi64x(0, 1);
  __m128i counter = _mm_set_epi64x(static_cast<long long>(high), static_cast<long long>(low));
  std::byte* to = out.data();
  std::size_t left = out.size();
  for (; left >= 16 * kUnderWay; left -= 16 * kUnderWay, to += 16 * kUnderWay) {
    __m128i block[kUnderWay];
#pragma GCC unroll 8
    for (auto& b : block) {
      b = _mm_xor_si128(_mm_shuffle_epi8(counter, turn), *round_key(schedule, 0));
      counter = _mm_add_epi64(counter, one);
    }
#pragma GCC unroll 9
    for (int r = 1; r < AesSchedule::kRounds; ++r) {
      const __m128i key = *round_key(schedule, r);
#pragma GCC unroll 8
      for (auto& b : block) b = _mm_aesenc_si128(b, key);
    }
    const __m128i last = *round_key(schedule, AesSchedule::kRounds);
#pragma GCC unroll 8
    for (int i = 0; i < kUnderWay; ++i) {
      _mm_storeu_si128(reinterpret_cast<__m128i*>(to) + i, _mm_aesenclast_si128(block[i], last));
    }
  }
  while (left > 0) {
    __m128i block = _mm_xor_si128(_mm_shuffle_epi8(counter, turn), *round_key(schedule, 0));
    counter = _mm_add_epi64(counter, one);
    for (int r = 1; r < AesSchedule::kRounds; ++r) block = _mm_aesenc_si128(block, *round_key(schedule, r));
    block = _mm_aesenclast_si128(block, *round_key(schedule, AesSchedule::kRounds));
    const std::size_t taken = left < 16 ? left : 16;
    std::memcpy(to, &block, taken);
    to += taken;
    left -= taken;
  }
}

[[gnu::target("vaes,avx512f,avx512bw")]] void fill_vaes(const AesSchedule& schedule, std::uint64_t high,
                                                        std::uint64_t low, MutableBytes out) {
  const __m512i turn = four_times(_mm_set_epi8(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15));
  const __m512i four = _mm512_set_epi64(0, 4, 0, 4, 0, 4, 0, 4);
  __m512i counter =
      _mm512_add_epi64(four_times(_mm_set_epi64x(static_cast<long long>(high), static_cast<long long>(low))),
                       _mm512_set_epi64(0, 3, 0, 2, 0, 1, 0, 0));
  __m512i key[AesSchedule::kRounds + 1];
#pragma GCC unroll 11
  for (int r = 0; r <= AesSchedule::kRounds; ++r) key[r] = four_times(*round_key(schedule, r));

  std::byte* to = out.data();
  std::size_t left = out.size();
  for (; left >= 64 * kUnderWay; left -= 64 * kUnderWay, to += 64 * kUnderWay) {
    __m512i block[kUnderWay];
#pragma GCC unroll 8
    for (auto& b : block) {
      b = _mm512_xor_si512(_mm512_shuffle_epi8(counter, turn), key[0]);
      counter = _mm512_add_epi64(counter, four);
    }
#pragma GCC unroll 9
    for (int r = 1; r < AesSchedule::kRounds; ++r) {
#pragma GCC unroll 8
      for (auto& b : block) b = _mm512_aesenc_epi128(b, key[r]);
    }
#pragma GCC unroll 8
    for (int i = 0; i < kUnderWay; ++i) {
      _mm512_storeu_si512(to + 64 * i, _mm512_aesenclast_epi128(block[i], key[AesSchedule::kRounds]));
    }
  }
  while (left > 0) {
    __m512i block = _mm512_xor_si512(_mm512_shuffle_epi8(counter, turn), key[0]);
    counter = _mm512_add_epi64(counter, four);
#pragma GCC unroll 9
    for (int r = 1; r < AesSchedule::kRounds; ++r) block = _mm512_aesenc_epi128(block, key[r]);
    block = _mm512_aesenclast_epi128(block, key[AesSchedule::kRounds]);
    if (left < 64) {
      _mm512_mask_storeu_epi8(to, ~std::uint64_t{0} >> (64 - left), block);
      return;
    }
    _mm512_storeu_si512(to, block);
    to += 64;
    left -= 64;
  }
}

}  // namespace spud::crypto::x86

#endif
