// SPDX-License-Identifier: Apache-2.0
#include "correlation/exp_table.hpp"

#include <array>
#include <iterator>

namespace spud::correlation {
namespace {

using Wide = unsigned __int128;

constexpr std::uint64_t kLog2e62 = 0x5c551d94ae0bf85dull;  // log2(e) · 2^62
constexpr std::uint64_t kLn2_64 = 0xb17217f7d1cf79abull;   // ln(2) · 2^64

/// 2^62 / i!
constexpr std::uint64_t kInverseFactorials[] = {
    0x4000000000000000,
    0x4000000000000000,
    0x2000000000000000,
    0xaaaaaaaaaaaaaab,
    0x2aaaaaaaaaaaaab,
    0x88888888888889,
    0x16c16c16c16c17,
    0x3403403403403,
    0x680680680680,
    0xb8ef1d2ab64,
    0x127e4fb778a,
    0x1ae64567f5,
    0x23ddb1dff,
    0x2c248c27,
    0x3272e95,
    0x35cfe8,
    0x35cfe,
    0x32a6,
    0x2d0,
};

constexpr std::uint64_t high_product(std::uint64_t a, std::uint64_t b) {
  return static_cast<std::uint64_t>(Wide{a} * b >> 64);
}

/// e^(number / 2^fraction) as mantissa · 2^exponent, mantissa in [2^62, 2^63).
struct Scaled {
  std::uint64_t mantissa;
  int exponent;
};

// No division, and the same steps for every number: those of λ are secret.
Scaled scaled_exp(std::int64_t number, unsigned fraction_bits) {
  const __int128 power =
      static_cast<__int128>(number) * static_cast<__int128>(kLog2e62);  // of two, 62 + f fraction bits
  const auto whole = static_cast<int>(power >> (62 + fraction_bits));
  const auto part = static_cast<std::uint64_t>(power >> fraction_bits) & ((1ull << 62) - 1);
  const std::uint64_t r = high_product(part << 2, kLn2_64);  // in [0, ln 2), 64 fraction bits
  std::uint64_t sum = kInverseFactorials[std::size(kInverseFactorials) - 1];
  for (std::size_t i = std::size(kInverseFactorials) - 1; i-- > 0;)
    sum = kInverseFactorials[i] + high_product(sum, r);
  return {sum, whole - 62};
}

}  // namespace

std::uint64_t fixed_exp(std::int64_t number, unsigned fraction_bits, unsigned scale) {
  const Scaled e = scaled_exp(number, fraction_bits);
  const int shift = e.exponent + static_cast<int>(scale);
  SPUD_CHECK(shift <= 1, "the result fits 64 bits");
  if (shift >= 0) return e.mantissa << shift;
  return shift > -64 ? e.mantissa >> -shift : 0;
}

ring::Tensor exp_table(const ring::Tensor& lambda, unsigned fraction_bits, unsigned table_bits,
                       unsigned ring_bits) {
  Shape shape = lambda.shape();
  shape.insert(shape.begin(), kExpEntries);
  if (lambda.is_phantom()) return ring::Tensor::phantom(ring_bits, shape);
  ring::Tensor out = ring::Tensor::uninitialised(ring_bits, shape);
  ring::Tensor dense = lambda.dense();
  const std::int64_t n = lambda.elements();
  const unsigned low_bits = fraction_bits + 2;
  ring::with_ring(lambda.bits(), [&]<class From>(From) {
    ring::with_ring(ring_bits, [&]<class To>(To) {
      const auto* in = dense.template data<typename From::Word>();
      auto* to = out.template writable<typename To::Word>();
      for (std::int64_t i = 0; i < n; ++i) {
        auto number = static_cast<std::uint64_t>(in[i]);
        auto low = static_cast<std::int64_t>(number & ((1ull << low_bits) - 1));
        const std::uint64_t high = number >> low_bits & (kExpEntries - 1);
        const std::uint64_t entry = (fixed_exp(-low, fraction_bits, table_bits + 1) + 1) >> 1;
        // λ is secret: every place is written.
        for (std::uint64_t v = 0; v < kExpEntries; ++v)
          to[static_cast<std::int64_t>(v) * n + i] =
              static_cast<typename To::Word>(entry & (std::uint64_t{0} - std::uint64_t{v == high}));
      }
    });
  });
  return out;
}

ring::Tensor exp_sum(const ring::Tensor& delta, const ring::Tensor& shares, unsigned fraction_bits, int shift,
                     unsigned gain) {
  const unsigned ring_bits = shares.bits();
  if (delta.is_phantom() || shares.is_phantom()) return ring::Tensor::phantom(ring_bits, delta.shape());
  std::array<Scaled, kExpEntries> steps;
  for (unsigned h = 0; h < kExpEntries; ++h)
    steps[h] = scaled_exp(4 * static_cast<std::int64_t>(h) - shift, 0);
  ring::Tensor out = ring::Tensor::uninitialised(ring_bits, delta.shape());
  const ring::Tensor dense = delta.dense(), entries = shares.dense();
  const std::int64_t n = delta.elements();
  const unsigned low_bits = fraction_bits + 2;
  ring::with_ring(delta.bits(), [&]<class From>(From) {
    ring::with_ring(ring_bits, [&]<class To>(To) {
      using Word = typename To::Word;
      const auto* in = dense.template data<typename From::Word>();
      const auto* entry = entries.template data<Word>();
      auto* to = out.template writable<Word>();
      for (std::int64_t i = 0; i < n; ++i) {
        auto number = static_cast<std::uint64_t>(in[i]);
        const Scaled low =
            scaled_exp(static_cast<std::int64_t>(number & ((1ull << low_bits) - 1)), fraction_bits);
        const auto high = static_cast<unsigned>(number >> low_bits);
        Word sum = 0;
        for (unsigned e = 0; e < kExpEntries; ++e) {
          const Scaled& step = steps[(high - e) & (kExpEntries - 1)];
          const int drop = -(low.exponent + step.exponent + static_cast<int>(gain));
          SPUD_CHECK(drop > 0 && drop + static_cast<int>(ring_bits) >= 127,
                     "the gain leaves room for the largest factor");
          Word factor = 0;
          if (drop > 64) {  // what is cut off with the lower half is no more than a 2^62nd of a unit
            const std::uint64_t product = high_product(low.mantissa, step.mantissa);
            factor = static_cast<Word>(drop <= 127 ? ((product >> (drop - 65)) + 1) >> 1 : 0);
          } else {
            factor = static_cast<Word>(((Wide{low.mantissa} * step.mantissa >> (drop - 1)) + 1) >> 1);
          }
          sum = static_cast<Word>(sum + factor * entry[e * n + i]);
        }
        to[i] = sum;
      }
    });
  });
  return out;
}

}  // namespace spud::correlation
