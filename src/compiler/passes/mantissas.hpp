// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ir/plan.hpp"

namespace spud::compiler {

/// Secret bits under the public exponent of [1, 2), read as a float, become the number 1 + bits / 2^m: how
/// frameworks make uniform numbers of random bits. A secret float is a fixed-point number, so that other
/// bit patterns have no reading.
void replace_mantissas(ir::Region& region);

}  // namespace spud::compiler
