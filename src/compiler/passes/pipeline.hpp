// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
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

/// Told of every step of the compiler as it is done, whether it changed something or not: its name, and the
/// program as it left it, which lives until the call returns.
using StepObserver = std::function<void(const char* step, const ir::Region& main)>;

void run_pipeline(ir::Region& main, const StepObserver& observer = {});

}  // namespace spud::compiler
