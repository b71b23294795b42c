// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace spud {

/// Sizes of a tensor's dimensions, outermost first. An empty shape is a scalar of one element.
using Shape = std::vector<std::int64_t>;

/// Product of all dimensions; the shape must be valid (see verify_shape in base/type.hpp).
inline std::int64_t element_count(const Shape& shape) {
  std::int64_t count = 1;
  for (auto size : shape) count *= size;
  return count;
}

/// Distance in elements between neighbours along each dimension of a dense row-major tensor.
std::vector<std::int64_t> dense_strides(const Shape& shape);

/// "[2,3]"; "[]" for a scalar.
std::string to_string(const Shape& shape);

}  // namespace spud
