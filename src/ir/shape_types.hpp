// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>

#include "base/error.hpp"
#include "base/type.hpp"
#include "ops/op.hpp"

namespace spud::ir {

/// Typing rules of iota and of the operations that only move elements; see ir/types.hpp.
Status check_shape_operation(ops::Opcode opcode, const ops::Attributes& attributes,
                             std::span<const TensorType> operands, const TensorType& result);

}  // namespace spud::ir
