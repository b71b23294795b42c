// SPDX-License-Identifier: Apache-2.0
#include "base/literal.hpp"

#include <bit>
#include <cmath>

namespace spud {

double half_to_double(std::uint16_t bits) {
  int exponent = (bits >> 10) & 31;
  int mantissa = bits & 1023;
  double magnitude;
  if (exponent == 31) {
    magnitude = mantissa ? NAN : INFINITY;
  } else if (exponent == 0) {
    magnitude = std::ldexp(mantissa, -24);
  } else {
    magnitude = std::ldexp(1024 + mantissa, exponent - 25);
  }
  return bits & 0x8000 ? -magnitude : magnitude;
}

double bfloat_to_double(std::uint16_t bits) {
  return std::bit_cast<float>(static_cast<std::uint32_t>(bits) << 16);
}

std::uint16_t double_to_half(double value) {
  std::uint16_t sign = std::signbit(value) ? 0x8000 : 0;
  double magnitude = std::fabs(value);
  if (std::isnan(value)) return static_cast<std::uint16_t>(sign | 0x7e00);
  if (magnitude >= 65520.0) return static_cast<std::uint16_t>(sign | 0x7c00);
  if (magnitude < std::ldexp(1.0, -14)) {
    return static_cast<std::uint16_t>(sign |
                                      static_cast<std::uint16_t>(std::nearbyint(std::ldexp(magnitude, 24))));
  }
  int exponent;
  double fraction = std::frexp(magnitude, &exponent);                                    // in [0.5, 1)
  auto mantissa = static_cast<std::uint32_t>(std::nearbyint(std::ldexp(fraction, 11)));  // 1024 … 2048
  // A mantissa that rounds up to 2048 carries into the exponent by plain addition.
  std::uint32_t packed = (static_cast<std::uint32_t>(exponent + 14) << 10) + (mantissa - 1024);
  return static_cast<std::uint16_t>(sign | packed);
}

std::uint16_t double_to_bfloat(double value) {
  // Round once, from double: going through float first could round twice.
  auto bits = std::bit_cast<std::uint64_t>(value);
  if (std::isnan(value)) return static_cast<std::uint16_t>((bits >> 48 & 0x8000) | 0x7fc0);
  float narrow = static_cast<float>(value);
  auto f = std::bit_cast<std::uint32_t>(narrow);
  if (static_cast<double>(narrow) != value && (f & 0xffff) == 0x8000) {
    // The float lies on a tie that the double does not: move it back to the double's side.
    bool grew = std::fabs(static_cast<double>(narrow)) > std::fabs(value);
    f = grew ? f - 1 : f + 1;
  }
  return static_cast<std::uint16_t>((f + 0x7fff + (f >> 16 & 1)) >> 16);
}

double Literal::float_at(std::int64_t i) const {
  switch (type_.dtype) {
    case DType::kF16:
      return half_to_double(as<std::uint16_t>()[i]);
    case DType::kBF16:
      return bfloat_to_double(as<std::uint16_t>()[i]);
    case DType::kF32:
      return as<float>()[i];
    case DType::kF64:
      return as<double>()[i];
    case DType::kU64:
      return static_cast<double>(as<std::uint64_t>()[i]);
    default:
      return static_cast<double>(int_at(i));
  }
}

std::int64_t Literal::int_at(std::int64_t i) const {
  switch (type_.dtype) {
    case DType::kPred:
    case DType::kU8:
      return as<std::uint8_t>()[i];
    case DType::kS8:
      return as<std::int8_t>()[i];
    case DType::kS16:
      return as<std::int16_t>()[i];
    case DType::kU16:
      return as<std::uint16_t>()[i];
    case DType::kS32:
      return as<std::int32_t>()[i];
    case DType::kU32:
      return as<std::uint32_t>()[i];
    case DType::kS64:
      return as<std::int64_t>()[i];
    case DType::kU64:
      return static_cast<std::int64_t>(as<std::uint64_t>()[i]);
    default:
      SPUD_CHECK(false, "a float element is not an integer");
  }
}

void Literal::set_float(std::int64_t i, double value) {
  switch (type_.dtype) {
    case DType::kF16:
      writable<std::uint16_t>()[i] = double_to_half(value);
      return;
    case DType::kBF16:
      writable<std::uint16_t>()[i] = double_to_bfloat(value);
      return;
    case DType::kF32:
      writable<float>()[i] = static_cast<float>(value);
      return;
    case DType::kF64:
      writable<double>()[i] = value;
      return;
    default:
      SPUD_CHECK(false, "an integer element is set by set_int");
  }
}

void Literal::set_int(std::int64_t i, std::int64_t value) {
  switch (byte_width(type_.dtype)) {
    case 1:
      writable<std::uint8_t>()[i] = type_.dtype == DType::kPred ? static_cast<std::uint8_t>(value != 0)
                                                                : static_cast<std::uint8_t>(value);
      return;
    case 2:
      writable<std::uint16_t>()[i] = static_cast<std::uint16_t>(value);
      return;
    case 4:
      writable<std::uint32_t>()[i] = static_cast<std::uint32_t>(value);
      return;
    default:
      writable<std::uint64_t>()[i] = static_cast<std::uint64_t>(value);
      return;
  }
}

}  // namespace spud
