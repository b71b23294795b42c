// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <vector>

#include "ir/plan.hpp"

namespace spud::compiler {

/// What rows are sorted by.
struct SortKeys {
  std::vector<std::int64_t> operands;    ///< the first key first
  std::vector<std::int64_t> directions;  ///< 1 ascending, −1 descending
};

/// The keys of a comparator of scalars a0, b0, a1, b1, … that says whether row a goes before row b:
/// comparisons of one operand each, joined as "less, or equal and …" if there are several. What frameworks do
/// before to bring all NaN and both zeros together is seen through. nullopt for any other.
std::optional<SortKeys> match_sort_keys(const ir::Region& comparator);

}  // namespace spud::compiler
