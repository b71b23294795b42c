// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include "ir/plan.hpp"

namespace spud::compiler {

/// A key that a comparator computes of each row before it compares.
struct ComputedKey {
  ir::Region function;         ///< of a row's scalars
  std::int64_t direction = 1;  ///< 1 ascending, −1 descending
};

/// The key of a comparator of scalars a0, b0, a1, b1, … that is f(a…) < f(b…) or f(a…) > f(b…): both sides
/// are the same instructions, of one row each. nullopt for any other.
std::optional<ComputedKey> match_computed_key(const ir::Region& comparator);

}  // namespace spud::compiler
