// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>

#include "ir/plan.hpp"

namespace spud::compiler {

/// A pass keeps a region's meaning, its parameters and results, and never makes a value less secret than its
/// operands.
struct Pass {
  const char* name;
  void (*run)(ir::Region& region);
};

/// All passes in the order they run, some more than once.
std::span<const Pass> pipeline();

}  // namespace spud::compiler
