// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ir/plan.hpp"

namespace spud::compiler {

/// The remainder of a division that is done anyway, of secret integers: x − (x / y)·y, a product in place of
/// a second division. Modulo the type's width that also holds for a divisor 0 and for the lowest number by
/// −1.
void share_divisions(ir::Region& region);

}  // namespace spud::compiler
