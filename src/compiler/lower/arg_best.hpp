// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "compiler/lower/scalar_function.hpp"

namespace spud::compiler {

/// Which of two numbers, each with its index, a reducer of (x, i, y, j) keeps: the larger, −1, or the
/// smaller, 1, and of equals the one with the smaller index. 0 for any other reducer. Seen from what it does:
/// a function that only compares is known by its results on every order of its arguments.
int arg_best_direction(const ScalarFunction& reducer);

}  // namespace spud::compiler
