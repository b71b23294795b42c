// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ring/tensor.hpp"

namespace spud::ring {

/// Batched matrix product: [b, m, k] × [b, k, n] → [b, m, n], modulo 2^bits. Operands may be views: they are
/// read where they lie. Uses threads(); the result does not depend on how many, nor on simd_path().
Tensor matmul(const Tensor& a, const Tensor& b);

/// ±a·b, as a term of a sum.
struct Product {
  enum class Sign { kPlus, kMinus };
  Sign sign = Sign::kPlus;
  Tensor a, b;
};

/// plus + Σ ±a·b, without temporaries for the products.
Tensor matmul_sum(const Tensor& plus, std::span<const Product> products);
/// out += ±a·b. `out` is dense, and its maker has not handed it out yet.
void add_product(Tensor& out, const Product& product);

}  // namespace spud::ring
