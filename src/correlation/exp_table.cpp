// SPDX-License-Identifier: Apache-2.0
#include "correlation/exp_table.hpp"

#include <array>

namespace spud::correlation {
namespace {

using Wide = unsigned __int128;

constexpr std::uint64_t kLog2e62 = 0x5c551d94ae0bf85dull;  // log2(e) · 2^62
constexpr std::uint64_t kLn2_64 = 0xb17217f7d1cf79abull;   // ln(2) · 2^64

/// e^(number / 2^fraction) as mantissa · 2^exponent, mantissa in [2^62, 2^63).
struct Scaled {
  std::uint64_t mantissa;
  int exponent;
};

Scaled scaled_exp(std::int64_t number, unsigned fraction_bits) {
  const __int128 power =
      static_cast<__int128>(number) * static_cast<__int128>(kLog2e62);  // of two, 62 + f fraction bits
  const auto whole = static_cast<int>(power >> (62 + fraction_bits));
  const auto part = static_cast<std::uint64_t>(power >> fraction_bits) & ((1ull << 62) - 1);
  const auto r = static_cast<std::uint64_t>(Wide{part} * kLn2_64 >> 64);  // in [0, ln 2), 62 fraction bits
  std::uint64_t term = 1ull << 62, sum = term;
  for (unsigned i = 1; i <= 20; ++i) {
    term = static_cast<std::uint64_t>(Wide{term} * r >> 62) / i;
    sum += term;
  }
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

ring::Tensor exp_factors(const ring::Tensor& delta, unsigned fraction_bits, int shift, unsigned gain,
                         unsigned ring_bits) {
  Shape shape = delta.shape();
  shape.insert(shape.begin(), kExpEntries);
  if (delta.is_phantom()) return ring::Tensor::phantom(ring_bits, shape);
  std::array<Scaled, kExpEntries> steps;
  for (unsigned h = 0; h < kExpEntries; ++h)
    steps[h] = scaled_exp(4 * static_cast<std::int64_t>(h) - shift, 0);
  ring::Tensor out = ring::Tensor::uninitialised(ring_bits, shape);
  ring::Tensor dense = delta.dense();
  const std::int64_t n = delta.elements();
  const unsigned low_bits = fraction_bits + 2;
  ring::with_ring(delta.bits(), [&]<class From>(From) {
    ring::with_ring(ring_bits, [&]<class To>(To) {
      const auto* in = dense.template data<typename From::Word>();
      auto* to = out.template writable<typename To::Word>();
      for (std::int64_t i = 0; i < n; ++i) {
        auto number = static_cast<std::uint64_t>(in[i]);
        const Scaled low =
            scaled_exp(static_cast<std::int64_t>(number & ((1ull << low_bits) - 1)), fraction_bits);
        const auto high = static_cast<unsigned>(number >> low_bits);
        for (unsigned entry = 0; entry < kExpEntries; ++entry) {
          const Scaled& step = steps[(high - entry) & (kExpEntries - 1)];
          const Wide product = Wide{low.mantissa} * step.mantissa;
          const int drop = -(low.exponent + step.exponent + static_cast<int>(gain));
          SPUD_CHECK(drop > 0 && drop + static_cast<int>(ring_bits) >= 127,
                     "the gain leaves room for the largest factor");
          const Wide factor = drop <= 127 ? ((product >> (drop - 1)) + 1) >> 1 : 0;
          to[entry * n + i] = static_cast<typename To::Word>(factor);
        }
      }
    });
  });
  return out;
}

}  // namespace spud::correlation
