// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>

#include "ops/op.hpp"
#include "ops/value.hpp"

namespace spud::ops {

/// Whether one of them is private.
bool has_private(std::span<const Value> values);
/// The party that has all of them in plain: those that are not public are private to it. nullopt if none has.
std::optional<Rank> common_owner(std::span<const Value> values);

/// Of kSort and kFirst.
std::vector<TensorType> result_types(Opcode opcode, const Attributes& attributes,
                                     std::span<const Value> operands);

}  // namespace spud::ops
