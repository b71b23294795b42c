// SPDX-License-Identifier: Apache-2.0
#include "alu/alu.hpp"
#include "alu/encode_public.hpp"

namespace spud::alu {

using protocol::Started;
using ring::LinearMap;

Task<Fixed> Alu::polynomial(Fixed x, std::vector<double> coefficients, unsigned result_fraction) {
  const unsigned t = x.fraction_bits;
  std::vector<Fixed> powers{x};  // powers[i] = x^(i + 1)
  while (powers.size() + 1 < coefficients.size()) {
    // x^(known + j) = x^known · x^j: a level doubles what is known, in the rounds of one product.
    const std::size_t known = powers.size();
    std::vector<Started<Fixed>> level;
    for (std::size_t j = 0; j < known && known + j + 2 <= coefficients.size(); ++j) {
      level.emplace_back(executor_, multiply(powers[known - 1], powers[j], t));
    }
    for (auto& product : level) {
      Fixed value = co_await product;
      powers.push_back(value);
    }
  }
  // Coefficients have the same scale, so that their products are summed before the one truncation.
  std::optional<Fixed> total;
  for (std::size_t i = 1; i < coefficients.size(); ++i) {
    ring::Tensor public_factor =
        ring::apply_linear(LinearMap::broadcast(x.shape(), {}),
                           std::vector<ring::Tensor>{*encode_public(
                               Literal::scalar(DType::kF64, coefficients[i]), x.ring_bits(), t)});
    Fixed term{p_.multiply_public(powers[i - 1].share, public_factor), 2 * t};
    total = total ? add(*total, term) : term;
  }
  Fixed sum = add_scalar(*total, coefficients[0]);
  auto result_task = rescale(sum, result_fraction);
  Fixed result = co_await result_task;
  co_return result;
}

}  // namespace spud::alu
