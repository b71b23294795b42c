// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "compiler/lower/scalar_function.hpp"

namespace spud::compiler {

/// [b, n] lists sorted by a comparator that names no keys, in Batcher's odd-even merge network; ties keep
/// their order. Short ones are laid out step by step, long ones are a loop whose body finds its pairs.
Leaves sort_in_network(Emitter& emitter, const Leaves& lists, const ScalarFunction& comparator);

}  // namespace spud::compiler
