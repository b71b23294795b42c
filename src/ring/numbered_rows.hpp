// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>

#include "ring/bit_tensor.hpp"
#include "ring/tensor.hpp"

namespace spud::ring {

/// Rows of [n, w] by number, [m, w]; a negative number gives a row of zeros. Numbers are below n.
Tensor pick_rows(const Tensor& x, std::span<const std::int64_t> rows);
BitTensor pick_rows(const BitTensor& x, std::span<const std::int64_t> rows);

/// The other way: row i of [m, w] is added to row rows[i] of [n, w], which are zeros at first; rows with a
/// negative number are left out. Numbers are below n.
Tensor sum_rows(const Tensor& x, std::span<const std::int64_t> rows, std::int64_t n);

}  // namespace spud::ring
