// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/error.hpp"
#include "ir/plan.hpp"

namespace spud::compiler {

/// Marks every value of the region, given the visibilities of its parameters: a result is as secret as the
/// most secret of its operands, constants are public, a carried value is as secret as anything it ever holds.
/// A secret made of one party's values and public ones has that party for its owner, of two parties' none
/// (compiler/knowledge.hpp); a branch or loop that such a value decides is a secret one all the same.
/// Refused, with the secret that is to blame: a loop whose number of turns would show something about a
/// secret. Branches and places that depend on secrets are for passes/secret_choices.hpp. `names` are the
/// parameters', for the message. Linear in the size of the region.
Status infer_visibility(ir::Region& region, const std::vector<std::string>& names);

}  // namespace spud::compiler
