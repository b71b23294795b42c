// SPDX-License-Identifier: Apache-2.0
#include "alu/range.hpp"

#include <algorithm>
#include <bit>
#include <cmath>

#include "alu/encode_public.hpp"
#include "base/check.hpp"

namespace spud::alu {
namespace {

unsigned bits_of(unsigned __int128 x) {
  const auto high = static_cast<std::uint64_t>(x >> 64);
  return static_cast<unsigned>(high != 0 ? 64 + std::bit_width(high)
                                         : std::bit_width(static_cast<std::uint64_t>(x)));
}

/// The numbers of two's complement words of `bits` bits.
Range range_of_words(const ring::Tensor& words) {
  std::optional<Range> out;
  ring::with_ring(words.bits(), [&]<class R>(R) {
    const unsigned up = 128 - words.bits();
    for (auto word : words.words<typename R::Word>()) {
      const auto number = static_cast<__int128>(static_cast<unsigned __int128>(word) << up) >> up;
      out = out ? join(*out, {number, number}) : Range{number, number};
    }
  });
  return *out;
}

}  // namespace

unsigned signed_bits(const Range& range) {
  // ¬x of a negative number needs as many bits as x.
  auto of = [](__int128 x) { return 1 + bits_of(static_cast<unsigned __int128>(x < 0 ? ~x : x)); };
  return std::max(of(range.low), of(range.high));
}

Range range_of_width(unsigned bits, bool is_unsigned) {
  SPUD_CHECK(bits >= 1 && bits <= 127, "a width has one bit or more and is less than a whole ring");
  const __int128 end = static_cast<__int128>(1) << (bits - 1);
  return {is_unsigned ? 0 : -end, end - 1};
}

std::optional<Range> encoded_range(const Literal& value, unsigned ring_bits, unsigned fraction_bits) {
  if (value.elements() == 0) return std::nullopt;
  if (is_float(value.dtype())) {
    Literal ends(TensorType{DType::kF64, {2}});
    double low = HUGE_VAL, high = -HUGE_VAL;
    for (std::int64_t i = 0; i < value.elements(); ++i) {
      const double x = value.float_at(i);
      if (std::isnan(x)) return std::nullopt;
      low = std::min(low, x);
      high = std::max(high, x);
    }
    ends.set_float(0, low);
    ends.set_float(1, high);
    // Encoding is monotone, so the ends of the numbers become the ends of the words.
    auto words = encode_public(ends, ring_bits, fraction_bits);
    SPUD_CHECK(words.has_value(), "numbers have a fixed-point value");
    return range_of_words(*words);
  }
  std::optional<Range> out;
  for (std::int64_t i = 0; i < value.elements(); ++i) {
    const std::int64_t x = value.int_at(i);
    const __int128 number = value.dtype() == DType::kU64
                                ? static_cast<__int128>(static_cast<std::uint64_t>(x))
                                : static_cast<__int128>(x);
    out = out ? join(*out, {number, number}) : Range{number, number};
  }
  return shift_left(*out, fraction_bits);
}

Range join(const Range& a, const Range& b) {
  return {std::min(a.low, b.low), std::max(a.high, b.high)};
}

std::optional<Range> meet(const Range& a, const Range& b) {
  const Range both{std::max(a.low, b.low), std::min(a.high, b.high)};
  if (both.low > both.high) return std::nullopt;
  return both;
}

std::optional<Range> add(const Range& a, const Range& b) {
  Range out;
  if (__builtin_add_overflow(a.low, b.low, &out.low)) return std::nullopt;
  if (__builtin_add_overflow(a.high, b.high, &out.high)) return std::nullopt;
  return out;
}

std::optional<Range> subtract(const Range& a, const Range& b) {
  Range out;
  if (__builtin_sub_overflow(a.low, b.high, &out.low)) return std::nullopt;
  if (__builtin_sub_overflow(a.high, b.low, &out.high)) return std::nullopt;
  return out;
}

std::optional<Range> multiply(const Range& a, const Range& b) {
  // The extremes lie at the corners.
  std::optional<Range> out;
  for (__int128 x : {a.low, a.high}) {
    for (__int128 y : {b.low, b.high}) {
      __int128 product;
      if (__builtin_mul_overflow(x, y, &product)) return std::nullopt;
      out = out ? join(*out, {product, product}) : Range{product, product};
    }
  }
  return out;
}

Range shift_right(const Range& a, unsigned by) {
  if (by == 0) return a;
  // Rounded outwards: down at the low end, up at the high one.
  const __int128 up = (a.high >> by) + ((a.high & ((static_cast<__int128>(1) << by) - 1)) != 0 ? 1 : 0);
  return {a.low >> by, up};
}

std::optional<Range> shift_left(const Range& a, unsigned by) {
  if (by > 126) return std::nullopt;
  const __int128 one = static_cast<__int128>(1) << by;
  return multiply(a, {one, one});
}

Range maximum(const Range& a, const Range& b) {
  return {std::max(a.low, b.low), std::max(a.high, b.high)};
}
Range minimum(const Range& a, const Range& b) {
  return {std::min(a.low, b.low), std::min(a.high, b.high)};
}

std::optional<Range> absolute(const Range& a) {
  auto turned = subtract({0, 0}, a);
  if (!turned) return std::nullopt;
  return Range{std::max<__int128>({0, a.low, turned->low}), std::max(a.high, turned->high)};
}

}  // namespace spud::alu
