// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/error.hpp"
#include "compiler/import/module.hpp"
#include "ir/plan.hpp"

namespace spud::compiler {

/// The entry computation as a region of the SPU IR: calls inlined, tuples flattened into their arrays
/// (parameters and results too), branches fed alike. Every value is marked public; visibility.hpp says
/// afterwards what is not. Inlining may repeat computations; programs that would grow past the limits are
/// refused.
Result<ir::Region> lower(const HloModule& module);

}  // namespace spud::compiler
