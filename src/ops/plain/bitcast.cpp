// SPDX-License-Identifier: Apache-2.0
#include "ops/plain/families.hpp"

namespace spud::ops::plain {

// Literals are dense, row-major and little-endian, and the narrower type has the parts of an element, lowest
// first, in its last dimension: both types have the same bytes.
Literal bitcast_convert(const Literal& x, const TensorType& result) {
  const ByteView bytes = x.bytes();
  return Literal(result, Bytes(bytes.begin(), bytes.end()));
}

}  // namespace spud::ops::plain
