// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <vector>

#include "base/error.hpp"
#include "base/literal.hpp"
#include "ops/op.hpp"

namespace spud::ops::plain {

/// Evaluates one operation on public data with XLA's semantics: every opcode but the control ones (while,
/// conditional).
///
/// The bits of the result depend on the arguments alone, never on machine, optimisation level or thread:
/// parties evaluate public values apart from each other and must agree. Therefore elementary functions are
/// our own (elementary.hpp), a NaN that arithmetic makes is always the positive quiet one, and sums run
/// in row-major order.
///
/// Floats are computed in their own precision (f16 and bf16: in f32, then rounded), except that dot, sums and
/// products of reduce, elementary functions and rsqrt are computed in double and rounded once. Integers wrap.
/// Dividing an integer by zero gives all ones, a remainder by zero the dividend. pred adds as "or" and
/// multiplies as "and".
///
/// The compiler has verified types and attributes, so a mismatch is a defect of ours and ends the process.
/// The only error is kUnsupported: the operation has no meaning on the element type. Pure; any thread may
/// call it.
Result<std::vector<Literal>> evaluate(Opcode opcode, const Attributes& attributes,
                                      std::span<const Literal> operands, const TensorType& result);

}  // namespace spud::ops::plain
