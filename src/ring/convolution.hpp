// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ring/matmul.hpp"

namespace spud::ring {

/// How a window moves over an operand, as in XLA. Both may be dilated: zeros between neighbours.
struct Convolution {
  enum class Window { kForward, kReversed };
  struct Axis {
    std::int64_t stride = 1;
    std::int64_t low = 0, high = 0;  ///< zeros before and after the dilated operand; negative ones cut it
    std::int64_t operand_dilation = 1, window_dilation = 1;
    Window window = Window::kForward;
  };
  std::vector<Axis> axes;  ///< one a spatial dimension; any number, also none
  /// Features of the operand, and of the result, fall into so many groups that do not meet.
  std::int64_t feature_groups = 1;
  /// Items of the operand fall into so many groups; each makes its share of the result's features. At most
  /// one kind of groups is not 1.
  std::int64_t batch_groups = 1;
};

/// x: [batch, features, spatial…], w: [features of the result, features / feature_groups, window…] →
/// [batch / batch_groups, features of the result, spatial…], modulo 2^bits. Other orders of dimensions are
/// transposed views: operands are read where they lie. Uses threads(), with the same result for any number.
Tensor convolve(const Tensor& x, const Tensor& w, const Convolution& how);
/// out += ±(x * w). `out` is dense, and its maker has not handed it out yet.
void add_convolution(Tensor& out, Product::Sign sign, const Tensor& x, const Tensor& w,
                     const Convolution& how);

Shape convolution_shape(const Shape& x, const Shape& w, const Convolution& how);

}  // namespace spud::ring
