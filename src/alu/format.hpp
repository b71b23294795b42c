// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/bytes.hpp"
#include "base/type.hpp"

namespace spud::alu {

/// How a device holds numbers; a part of the device's digest.
struct NumberFormat {
  unsigned ring_bits = 64;      ///< 32, 64 or 128: the ring of floats
  unsigned fraction_bits = 18;  ///< of floats
  bool operator==(const NumberFormat&) const = default;
};

/// How a secret of one element type is held.
struct ElementFormat {
  bool boolean = false;  ///< XOR shares, one bit an element (pred); ring_bits is 1 then
  unsigned ring_bits = 64;
  unsigned fraction_bits = 0;  ///< 0 for integers
  bool operator==(const ElementFormat&) const = default;
};

/// Floats live in the device's ring with its fraction bits; integers in the smallest ring of 32 or 64 bits
/// that holds their type, so that they wrap where the type wraps at 32 and 64 bits; pred as bits.
ElementFormat element_format(DType dtype, const NumberFormat& device);

/// One party's share of a tensor as it is stored and sent: dense row-major ring words, little-endian,
/// ring_bits / 8 bytes each; boolean shares are packed eight elements a byte, first element in the lowest
/// bit, unused high bits zero.
struct StoredShare {
  TensorType type;
  ElementFormat format;
  Bytes data;
};

/// Exact size of StoredShare::data.
std::size_t stored_bytes(const TensorType& type, const ElementFormat& format);

}  // namespace spud::alu
