// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/error.hpp"
#include "base/type.hpp"
#include "ops/op.hpp"

namespace spud::ir {

/// [places…, window…] of kWindows over a tensor of this shape; the attributes have an entry for each
/// dimension.
Shape windows_shape(const ops::Attributes& attributes, const Shape& shape);

Status check_windows(const ops::Attributes& attributes, const TensorType& x, const TensorType& result);

}  // namespace spud::ir
