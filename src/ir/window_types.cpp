// SPDX-License-Identifier: Apache-2.0
#include "ir/window_types.hpp"

#include "base/limits.hpp"

namespace spud::ir {

Shape windows_shape(const ops::Attributes& a, const Shape& shape) {
  Shape out;
  for (std::size_t d = 0; d < shape.size(); ++d) {
    const std::int64_t reach = (a.sizes[d] - 1) * (a.interior[d] + 1) + 1;
    out.push_back(reach > shape[d] ? 0 : (shape[d] - reach) / a.stride[d] + 1);
  }
  out.insert(out.end(), a.sizes.begin(), a.sizes.end());
  return out;
}

Status check_windows(const ops::Attributes& a, const TensorType& x, const TensorType& result) {
  const std::size_t rank = x.shape.size();
  bool fits = a.sizes.size() == rank && a.stride.size() == rank && a.interior.size() == rank;
  constexpr std::int64_t kMost = limits::kElementsPerTensor;
  for (std::size_t d = 0; fits && d < rank; ++d) {
    fits = a.sizes[d] >= 1 && a.sizes[d] <= kMost && a.stride[d] >= 1 && a.stride[d] <= kMost &&
           a.interior[d] >= 0 && a.interior[d] < kMost;
  }
  if (!fits) {
    return bad_input("windows of sizes " + to_string(a.sizes) + ", strides " + to_string(a.stride) +
                         ", interior " + to_string(a.interior),
                     "", "one of each a dimension, sizes and strides from 1 on");
  }
  const TensorType expected{x.dtype, windows_shape(a, x.shape)};
  if (result == expected) return {};
  return bad_input("result has type " + to_string(result), "", to_string(expected));
}

}  // namespace spud::ir
