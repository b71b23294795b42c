// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ring/tensor.hpp"

namespace spud::ring {

/// Batched matrix product: [b, m, k] × [b, k, n] → [b, m, n], modulo 2^bits. Operands may be views.
Tensor matmul(const Tensor& a, const Tensor& b);

/// Name of the code path chosen for this machine ("avx512", "avx2", "portable").
const char* matmul_path();

/// Paths that this machine can run, best first; tests compare them all.
std::vector<const char*> matmul_paths();
/// As matmul, by the named path.
Tensor matmul_with(const char* path, const Tensor& a, const Tensor& b);

}  // namespace spud::ring
