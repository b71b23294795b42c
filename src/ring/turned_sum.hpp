// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <vector>

#include "ring/bit_tensor.hpp"
#include "ring/tensor.hpp"

namespace spud::ring {

/// For each table of 2^w entries, and element by element: Σ_v bits[v] · table[place − v], indices modulo 2^w.
/// `bits` are […, 2^w], the entries last; `place` is public and of the elements' shape; every entry is
/// read, and a bit is a factor, so time says nothing of the bits. The results are in the tables' ring.
std::vector<Tensor> turned_sums(const BitTensor& bits, const Tensor& place, std::span<const Tensor> tables);

}  // namespace spud::ring
