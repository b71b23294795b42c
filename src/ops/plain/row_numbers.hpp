// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "base/literal.hpp"

namespace spud::ops::plain {

/// What kTake reads, as rows of [b · n, w]: numbers [b, m] beyond the ends of 0 … n − 1 are moved there. n
/// ≥ 1.
std::vector<std::int64_t> rows_taken(const Literal& numbers, std::int64_t n);
/// What kPut writes, as rows of [b · n, w]: −1 where nothing is.
std::vector<std::int64_t> rows_put(const Literal& numbers, std::int64_t n);

}  // namespace spud::ops::plain
