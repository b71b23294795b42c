// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include "alu/format.hpp"
#include "base/error.hpp"
#include "base/literal.hpp"
#include "io/ring_words.hpp"

namespace spud::io {

/// A plain tensor as ring words, laid out like alu::StoredShare::data. Wiped when it goes.
struct Encoded {
  TensorType type;
  alu::ElementFormat format;
  SecretBytes words;
};

/// The largest magnitude that a float may have on a device: 2^(k-2-f) - 1, or the double below 2^(k-2-f) if
/// that is not one. So |encoded| <= 2^(k-2) - 2^f, what the protocols' truncation is right for. It bounds
/// inputs only, not what a program computes from them.
double largest_magnitude(const alu::ElementFormat& format);

/// Fixed point: a float x becomes round(x · 2^f) mod 2^k, ties to even, refused if it is not finite or |x| is
/// above `bound` (largest_magnitude if unset; a bound above that is lowered to it). Integers are taken modulo
/// their ring, pred becomes bits. `format` must be element_format(x.dtype(), …). Errors name row and column
/// (from 0), never the value.
Result<Encoded> encode(const Literal& x, const alu::ElementFormat& format,
                       std::optional<double> bound = std::nullopt);

/// The other way: floats are the signed word / 2^f rounded to nearest, integers wrap into their type. Any
/// words decode.
Literal decode(const TensorType& type, const alu::ElementFormat& format, ByteView words);

}  // namespace spud::io
