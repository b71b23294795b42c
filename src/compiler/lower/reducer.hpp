// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include "ir/plan.hpp"

namespace spud::compiler {

/// The reducer that a region of two scalar parameters computes, if it is one that has a kernel: a single add,
/// multiply, maximum, minimum, and, or of the two parameters, whatever else stands unused beside it.
std::optional<ops::Reducer> match_reducer(const ir::Region& region);

}  // namespace spud::compiler
