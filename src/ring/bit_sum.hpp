// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <vector>

#include "ring/bit_tensor.hpp"

namespace spud::ring {

/// The XOR of products (AND) of bit tensors, each product at least one factor: in one pass over all of them,
/// piece by piece, without temporaries. All factors have `shape`'s element count; no products: zeros.
BitTensor sum_of_products(const Shape& shape, std::span<const std::vector<BitTensor>> products);

}  // namespace spud::ring
