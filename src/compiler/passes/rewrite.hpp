// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <optional>

#include "ir/builder.hpp"

namespace spud::compiler {

/// Sees an instruction of one result and no regions, its operands already in the region that is being built.
/// Returns a value to use in place of its result (adding instructions as needed), or nullopt to keep it.
using RewriteRule = std::function<std::optional<ir::ValueId>(
    ir::RegionBuilder& builder, const ir::Instruction& instruction, const ir::ValueInfo& result)>;

/// Rebuilds a region and those nested in it, instruction by instruction. `make_rule` is asked for a rule once
/// a region, so that what a rule remembers concerns one region only.
void rewrite(ir::Region& region, const std::function<RewriteRule()>& make_rule);
/// The same for rules that have to see the region as it was; an instruction's first_result is its number
/// there.
void rewrite(ir::Region& region, const std::function<RewriteRule(const ir::Region&)>& make_rule);

/// Appends a copy of every instruction of `region` to `builder`; `values` says where the region's parameters
/// are and afterwards where all its values are.
void append_copy(ir::RegionBuilder& builder, ir::Region region, std::vector<ir::ValueId>& values);

/// The operand of `value` if it is defined by this unary operation.
std::optional<ir::ValueId> operand_of(const ir::RegionBuilder& builder, ir::ValueId value,
                                      ops::Opcode opcode);

}  // namespace spud::compiler
