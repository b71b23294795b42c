// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>

#include "base/error.hpp"
#include "base/type.hpp"
#include "ops/op.hpp"

namespace spud::ir {

/// Typing rules of the operations that sum; see ir/types.hpp.
Status check_dot(const ops::DotDimensions& dot, std::span<const TensorType> operands,
                 const TensorType& result);
Status check_reduce(const ops::Attributes& attributes, std::span<const TensorType> operands,
                    const TensorType& result);

}  // namespace spud::ir
