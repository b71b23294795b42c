// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ring/tensor.hpp"

namespace spud::ring {

/// Bytes of `count` numbers of `width` bits, packed without gaps.
inline std::size_t packed_bytes(std::int64_t count, unsigned width) {
  return (static_cast<std::size_t>(count) * width + 7) / 8;
}

/// The low `width` bits of every element, packed without gaps, lowest bit first. 1 ≤ width ≤ t.bits().
void pack_low_bits(const Tensor& t, unsigned width, MutableBytes out);

/// The reverse: words below 2^width.
Tensor unpack_low_bits(unsigned ring_bits, const Shape& shape, unsigned width, ByteView in);

/// (a[i] + the i-th packed number) modulo 2^width, in one pass over `in`.
Tensor plus_packed(const Tensor& a, unsigned width, ByteView in);

/// to[i] += a[i], both dense. Only by the code that made `to`, before it is handed out.
void add_into(Tensor& to, const Tensor& a);

/// Every element modulo 2^width.
Tensor low_bits(const Tensor& t, unsigned width);

}  // namespace spud::ring
