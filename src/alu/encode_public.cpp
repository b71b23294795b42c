// SPDX-License-Identifier: Apache-2.0
#include "alu/encode_public.hpp"

#include <algorithm>
#include <cmath>

namespace spud::alu {

namespace {

struct Encoded {
  ring::Tensor words;
  bool has_nan = false;
};

Encoded encode(const Literal& value, unsigned ring_bits, unsigned fraction_bits, double low, double high) {
  Encoded out{ring::Tensor::uninitialised(ring_bits, value.shape())};
  ring::with_ring(ring_bits, [&]<class R>(R) {
    using Word = typename R::Word;
    Word* to = out.words.writable<Word>();
    for (std::int64_t i = 0; i < value.elements(); ++i) {
      if (!is_float(value.dtype())) {
        const std::int64_t number = value.int_at(i);
        // u64 comes as a wrapped s64: its bits are what counts.
        const bool is_wide_unsigned = value.dtype() == DType::kU64;
        Word word = is_wide_unsigned ? static_cast<Word>(static_cast<std::uint64_t>(number))
                                     : static_cast<Word>(static_cast<__int128>(number));
        to[i] = R::reduce(static_cast<Word>(word << fraction_bits));
        continue;
      }
      double scaled = std::ldexp(value.float_at(i), static_cast<int>(fraction_bits));
      out.has_nan |= std::isnan(scaled);
      scaled = std::isnan(scaled) ? 0 : std::clamp(std::nearbyint(scaled), low, high);
      to[i] = R::reduce(static_cast<Word>(static_cast<__int128>(scaled)));
    }
  });
  return out;
}

}  // namespace

Result<ring::Tensor> encode_public(const Literal& value, unsigned ring_bits, unsigned fraction_bits) {
  const double limit = std::ldexp(1.0, static_cast<int>(ring_bits) - 2);
  Encoded out = encode(value, ring_bits, fraction_bits, -limit, limit);
  if (out.has_nan)
    return bad_input("a constant or public input is NaN", "", "a number: NaN has no fixed-point value");
  return std::move(out.words);
}

ring::Tensor encode_private(const Literal& value, unsigned ring_bits, unsigned fraction_bits,
                            unsigned width) {
  double limit = std::ldexp(1.0, static_cast<int>(ring_bits) - 2), top = limit;
  if (width > 0 && width < ring_bits) {
    limit = std::ldexp(1.0, static_cast<int>(width) - 1);
    // Of more than 53 bits the double below.
    top = width > 54 ? std::nextafter(limit, 0) : limit - 1;
  }
  return encode(value, ring_bits, fraction_bits, -limit, top).words;
}

ring::BitTensor public_bits(const Literal& value) {
  SPUD_CHECK(value.dtype() == DType::kPred, "bits come from pred");
  return ring::BitTensor::pack(value.shape(), value.as<std::uint8_t>());
}

unsigned factor_fraction_bits(const Literal& value, unsigned device_fraction_bits) {
  if (!is_float(value.dtype())) return 0;
  int exact = 0, exponent = -1000;
  for (std::int64_t i = 0; i < value.elements(); ++i) {
    const double x = value.float_at(i);
    if (x == 0 || !std::isfinite(x)) continue;
    int e;
    double mantissa = std::frexp(std::fabs(x), &e);
    exponent = std::max(exponent, e);
    while (exact < 64 && std::ldexp(mantissa, e + exact) != std::floor(std::ldexp(mantissa, e + exact)))
      ++exact;
  }
  const int f = static_cast<int>(device_fraction_bits);
  // Factors below 1 may have more bits than the device: the product is no larger for it.
  const int most = exponent < 0 ? std::min(f - exponent, 2 * f) : f;
  return static_cast<unsigned>(std::min(exact, most));
}

}  // namespace spud::alu
