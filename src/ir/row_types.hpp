// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>

#include "base/error.hpp"
#include "base/type.hpp"
#include "ops/op.hpp"

namespace spud::ir {

/// Operands of kTake: rows [b, n, w] and their numbers [b, m].
Status check_take(std::span<const TensorType> operands, const TensorType& result);

/// Operands of kPut: rows [b, n, w], numbers [b, m], updates [b, m, w].
Status check_put(ops::Reducer reducer, std::span<const TensorType> operands, const TensorType& result);

/// The operand of kFirst and its two results.
Status check_first(const ops::Attributes& attributes, std::span<const TensorType> operands,
                   std::span<const TensorType> results);

/// Operands of kSort and its results.
Status check_sort(const ops::Attributes& attributes, std::span<const TensorType> operands,
                  std::span<const TensorType> results);

}  // namespace spud::ir
