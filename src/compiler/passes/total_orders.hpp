// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ir/plan.hpp"

namespace spud::compiler {

/// Of secret floats the total order is the usual one, so that passes need to know only that. Needs
/// visibilities.
void forget_total_orders(ir::Region& region);

}  // namespace spud::compiler
