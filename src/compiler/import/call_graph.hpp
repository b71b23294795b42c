// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <unordered_map>

#include "base/error.hpp"
#include "schemas/hlo.pb.h"

namespace spud::compiler {

/// Position of each computation or instruction id. Lookups only, so the order of a hash table never shows.
using Positions = std::unordered_map<std::int64_t, std::uint32_t>;

/// Refuses calls of computations that do not exist, computations that call themselves, directly or around a
/// corner, and regions (loops, branches, reducers) that nest deeper than limits::kRegionNestingDepth. Chains
/// of plain calls may be of any length, so nothing here recurses.
Status check_call_graph(const hlo::HloModuleProto& module, const Positions& computations);

}  // namespace spud::compiler
