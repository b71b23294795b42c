// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "compiler/lower/emitter.hpp"

namespace spud::compiler {

/// The type that row numbers from 0 to `largest` are computed in: s32 where it holds them, else s64.
DType row_number_type(std::int64_t largest);

/// The largest number of an integer type, or about 4e18 where that is no double.
double highest_index(DType dtype);

/// A start index of any integer type, moved to the nearer end where it lies outside of 0 … last, in `type`.
Emitter::Value clamped_start(Emitter& emitter, Emitter::Value index, std::int64_t last, DType type);

/// Where the elements of a window of this shape lie from its first, in row-major order; `strides` are the
/// tensor's. [elements].
Literal window_offsets(DType type, const Shape& window, const std::vector<std::int64_t>& strides);

}  // namespace spud::compiler
