// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ir/plan.hpp"

namespace spud::compiler {

/// A sum of a product that nothing else uses becomes a dot product, broadcasts of its factors its free
/// dimensions: what is truncated and dealt are the sums and not their terms, and factors are masked before
/// they are broadcast. A sum of what was multiplied by one public number is multiplied afterwards.
void find_sums_of_products(ir::Region& region);

}  // namespace spud::compiler
