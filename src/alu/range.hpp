// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include "base/literal.hpp"

namespace spud::alu {

/// Numbers from `low` to `high`, both within: what is known of a tensor's elements as they are held, so
/// floats in units of 2^−fraction_bits. Integers only, so that every build computes the same.
struct Range {
  __int128 low = 0;
  __int128 high = 0;
  bool operator==(const Range&) const = default;
};

/// The least b with the range in [−2^(b−1), 2^(b−1)).
unsigned signed_bits(const Range& range);
/// [−2^(bits−1), 2^(bits−1)), of an unsigned type [0, 2^(bits−1)): what ir::ValueInfo says of a value.
Range range_of_width(unsigned bits, bool is_unsigned);

/// The least and the greatest element of a public tensor as encode_public() writes them, of unsigned types
/// without sign. nullopt if there is none, or a NaN.
std::optional<Range> encoded_range(const Literal& value, unsigned ring_bits, unsigned fraction_bits);

// ---- interval arithmetic; nullopt where 128 bits do not hold the result
Range join(const Range& a, const Range& b);
std::optional<Range> meet(const Range& a, const Range& b);  ///< nullopt if they have nothing in common
std::optional<Range> add(const Range& a, const Range& b);
std::optional<Range> subtract(const Range& a, const Range& b);
std::optional<Range> multiply(const Range& a, const Range& b);
/// Divided by 2^by and rounded to either neighbour.
Range shift_right(const Range& a, unsigned by);
std::optional<Range> shift_left(const Range& a, unsigned by);
/// The elements' larger or smaller of two.
Range maximum(const Range& a, const Range& b);
Range minimum(const Range& a, const Range& b);
std::optional<Range> absolute(const Range& a);

}  // namespace spud::alu
