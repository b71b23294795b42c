// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>

#include "ring/bit_tensor.hpp"
#include "ring/tensor.hpp"

namespace spud::ring {

/// Σ_j weights[j] · bits[j] modulo 2^ring_bits, element by element. At least one; a bit is a factor, so time
/// says nothing of it.
Tensor weighted_bits(std::span<const BitTensor> bits, std::span<const std::int64_t> weights,
                     unsigned ring_bits);

}  // namespace spud::ring
