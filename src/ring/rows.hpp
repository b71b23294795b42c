// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ring/tensor.hpp"

namespace spud::ring {

/// Rows of x by their places: of x [batch, rows, …] and places [batch, count], words of 32 bits below `rows`,
/// the tensor [batch, count, …] whose row i of each batch is x's row places[i] of that batch.
///
/// Where the places are a secret (a party's own permutation, and at the dealer everybody's), the addresses
/// that are read follow it; docs/security.md says why that is within the promise.
Tensor take_rows(const Tensor& x, const Tensor& places);

}  // namespace spud::ring
