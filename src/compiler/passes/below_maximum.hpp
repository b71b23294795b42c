// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>

#include "ir/plan.hpp"

namespace spud::compiler {

/// The instruction that defines a value; null for a parameter.
using Definitions = std::function<const ir::Instruction*(ir::ValueId)>;

/// The dimensions of which x − max(x) leaves out the maximum, if `value` is that: it is nowhere above zero,
/// and zero somewhere along them. What softmax takes the exponential of. Empty if it is something else.
std::vector<std::int64_t> below_maximum(const Definitions& definition, ir::ValueId value);

/// Whether this reduction adds up exponentials of such, all along those dimensions: it is 1 or more.
bool sums_softmax(const Definitions& definition, const ir::Instruction& reduce);

}  // namespace spud::compiler
