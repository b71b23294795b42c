// SPDX-License-Identifier: Apache-2.0
#include "io/encode.hpp"

#include <algorithm>
#include <cmath>

namespace spud::io {
namespace {

/// "row 3, column 2 (from 0)"; tensors of more dimensions by their whole index.
std::string position(const Shape& shape, std::int64_t element) {
  Shape index;
  for (auto stride : dense_strides(shape)) {
    index.push_back(element / stride);
    element %= stride;
  }
  switch (index.size()) {
    case 0:
      return "the scalar";
    case 1:
      return "row " + std::to_string(index[0]) + " (from 0)";
    case 2:
      return "row " + std::to_string(index[0]) + ", column " + std::to_string(index[1]) + " (from 0)";
    default:
      return "element " + to_string(index) + " (from 0)";
  }
}

Status check_floats(const Literal& x, double bound) {
  for (std::int64_t i = 0; i < x.elements(); ++i) {
    double value = x.float_at(i);
    if (std::fabs(value) <= bound) continue;  // false for NaN
    return bad_input(std::isfinite(value) ? "the value is too large for the device's fixed-point numbers"
                                          : "the value is not finite",
                     position(x.shape(), i), "a magnitude of at most " + std::to_string(bound));
  }
  return {};
}

template <class Word>
void encode_floats(const Literal& x, unsigned fraction_bits, std::byte* to) {
  const double scale = std::ldexp(1.0, static_cast<int>(fraction_bits));
  for (std::int64_t i = 0; i < x.elements(); ++i) {
    // The product is exact: a power of two, and far from overflow below the bound.
    double scaled = std::nearbyint(x.float_at(i) * scale);
    using Wide = __int128;
    store_word(to + static_cast<std::size_t>(i) * sizeof(Word), static_cast<Word>(static_cast<Wide>(scaled)));
  }
}

template <class Word>
void encode_integers(const Literal& x, std::byte* to) {
  bool is_wide_unsigned = x.dtype() == DType::kU64;
  for (std::int64_t i = 0; i < x.elements(); ++i) {
    std::int64_t value = x.int_at(i);
    auto word =
        is_wide_unsigned ? static_cast<Word>(static_cast<std::uint64_t>(value)) : static_cast<Word>(value);
    store_word(to + static_cast<std::size_t>(i) * sizeof(Word), word);
  }
}

template <class Word>
struct SignedWord;
template <>
struct SignedWord<Word32> {
  using Type = std::int32_t;
};
template <>
struct SignedWord<Word64> {
  using Type = std::int64_t;
};
template <>
struct SignedWord<Word128> {
  using Type = __int128;
};

template <class Word>
void decode_floats(const std::byte* from, unsigned fraction_bits, Literal& out) {
  // Powers of two only change the exponent, so the one rounding is that of the integer's conversion.
  const double scale = std::ldexp(1.0, -static_cast<int>(fraction_bits));
  bool single = out.dtype() == DType::kF32;
  for (std::int64_t i = 0; i < out.elements(); ++i) {
    auto word = load_word<Word>(from + static_cast<std::size_t>(i) * sizeof(Word));
    auto value = static_cast<typename SignedWord<Word>::Type>(word);
    out.set_float(
        i, (single ? static_cast<double>(static_cast<float>(value)) : static_cast<double>(value)) * scale);
  }
}

template <class Word>
void decode_integers(const std::byte* from, Literal& out) {
  for (std::int64_t i = 0; i < out.elements(); ++i) {
    auto word = load_word<Word>(from + static_cast<std::size_t>(i) * sizeof(Word));
    out.set_int(i, static_cast<std::int64_t>(static_cast<std::uint64_t>(word)));
  }
}

}  // namespace

double largest_magnitude(const alu::ElementFormat& format) {
  SPUD_CHECK(format.fraction_bits + 2 < format.ring_bits, "a ring has room for whole numbers");
  double end = std::ldexp(1.0, static_cast<int>(format.ring_bits - 2 - format.fraction_bits));
  return end - 1 < end ? end - 1 : std::nextafter(end, 0.0);
}

Result<Encoded> encode(const Literal& x, const alu::ElementFormat& format, std::optional<double> bound) {
  SPUD_CHECK(format.boolean == (x.dtype() == DType::kPred), "pred, and only pred, is held as bits");
  SPUD_CHECK(is_float(x.dtype()) || format.fraction_bits == 0, "only floats have fraction bits");
  Encoded out{x.type(), format, SecretBytes(alu::stored_bytes(x.type(), format))};
  std::byte* to = out.words.writable().data();
  if (format.boolean) {
    auto bits = x.as<std::uint8_t>();
    for (std::size_t i = 0; i < bits.size(); ++i) {
      if (bits[i]) to[i / 8] |= std::byte{1} << (i % 8);
    }
    return out;
  }
  if (is_float(x.dtype())) {
    double largest = largest_magnitude(format);
    SPUD_TRY(check_floats(x, bound ? std::min(*bound, largest) : largest));
  }
  visit_ring(format.ring_bits, [&]<class Word>() {
    is_float(x.dtype()) ? encode_floats<Word>(x, format.fraction_bits, to) : encode_integers<Word>(x, to);
  });
  return out;
}

Literal decode(const TensorType& type, const alu::ElementFormat& format, ByteView words) {
  SPUD_CHECK(words.size() == alu::stored_bytes(type, format), "words fill their tensor");
  Literal out(type);
  if (format.boolean) {
    auto to = out.writable<std::uint8_t>();
    for (std::size_t i = 0; i < to.size(); ++i)
      to[i] = static_cast<std::uint8_t>(words[i / 8] >> (i % 8)) & 1;
    return out;
  }
  visit_ring(format.ring_bits, [&]<class Word>() {
    is_float(type.dtype) ? decode_floats<Word>(words.data(), format.fraction_bits, out)
                         : decode_integers<Word>(words.data(), out);
  });
  return out;
}

}  // namespace spud::io
