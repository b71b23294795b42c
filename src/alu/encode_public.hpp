// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "alu/format.hpp"
#include "base/literal.hpp"
#include "ring/bit_tensor.hpp"

namespace spud::alu {

/// A public tensor as ring words with `fraction_bits`: floats rounded to nearest even, infinities and what is
/// too large saturated to ±2^(k−2); integers and pred modulo 2^k. A NaN is refused: it has no fixed-point
/// value.
Result<ring::Tensor> encode_public(const Literal& value, unsigned ring_bits, unsigned fraction_bits);

/// What one party alone knows, likewise; held at the ends of [−2^(width−1), 2^(width−1)), of a width of 0 as
/// above, with 0 for a NaN: that there is one is not the others' to learn.
ring::Tensor encode_private(const Literal& value, unsigned ring_bits, unsigned fraction_bits, unsigned width);

/// A public pred tensor as bits.
ring::BitTensor public_bits(const Literal& value);

/// Fraction bits with which a public factor is best encoded: the fewest that represent every element exactly,
/// else as many as keep its largest magnitude at about 2^f, so that small factors lose nothing. 0 for
/// integers: such a product needs no truncation.
unsigned factor_fraction_bits(const Literal& value, unsigned device_fraction_bits);

}  // namespace spud::alu
