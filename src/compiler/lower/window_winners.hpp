// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "compiler/lower/scalar_function.hpp"

namespace spud::compiler {

/// Of the elements of [window, places]: the one that `select` keeps against every later one, [1, places], and
/// which it is, a bit each, [window, places]. The winner of each pair goes on, and an element has won if it
/// won all its pairs.
struct WindowWinners {
  Emitter::Value best, won;
};
WindowWinners winners(Emitter& e, Emitter::Value rows, const ScalarFunction& select);

/// Whether a choice is made by a comparison that keeps the smaller.
bool wants_least(const ScalarFunction& select);

/// The reducer that winners() computes as its best, of a choice that is one comparison of its two operands.
std::optional<ops::Reducer> chosen_extreme(const ScalarFunction& select);

}  // namespace spud::compiler
