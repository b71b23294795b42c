// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ir/plan.hpp"

namespace spud::compiler {

/// Finds functions that have a kernel of their own where programs spell them out, on floats:
///   1 / (1 + exp(−x)) → logistic(x)      1 / √y → rsqrt(y)      x / √y → x · rsqrt(y)
///   x / c → x · (1/c) for a constant c   1 / y → reciprocal(y)
///   x / broadcast(√y) → x · broadcast(rsqrt(y))      1 / broadcast(y) → broadcast(reciprocal(y))
///   x / broadcast(y) → divide-by-broadcast(x, y)
///   x · 1/2 · (1 + tanh(√(2/π)·(x + 0.044715·x³))) → gelu-by-tanh(x)      with erf(x/√2) → gelu(x)
///   what frameworks spell 1 − erf(x) and, by cases, 1 + erf(x) as → 1 − erf(x), 1 + erf(x)
///   x · convert(p) → select(p, x, 0) for secret x and p
/// A division by a secret is the dearest of element-wise operations, and a bit chooses for less than a number
/// multiplies, so each match saves rounds or bytes.
void find_functions(ir::Region& region);

}  // namespace spud::compiler
