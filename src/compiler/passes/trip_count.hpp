// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>

#include "ir/plan.hpp"

namespace spud::compiler {

/// The instruction of `region` that defines a value; null for a parameter.
const ir::Instruction* definition(const ir::Region& region, ir::ValueId value);

/// How often the body of `loop`, a while of `region`, runs, where the program says so itself: a scalar
/// integer starts at a constant, grows by a constant and is compared with a constant. nullopt for every other
/// loop, and for one that would leave the integers of its counter first.
std::optional<std::uint64_t> trip_count(const ir::Region& region, const ir::Instruction& loop);

/// Whether every turn of `loop` hands on its carried value `at` as it got it, be it through loops within.
bool is_invariant(const ir::Instruction& loop, std::uint32_t at);

}  // namespace spud::compiler
