// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>

#include "base/error.hpp"
#include "base/literal.hpp"
#include "ops/op.hpp"

/// What evaluate() chooses from: one function a family of operations. Use evaluate() instead.
namespace spud::ops::plain {

Result<Literal> unary(Opcode opcode, const Literal& x, const TensorType& result);
Result<Literal> binary(Opcode opcode, const Literal& lhs, const Literal& rhs, const TensorType& result);
Literal convert(const Literal& x, const TensorType& result);
Literal bitcast_convert(const Literal& x, const TensorType& result);
Literal compare(Comparison comparison, const Literal& lhs, const Literal& rhs, const TensorType& result);
Result<Literal> is_finite(const Literal& x, const TensorType& result);
Literal select(const Literal& pred, const Literal& on_true, const Literal& on_false,
               const TensorType& result);
Literal clamp(const Literal& low, const Literal& x, const Literal& high, const TensorType& result);

Literal iota(std::int64_t dimension, const TensorType& result);
Literal broadcast(const Literal& x, std::span<const std::int64_t> dimensions, const TensorType& result);
Literal transpose(const Literal& x, std::span<const std::int64_t> permutation, const TensorType& result);
Literal slice(const Literal& x, std::span<const std::int64_t> start, std::span<const std::int64_t> stride,
              const TensorType& result);
Literal concatenate(std::span<const Literal> operands, std::int64_t dimension, const TensorType& result);
Literal pad(const Literal& x, const Literal& value, const Attributes& attributes, const TensorType& result);
Literal reverse(const Literal& x, std::span<const std::int64_t> dimensions, const TensorType& result);
Literal dynamic_slice(const Literal& x, std::span<const Literal> starts, const TensorType& result);
Literal dynamic_update_slice(const Literal& x, const Literal& update, std::span<const Literal> starts,
                             const TensorType& result);

Literal windows(const Literal& x, const Attributes& attributes, const TensorType& result);
Literal take(const Literal& rows, const Literal& numbers, const TensorType& result);
Result<Literal> put(const Literal& rows, const Literal& numbers, const Literal& updates, Reducer reducer,
                    const TensorType& result);

Literal dot(const Literal& lhs, const Literal& rhs, const DotDimensions& dimensions,
            const TensorType& result);
Result<Literal> reduce(const Literal& x, const Literal& initial, std::span<const std::int64_t> dimensions,
                       Reducer reducer, const TensorType& result);

}  // namespace spud::ops::plain
